import type { ProxyRoute } from "../config/config.js";

export interface RouteMatch {
  readonly route: ProxyRoute;
  /** The path to ask the target for: its base path and what was matched, without the prefix where the route strips it. Starts with `/`. */
  readonly upstreamPath: string;
}

export interface RouteTable {
  /** The route whose prefix is the longest one that `path` lies under, or null. `path` is one that `parseTarget` gave. */
  match(path: string): RouteMatch | null;
}

interface Entry {
  readonly route: ProxyRoute;
  /** Empty for the route `/`, which everything lies under. */
  readonly prefix: string;
  readonly basePath: string;
}

/**
 * Matches paths against prefixes on segment boundaries: `/api` covers `/api`, `/api/` and `/api/x`, never `/apix` nor `/api;x`.
 * The match only ever makes a path; scheme and authority always come from `route.target`.
 */
export function createRouteTable(routes: readonly ProxyRoute[]): RouteTable {
  const entries = routes.map(toEntry).sort((a, b) => b.prefix.length - a.prefix.length);
  return {
    match(path) {
      const entry = entries.find(({ prefix }) => liesUnder(path, prefix));
      return entry === undefined ? null : { route: entry.route, upstreamPath: upstreamPath(entry, path) };
    },
  };
}

function toEntry(route: ProxyRoute): Entry {
  return { route, prefix: withoutTrailingSlash(route.prefix), basePath: withoutTrailingSlash(route.target.pathname) };
}

function withoutTrailingSlash(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

function liesUnder(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f);
}

function upstreamPath({ route, prefix, basePath }: Entry, path: string): string {
  const rest = route.stripPrefix ? path.slice(prefix.length) : path;
  return basePath + (rest === "" ? "/" : rest);
}
