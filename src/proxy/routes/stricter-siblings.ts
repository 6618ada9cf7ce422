import { liesUnder } from "../../config/kinds/prefix.js";
import type { ProxyRoute } from "../../config/kinds/proxy-route.js";
import { isStricter, upstreamBase } from "../../config/strictness.js";
import { foldedPath, foldedReadings } from "./folded-path.js";

/** A route's part of its origin, as a server that folds paths may read it. */
interface Place {
  readonly base: string;
  readonly stricter: boolean;
}

export interface StricterSiblings {
  /** Whether some server would take the path for one that another route of its origin guards more strictly than `route`, by which it goes out. */
  guard(route: ProxyRoute, upstreamPath: string): boolean;
}

/** Looked for once: a route without a stricter one below it costs its calls nothing. */
export function createStricterSiblings(routes: readonly ProxyRoute[]): StricterSiblings {
  const places = new Map<ProxyRoute, readonly Place[]>();
  for (const route of routes) {
    const below = placesBelow(route, routes);
    if (below.some(({ stricter }) => stricter)) places.set(route, below);
  }
  return {
    guard(route, upstreamPath) {
      const below = places.get(route);
      if (below === undefined) return false;
      return foldedReadings(upstreamPath).some((reading) => below.find(({ base }) => liesUnder(reading, base))?.stricter ?? false);
    },
  };
}

/** The route itself and what lies below it at its origin: the longest first, and of two the same the stricter. */
function placesBelow(route: ProxyRoute, routes: readonly ProxyRoute[]): Place[] {
  const own = baseOf(route);
  return routes
    .filter(({ target }) => target.origin === route.target.origin)
    .map((other) => ({ base: baseOf(other), stricter: isStricter(other, route) }))
    .filter(({ base }) => liesUnder(base, own))
    .sort((a, b) => b.base.length - a.base.length || Number(b.stricter) - Number(a.stricter));
}

function baseOf(route: ProxyRoute): string {
  const reading = foldedPath(upstreamBase(route));
  return reading === "/" ? "" : reading;
}
