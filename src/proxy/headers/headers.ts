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

const DROPPED_FROM_REQUESTS: readonly string[] = [
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
];

/** They turn a read into a write behind every check of a read: links, images and other sites may cause a GET. */
const METHOD_OVERRIDES: readonly string[] = ["x-http-method-override", "x-http-method", "x-method-override"];

const DROPPED_FROM_RESPONSES: readonly string[] = [
  ...HOP_BY_HOP,
  PROBLEM_HEADER,
  // RFC 7838: other doors of the API's own origin, an HTTP/3 port for instance. Browsers would look for them at ours (Caddy and YARP drop it, too).
  "alt-svc",
];

// Underscores and other characters that CGI-like servers turn into the same variable as a hyphen (CVE-2025-64484); as nginx does.
const PLAIN_NAME = /^[A-Za-z0-9-]+$/;

/** What is done with a header of a request, by its name. */
type RequestRule = "pass" | "drop" | "authorization" | "cookie" | "origin" | "method override";

/** What is done with a header of an answer, by its name. */
type ResponseRule =
  | "pass"
  | "drop"
  | "content-length"
  | "set-cookie"
  | "clear-site-data"
  | "cache-control"
  | "targeted cache control"
  | "address";

interface Known<Rule> {
  /** The name in lower case. */
  readonly key: string;
  readonly rule: Rule;
}

/** Names as they are usually spelled, so that no name has to be lower-cased to be known: of fifteen in a browser's call not one. */
function knownNames<Rule>(rules: readonly (readonly [rule: Rule, names: readonly string[]])[]): ReadonlyMap<string, Known<Rule>> {
  const known = new Map<string, Known<Rule>>();
  for (const [rule, names] of rules) {
    for (const key of names) {
      const entry = { key, rule };
      known.set(key, entry).set(
        key.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase()),
        entry,
      );
    }
  }
  return known;
}

const KNOWN_IN_REQUESTS = knownNames<RequestRule>([
  ["drop", DROPPED_FROM_REQUESTS],
  ["authorization", ["authorization"]],
  ["cookie", ["cookie"]],
  ["origin", ["origin"]],
  ["method override", METHOD_OVERRIDES],
  ["drop", ["x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto"]],
  ["pass", ["accept", "accept-encoding", "accept-language", "cache-control", "content-type", "dnt", "if-modified-since", "if-none-match"]],
  ["pass", ["pragma", "priority", "referer", "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "sec-fetch-dest", "sec-fetch-mode"]],
  ["pass", ["sec-fetch-site", "sec-gpc", "traceparent", "tracestate", "user-agent", "x-amzn-trace-id", "x-requested-with"]],
]);

const KNOWN_IN_RESPONSES = knownNames<ResponseRule>([
  ["drop", DROPPED_FROM_RESPONSES],
  ["content-length", ["content-length"]],
  ["set-cookie", ["set-cookie"]],
  ["clear-site-data", ["clear-site-data"]],
  ["cache-control", ["cache-control"]],
  ["address", ["location", "content-location", "refresh"]],
  ["pass", ["accept-ranges", "age", "content-encoding", "content-language", "content-security-policy", "content-type", "date", "etag"]],
  ["pass", ["expires", "last-modified", "server", "strict-transport-security", "vary", "x-content-type-options", "x-powered-by"]],
]);

/** A name that is in no table, in any spelling of its letters. */
function unusualInRequest(name: string): Known<RequestRule> {
  const key = name.toLowerCase();
  const drops = key.startsWith("x-forwarded") || !PLAIN_NAME.test(key);
  return KNOWN_IN_REQUESTS.get(key) ?? { key, rule: drops ? "drop" : "pass" };
}

function unusualInResponse(name: string): Known<ResponseRule> {
  const key = name.toLowerCase();
  const known = KNOWN_IN_RESPONSES.get(key);
  if (known !== undefined) return known;
  if (key.startsWith("access-control-allow-")) return { key, rule: "drop" };
  return { key, rule: isTargetedCacheControl(key) ? "targeted cache control" : "pass" };
}

/** Options of `Connection` that name no header. */
const NAMES_NO_HEADER: ReadonlySet<string> = new Set(["keep-alive", "Keep-Alive", "close"]);

/** The headers that `Connection` lists: for this hop only, too. */
function listedInConnection(raw: RawHeaders): ReadonlySet<string> | null {
  let listed: Set<string> | null = null;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const value = raw[i + 1] ?? "";
    // The ordinary case.
    if (!isNamed(raw[i], "connection") || NAMES_NO_HEADER.has(value)) continue;
    for (const option of value.split(",")) {
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
  const headers: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? "";
    const { key, rule } = KNOWN_IN_REQUESTS.get(name) ?? unusualInRequest(name);
    if (rule === "drop" || facts.isStripped(key) || listed?.has(key) || facts.propagated?.names.has(key)) continue;
    const value = rule === "pass" ? (raw[i + 1] ?? "") : requestValue(rule, raw[i + 1] ?? "", facts);
    if (value !== null) headers.push(name, value);
  }
  const { host, strippedPrefix } = facts.translation;
  headers.push("host", host, "x-forwarded-for", facts.forwarded.for);
  headers.push("x-forwarded-proto", facts.forwarded.proto, "x-forwarded-host", facts.forwarded.host);
  if (strippedPrefix !== null) headers.push("x-forwarded-prefix", strippedPrefix);
  if (facts.propagated !== null) for (const [name, value] of Object.entries(facts.propagated.values)) headers.push(name, value);
  if (facts.token !== "none" && facts.bearer !== null) headers.push("authorization", `Bearer ${facts.bearer}`);
  return headers;
}

/** Null: the API does not get it. */
function requestValue(rule: Exclude<RequestRule, "pass" | "drop">, value: string, facts: RequestHeaderFacts): string | null {
  switch (rule) {
    case "authorization":
      return facts.token === "none" ? value : null;
    case "cookie":
      return withoutOurCookies(value, facts.isOurCookie);
    case "origin": {
      const { origin } = facts.translation;
      return value === origin?.ours ? origin.theirs : value;
    }
    case "method override":
      return facts.method === "GET" || facts.method === "HEAD" ? null : value;
  }
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
    const { key, rule } = KNOWN_IN_RESPONSES.get(name) ?? unusualInResponse(name);
    // RFC 9110 section 7.6.1: Cache-Control is for every recipient, so naming it in Connection takes nothing away.
    if (listed?.has(key) && rule !== "cache-control") continue;
    switch (rule) {
      case "drop":
        break;
      case "content-length":
        if (!hasNoLength) headers.push(name, value);
        break;
      case "clear-site-data":
        // Would take the session's cookie away without a reason; only a definite end of the session may.
        if (!/"cookies"|"\*"/i.test(value)) headers.push(name, value);
        break;
      case "set-cookie":
        if (!setsOurCookie(value, facts.isOurCookie)) headers.push(name, outward(facts.translation, key, value, facts));
        break;
      case "cache-control":
        if (ownCaching) cacheControl.push(value);
        else headers.push(name, value);
        break;
      case "targeted cache control":
        if (!ownCaching) headers.push(name, value);
        break;
      case "address":
        headers.push(name, outward(facts.translation, key, value, facts));
        break;
      case "pass":
        headers.push(name, value);
    }
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
