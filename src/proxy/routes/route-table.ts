import type { Config } from "../../config/config.js";
import { liesUnder, prefixOf } from "../../config/kinds/prefix.js";
import type { ProxyRoute } from "../../config/kinds/proxy-route.js";
import { createTranslation, type Translation } from "../headers/translation.js";

export interface RouteMatch {
  readonly route: ProxyRoute;
  /** The path to ask the target for: its base path and what was matched, without the prefix where the route strips it. Starts with `/`. */
  readonly upstreamPath: string;
  readonly translation: Translation;
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
  readonly translation: Translation;
}

/**
 * Matches paths against prefixes on segment boundaries. The match only ever makes a path; scheme and authority always come from `route.target`.
 */
export function createRouteTable(routes: readonly ProxyRoute[], side: Pick<Config, "publicUrl" | "authPrefix">): RouteTable {
  const entries = routes.map((route) => toEntry(route, createTranslation(route, side))).sort((a, b) => b.prefix.length - a.prefix.length);
  return {
    match(path) {
      const entry = entries.find(({ prefix }) => liesUnder(path, prefix));
      return entry === undefined ? null : { route: entry.route, upstreamPath: upstreamPath(entry, path), translation: entry.translation };
    },
  };
}

function toEntry(route: ProxyRoute, translation: Translation): Entry {
  return { route, prefix: prefixOf(route.prefix), basePath: prefixOf(route.target.pathname), translation };
}

function upstreamPath({ route, prefix, basePath }: Entry, path: string): string {
  const rest = route.stripPrefix ? path.slice(prefix.length) : path;
  return basePath + (rest === "" ? "/" : rest);
}
