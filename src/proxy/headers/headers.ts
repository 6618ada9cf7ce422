import type { ProxyRoute } from "../../config/kinds/proxy-route.js";
import type { PropagatedHeaders } from "../../telemetry/tracing.js";
import { CSRF_HEADER, PROBLEM_HEADER } from "../../wire/headers.js";
import { setsOurCookie, withoutOurCookies } from "./api-cookies.js";
import { isTargetedCacheControl, privateCacheControl } from "./cache-control.js";
import type { Asked } from "./public-address.js";
import type { StripsHeader } from "./strip-headers.js";
import { outward, type Translation } from "./translation.js";

/** Names and values in turn, in order and with duplicates, as Node's `rawHeaders`. */
export type RawHeaders = readonly string[];

/** What is known of the browser's side of a call, from the configuration and the proxies that are trusted. */
export interface Forwarded {
  /** The caller's address, or the trusted chain of them. */
  readonly for: string;
  readonly proto: "http" | "https";
  readonly host: string;
}

export interface RequestHeaderFacts {
  readonly method: string;
  readonly token: ProxyRoute["token"];
  /** Null: no session, or a route without a token. */
  readonly bearer: string | null;
  readonly translation: Translation;
  readonly forwarded: Forwarded;
  readonly isOurCookie: (name: string) => boolean;
  readonly isStripped: StripsHeader;
  /** What carries the trace on, in place of what came; null: what came passes. */
  readonly propagated: PropagatedHeaders | null;
}

export interface ResponseHeaderFacts extends Asked {
  readonly status: number;
  readonly token: ProxyRoute["token"];
  readonly session: ProxyRoute["session"];
  readonly cache: ProxyRoute["cache"];
  readonly isOurCookie: (name: string) => boolean;
  /** For an answer that has none; null: none. */
  readonly transportSecurity: string | null;
  /** Values of `Set-Cookie` to add. */
  readonly setCookies: readonly string[];
  readonly translation: Translation;
}

/** For one connection only: RFC 9110 section 7.6.1, and what older software sends in their place. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

const DROPPED_FROM_REQUESTS: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  // Goes with `Upgrade: h2c`, by which a connection leaves a proxy's sight.
  "http2-settings",
  // Node has answered 100 (Continue) itself.
  "expect",
  // The framing is that of the parsed message, never of a header line: the forwarder sets it.
  "content-length",
  // Replaced by what is trusted: one form only, so that no two can disagree. Every X-Forwarded-* goes too.
  "host",
  "forwarded",
  "x-real-ip",
  // Frameworks route by them instead of the path that was matched here (CVE-2018-14773).
  "x-original-url",
  "x-rewrite-url",
  // Between the browser and us.
  CSRF_HEADER,
]);

/** They turn a read into a write behind every check of a read: links, images and other sites may cause a GET. */
const METHOD_OVERRIDES: ReadonlySet<string> = new Set(["x-http-method-override", "x-http-method", "x-method-override"]);

const DROPPED_FROM_RESPONSES: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  PROBLEM_HEADER,
  // RFC 7838: other doors of the API's own origin, an HTTP/3 port for instance. Browsers would look for them at ours (Caddy and YARP drop it, too).
  "alt-svc",
]);

// Underscores and other characters that CGI-like servers turn into the same variable as a hyphen (CVE-2025-64484); as nginx does.
const PLAIN_NAME = /^[A-Za-z0-9-]+$/;

/** The headers that `Connection` lists: for this hop only, too. */
function listedInConnection(raw: RawHeaders): ReadonlySet<string> | null {
  let listed: Set<string> | null = null;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (!isNamed(raw[i], "connection")) continue;
    for (const option of (raw[i + 1] ?? "").split(",")) {
      listed ??= new Set();
      listed.add(option.trim().toLowerCase());
    }
  }
  return listed;
}

/**
 * The headers of a call as the API gets them. What is ours to say is put at the end, after everything that came: nothing in a request,
 * `Connection: authorization` included, takes it away.
 *
 * On a route with a token every `Authorization` of the caller is dropped, with or without a session, so that the API can trust what it
 * gets there to be ours. On a route with `token: "none"` nothing of ours is at stake, and the caller's own goes through.
 */
