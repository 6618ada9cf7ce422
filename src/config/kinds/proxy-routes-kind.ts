import { choice, duration, entriesOf, flag, orOff } from "./basic-kinds.js";
import { accepted, type Complaint, type Decoded, decodeAs, echo, type Kind, refused } from "./kind.js";
import type { ProxyRoute } from "./proxy-route.js";
import { type Admits, isText } from "./raw.js";
import { baseText, parseBaseUrl, routePrefix } from "./url-kinds.js";

/** One member of a route's JSON form. */
export interface RouteMember<R = unknown, T = unknown> {
  readonly kind: Kind<R, T>;
  /** As text; null: it must be there. */
  readonly default: string | null;
  readonly meaning: string;
}

function member<R, T>(kind: Kind<R, T>, defaultText: string | null, meaning: string): RouteMember<R, T> {
  return { kind, default: defaultText, meaning };
}

const target: Kind<string, URL> = {
  admits: isText,
  expected: "an http:// or https:// URL with an optional path, without user, query and fragment",
  decode(raw) {
    const url = parseBaseUrl(raw, "path");
    return url === null ? refused(this.expected) : accepted(url);
  },
  show: baseText,
};

const upToADay = { minMs: 1, maxMs: 86_400_000 };

/** The members of a route, in the order of the documentation. */
export const ROUTE_MEMBERS = {
  prefix: member(routePrefix, null, "Requests whose path is this or below it, on segment boundaries; the longest prefix wins."),
  target: member(target, null, "The API's base; its path, if any, is put before the forwarded one."),
  token: member(
    choice("id", "access", "none"),
    "id",
    "Which token travels as `Authorization: Bearer`. With `session: none` there is none, and the default is `none`.",
  ),
  session: member(
    choice("required", "optional", "none"),
    "required",
    "`required`: 401 without a session. `optional`: forwarded without a token then. `none`: the session is not looked at.",
  ),
  stripPrefix: member(
    flag,
    "false",
    "Takes the prefix off before forwarding, and tells the API of it in `X-Forwarded-Prefix`. With `rewrite` its answers get it back.",
  ),
  rewrite: member(
    flag,
    "true",
    "Puts the API's own addresses in its answers as the browser knows them: `Location`, `Content-Location`, `Refresh`, and `Domain` and `Path` of cookies. Set `false` where an API behind a stripped prefix or a base path redirects to paths of the app.",
  ),
  proxy: member(flag, "false", "Sends the calls through `HTTPS_PROXY`, unless `NO_PROXY` names the target."),
  responseHeaderTimeout: member(duration(upToADay), "60s", "Longest wait for the head of the API's answer; 504 after it."),
  bodyIdleTimeout: member(orOff(duration(upToADay)), "off", "Longest silence within the answer's body."),
  requestIdleTimeout: member(
    orOff(duration(upToADay)),
    "1m",
    "Longest silence within a call's body, counted only while the browser is waited for; 400 after it. Less than 100 bytes a second over as long, and over a minute at least, is silence too. `off`: neither.",
  ),
  host: member(
    choice("auto", "target", "public"),
    "auto",
    "The Host that the API sees: the target's own, or that of `PUBLIC_URL`. `auto`: `public` for an http target, since frameworks compare it with Origin; `target` for https. Set `target` where plain http is routed by name: service meshes, ingresses, virtual hosts.",
  ),
  csrf: member(choice("inherit", "off"), "inherit", "`off` exempts the route from `CSRF_HEADER=required`."),
  cache: member(
    choice("private", "upstream"),
    "private",
    "`private`: answers with a token that are neither `private` nor `no-store` become `private`. `upstream`: the API's Cache-Control stays.",
  ),
} as const;

type MemberName = keyof typeof ROUTE_MEMBERS;
type RequiredMember = "prefix" | "target";
type RawOf<N extends MemberName> = (typeof ROUTE_MEMBERS)[N]["kind"] extends Kind<infer R, unknown> ? R : never;

/** A route as an option or a JSON object. */
export type RouteOptions = { [N in RequiredMember]: RawOf<N> } & { [N in Exclude<MemberName, RequiredMember>]?: RawOf<N> };

export const isRoute: Admits<RouteOptions> = (raw): raw is RouteOptions => {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return false;
  const members: ReadonlyMap<string, unknown> = new Map(Object.entries(raw));
  return (
    [...members.keys()].every((name) => Object.hasOwn(ROUTE_MEMBERS, name)) &&
    Object.entries<RouteMember>(ROUTE_MEMBERS).every(([name, { kind, default: byDefault }]) => {
      const value = members.get(name);
      return value === undefined ? byDefault !== null : kind.admits(value);
    })
  );
};

/** Reads one route's members, noting every complaint; `read` gives null where it noted one. */
class RouteReader {
  readonly complaints: Complaint[] = [];
  readonly #place: string;
  readonly #members: ReadonlyMap<string, unknown>;

  constructor(place: string, route: object) {
    this.#place = place;
    this.#members = new Map(Object.entries(route).filter(([, value]) => value !== undefined));
    for (const name of this.#members.keys()) {
      if (!Object.hasOwn(ROUTE_MEMBERS, name)) this.complain(`only the members ${Object.keys(ROUTE_MEMBERS).join(", ")}`, echo(name) ?? "");
    }
  }

  complain(expected: string, got?: string): void {
    const text = `${this.#place}: ${expected}`;
    this.complaints.push(got === undefined ? { expected: text } : { expected: text, got });
  }

