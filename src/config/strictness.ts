import { liesUnder, prefixOf } from "./kinds/prefix.js";
import type { ProxyRoute } from "./kinds/proxy-route.js";

type Guarded = Pick<ProxyRoute, "session" | "token">;
type Placed = Guarded & Pick<ProxyRoute, "prefix" | "target" | "stripPrefix">;

const SESSION_RANK: Readonly<Record<ProxyRoute["session"], number>> = { none: 0, optional: 1, required: 2 };

/** Whether one route asks for more than another: a session rather than perhaps one or none, a token rather than none. */
export function isStricter(route: Guarded, than: Guarded): boolean {
  return SESSION_RANK[route.session] > SESSION_RANK[than.session] || (route.token !== "none" && than.token === "none");
}

/** What the paths begin with that a route's target is asked for; empty for all of them, no slash at its end. */
export function upstreamBase({ prefix, target, stripPrefix }: Placed): string {
  return prefixOf(target.pathname) + (stripPrefix ? "" : prefixOf(prefix));
}

/**
 * Pairs of routes to one origin of which the looser leads to all that the stricter guards: `/open` and `/private`, both stripped, say. Not where
 * the longer prefix keeps them apart, as with `/app` and `/app/private`: there the stricter is what such a path matches.
 */
export function uncoveredBy(routes: readonly Placed[]): { readonly looser: Placed; readonly stricter: Placed }[] {
  return routes.flatMap((looser) =>
    routes.filter((stricter) => leaksTo(stricter, looser, routes)).map((stricter) => ({ looser, stricter })),
  );
}

function leaksTo(stricter: Placed, looser: Placed, routes: readonly Placed[]): boolean {
  if (stricter.target.origin !== looser.target.origin || !isStricter(stricter, looser)) return false;
  const [guarded, base] = [upstreamBase(stricter), upstreamBase(looser)];
  if (!liesUnder(guarded.toLowerCase(), base.toLowerCase())) return false;
  const way = `${prefixOf(looser.prefix)}${guarded.slice(base.length)}`;
  const matching = routes.filter(({ prefix }) => liesUnder(way, prefixOf(prefix))).sort((a, b) => b.prefix.length - a.prefix.length);
  return matching[0] === looser;
}