export function upstreamRequestHeaders(raw: RawHeaders, facts: RequestHeaderFacts): string[] {
  const listed = listedInConnection(raw);
  const isRead = facts.method === "GET" || facts.method === "HEAD";
  const headers: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? "";
    let value = raw[i + 1] ?? "";
    const key = name.toLowerCase();
    if (DROPPED_FROM_REQUESTS.has(key) || listed?.has(key) || key.startsWith("x-forwarded") || !PLAIN_NAME.test(key)) continue;
    if (facts.isStripped(key) || (isRead && METHOD_OVERRIDES.has(key))) continue;
    if (key === "authorization" && facts.token !== "none") continue;
    if (facts.propagated?.names.has(key)) continue;
    if (key === "cookie") {
      const others = withoutOurCookies(value, facts.isOurCookie);
      if (others === null) continue;
      value = others;
    }
    if (key === "origin" && value === facts.translation.origin?.ours) value = facts.translation.origin.theirs;
    headers.push(name, value);
  }
  const { host, strippedPrefix } = facts.translation;
  headers.push("host", host, "x-forwarded-for", facts.forwarded.for);
  headers.push("x-forwarded-proto", facts.forwarded.proto, "x-forwarded-host", facts.forwarded.host);
  if (strippedPrefix !== null) headers.push("x-forwarded-prefix", strippedPrefix);
  if (facts.propagated !== null) for (const [name, value] of Object.entries(facts.propagated.values)) headers.push(name, value);
  if (facts.token !== "none" && facts.bearer !== null) headers.push("authorization", `Bearer ${facts.bearer}`);
  return headers;
}

/**
 * The headers of the API's answer as the browser gets them, with the session's cookies added.
 *
 * An answer that sets a cookie of the session is never stored anywhere: a cache would hand the session to the next person (the class of
 * CVE-2025-48947). The answers of routes with a token or a required session belong to one person and are marked so unless the route says `cache: "upstream"`.
 */
export function downstreamResponseHeaders(raw: RawHeaders, facts: ResponseHeaderFacts): string[] {
  const listed = listedInConnection(raw);
  // Behind a required session an answer without a token is not for strangers either.
  const personal = facts.token !== "none" || facts.session === "required";
  const ownCaching = facts.setCookies.length > 0 || (personal && facts.cache === "private");
  const cacheControl: string[] = [];
  const headers: string[] = [];
  // RFC 9112 section 6.3: Transfer-Encoding overrides Content-Length, and whoever forwards removes the latter. RFC 9110 section 8.6: a 204
  // has none, nor has a 1xx: a browser's reader that believed the length of a 101 would take frames for a body.
  const hasNoLength = facts.status === 204 || facts.status < 200 || hasName(raw, "transfer-encoding");
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? "";
    const value = raw[i + 1] ?? "";
    const key = name.toLowerCase();
    // RFC 9110 section 7.6.1: Cache-Control is for every recipient, so naming it in Connection takes nothing away.
    if (DROPPED_FROM_RESPONSES.has(key) || (listed?.has(key) && key !== "cache-control")) continue;
    if (key.startsWith("access-control-allow-")) continue;
    if (key === "content-length" && hasNoLength) continue;
    if (key === "set-cookie" && setsOurCookie(value, facts.isOurCookie)) continue;
    // Would take the session's cookie away without a reason; only a definite end of the session may.
    if (key === "clear-site-data" && /"cookies"|"\*"/i.test(value)) continue;
    if (ownCaching && key === "cache-control") cacheControl.push(value);
    else if (!(ownCaching && isTargetedCacheControl(key))) headers.push(name, outward(facts.translation, key, value, facts));
  }
  if (facts.transportSecurity !== null && !hasName(raw, "strict-transport-security"))
    headers.push("strict-transport-security", facts.transportSecurity);
  if (ownCaching) headers.push("cache-control", facts.setCookies.length > 0 ? "no-store" : privateCacheControl(cacheControl));
  for (const cookie of facts.setCookies) headers.push("set-cookie", cookie);
  return headers;
}

function hasName(raw: RawHeaders, lowerCaseName: string): boolean {
  for (let i = 0; i < raw.length; i += 2) {
    if (isNamed(raw[i], lowerCaseName)) return true;
  }
  return false;
}

/** The length first: this is asked of every header of every call. */
function isNamed(name: string | undefined, lowerCaseName: string): boolean {
  return name?.length === lowerCaseName.length && name.toLowerCase() === lowerCaseName;
}