  has(name: MemberName): boolean {
    return this.#members.has(name);
  }

  read<T>(name: MemberName, { kind, default: fallback }: RouteMember<unknown, T>): T | null {
    const given = this.has(name);
    if (!given && fallback === null) {
      this.complain(`${name}, which is missing`, "");
      return null;
    }
    const raw = given ? this.#members.get(name) : fallback;
    const decoded = decodeAs(kind, raw);
    if (decoded.kind === "value") return decoded.value;
    for (const complaint of decoded.complaints) this.complain(`${name}: ${complaint.expected}`, echo(raw) ?? "");
    return null;
  }
}

function decodeRoute(raw: unknown, number: number): { readonly route: ProxyRoute | null; readonly complaints: readonly Complaint[] } {
  const place = `route ${number}`;
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    return { route: null, complaints: [{ expected: `${place}: an object with prefix and target`, got: echo(raw) ?? "" }] };
  }
  const reader = new RouteReader(place, raw);
  const members = ROUTE_MEMBERS;
  const session = reader.read("session", members.session);
  const token = !reader.has("token") && session === "none" ? "none" : reader.read("token", members.token);
  if (session === "none" && token !== null && token !== "none") {
    reader.complain("token `none`, for with session `none` nobody's token is at hand", token);
  }
  const prefix = reader.read("prefix", members.prefix);
  const url = reader.read("target", members.target);
  const stripPrefix = reader.read("stripPrefix", members.stripPrefix);
  const rewrite = reader.read("rewrite", members.rewrite);
  const proxy = reader.read("proxy", members.proxy);
  const responseHeaderTimeoutMs = reader.read("responseHeaderTimeout", members.responseHeaderTimeout);
  const bodyIdleTimeoutMs = reader.read("bodyIdleTimeout", members.bodyIdleTimeout);
  const requestIdleTimeoutMs = reader.read("requestIdleTimeout", members.requestIdleTimeout);
  const host = reader.read("host", members.host);
  const csrf = reader.read("csrf", members.csrf);
  const cache = reader.read("cache", members.cache);
  const { complaints } = reader;
  if (prefix === null || url === null || token === null || session === null || stripPrefix === null || rewrite === null)
    return { route: null, complaints };
  if (proxy === null || responseHeaderTimeoutMs === null || host === null || csrf === null || cache === null)
    return { route: null, complaints };
  const limits = { responseHeaderTimeoutMs, bodyIdleTimeoutMs, requestIdleTimeoutMs };
  return { route: { prefix, target: url, token, session, stripPrefix, rewrite, proxy, ...limits, host, csrf, cache }, complaints };
}

function decodeRoutes(list: readonly unknown[]): Decoded<readonly ProxyRoute[]> {
  const routes: ProxyRoute[] = [];
  const complaints: Complaint[] = [];
  for (const [index, raw] of list.entries()) {
    const number = index + 1;
    const decoded = decodeRoute(raw, number);
    complaints.push(...decoded.complaints);
    if (decoded.route === null) continue;
    const { prefix } = decoded.route;
    if (routes.some((route) => route.prefix === prefix)) {
      complaints.push({ expected: `route ${number}: a prefix that no other route has`, got: prefix });
    }
    routes.push(decoded.route);
  }
  return complaints.length === 0 ? accepted(routes) : { kind: "refused", complaints };
}

function parsePairs(text: string): unknown[] {
  return entriesOf(text).map((pair) => {
    const equals = pair.indexOf("=");
    return equals === -1 ? pair : { prefix: pair.slice(0, equals).trim(), target: pair.slice(equals + 1).trim() };
  });
}

function parseJson(text: string): Decoded<unknown> {
  try {
    return accepted(JSON.parse(text));
  } catch (error) {
    // Node's message quotes the text, which may hold a password; the position is all that is safe to repeat.
    const [, position] = (error instanceof Error && /at position (\d+)/.exec(error.message)) || [];
    return refused(`valid JSON${position === undefined ? "" : ` (it breaks at character ${position})`}`, "");
  }
}

const EXPECTED = "PREFIX=URL pairs, comma or newline separated, such as /api=http://api:8080, or a JSON array of routes";

function decodeText(text: string): Decoded<readonly ProxyRoute[]> {
  if (!/^\s*[[{"]/.test(text)) return decodeRoutes(parsePairs(text));
  const json = parseJson(text);
  if (json.kind === "refused") return json;
  return Array.isArray(json.value) ? decodeRoutes(json.value) : refused(EXPECTED, "JSON that is not an array");
}

type Routes = string | RouteOptions[];
const isRoutes: Admits<Routes> = (raw): raw is Routes => isText(raw) || (Array.isArray(raw) && raw.every(isRoute));

/** What is forwarded where: both written forms and the options go through the same reading of a route. */
export const proxyRoutes: Kind<Routes, readonly ProxyRoute[]> = {
  admits: isRoutes,
  expected: EXPECTED,
  decode: (raw) => (typeof raw === "string" ? decodeText(raw) : decodeRoutes(raw)),
  show: (routes) => (routes.length === 0 ? "none" : routes.map((route) => `${route.prefix}=${baseText(route.target)}`).join(", ")),
  explain(raw) {
    const decoded = Array.isArray(raw) ? decodeRoutes(raw) : refused<never>(EXPECTED);
    return decoded.kind === "refused" ? decoded.complaints : [{ expected: EXPECTED }];
  },
};
