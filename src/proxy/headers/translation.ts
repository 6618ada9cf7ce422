import type { Config } from "../../config/config.js";
import { apiHost } from "../../config/kinds/api-host.js";
import { prefixOf } from "../../config/kinds/prefix.js";
import type { ProxyRoute } from "../../config/kinds/proxy-route.js";
import { type Asked, PublicAddress } from "./public-address.js";

/** What differs between the browser's side of a route and its API's. Made once for each route, at start-up. */
export interface Translation {
  /** The Host that the API is to see. */
  readonly host: string;
  /** What was taken off the path, for `X-Forwarded-Prefix`; null: nothing. */
  readonly strippedPrefix: string | null;
  /** Replaces the Origin of our own pages; null: it stays what the browser sent. */
  readonly origin: { readonly ours: string; readonly theirs: string } | null;
  /** Null: the API's answers go out as they are. */
  readonly address: PublicAddress | null;
}

export function createTranslation(route: ProxyRoute, side: Pick<Config, "publicUrl" | "authPrefix">): Translation {
  const prefix = prefixOf(route.prefix);
  return {
    host: apiHost(route) === "public" ? new URL(side.publicUrl).host : route.target.host,
    strippedPrefix: route.stripPrefix && prefix !== "" ? prefix : null,
    origin: null,
    address: route.rewrite ? new PublicAddress(route, side) : null,
  };
}

/** A header's value of the API's answer as it reads from outside; `key` is its name in lower case. */
export function outward({ address }: Translation, key: string, value: string, asked: Asked): string {
  if (address === null) return value;
  if (key === "location" || key === "content-location") return address.ofReference(value, asked);
  if (key === "set-cookie") return address.ofCookie(value);
  return key === "refresh" ? address.ofRefresh(value, asked) : value;
}
