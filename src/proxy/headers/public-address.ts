import type { Config } from "../../config/config.js";
import { apiHost } from "../../config/kinds/api-host.js";
import { liesUnder, prefixOf } from "../../config/kinds/prefix.js";
import type { ProxyRoute } from "../../config/kinds/proxy-route.js";

/** What one call asked for: path and query as the browser has them and as the API got them. */
export interface Asked {
  readonly publicTarget: string;
  readonly upstreamTarget: string;
  /** The page that the call came from. */
  readonly referer: string | undefined;
}

/** What lies under `from` at the API lies under `to` outside. */
interface Mapping {
  readonly from: string;
  readonly to: string;
}

/** `scheme://authority` or `//authority`, with the backslashes that browsers take for slashes (WHATWG URL, special schemes). */
const AUTHORITY = /^(?:(https?):)?[\\/]{2}([^\\/?#]*)/i;
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const NEEDS_RESOLVING = /\\|(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i;
/** What a browser takes for an authority at the beginning of a reference: it removes tabs first. */
const LIKE_AUTHORITY = /^\/[\t\\/]/;
const FRONT_PAGE = /^\/?(?:[?#]|$)/;
/** HTML, shared declarative refresh steps: seconds, then the URL with or without `url=` and quotes. */
const REFRESH = /^\s*[\d.]+(?:\s*[;,]|\s)\s*(?:url\s*=\s*)?(["']?)/i;
const PRINTABLE_ASCII = /^[\x21-\x7e]*$/;
/** RFC 6265bis section 4.1.3.2: neither has a Domain, nor another Path than `/`. */
const HOST_COOKIE = /^\s*__host-/i;

/**
 * How the addresses in a route's answers read from outside. Where the API names itself (by its own authority or by the Host that it was sent,
 * under either scheme) browsers get the public origin; its paths get the prefix in place of the target's base. Whatever names anybody else
 * stays byte for byte. Nothing here throws, and every value is read in linear time.
 */
export class PublicAddress {
  readonly #origin: string;
  readonly #scheme: string;
  readonly #hostname: string;
  readonly #targetHostname: string;
  /** The longest first. */
  readonly #mappings: readonly Mapping[];
  readonly #mapsPaths: boolean;
  /** `public`: by this authority the API may also mean the app. */
  readonly #authorities: ReadonlyMap<string, "target" | "public">;
  /** The page of ours that an API may send people to; null: it can only mean its own. */
  readonly #loginPath: string | null;

  constructor(route: ProxyRoute, { publicUrl, authPrefix }: Pick<Config, "publicUrl" | "authPrefix">) {
    const url = new URL(publicUrl);
    const prefix = prefixOf(route.prefix);
    const base = prefixOf(route.target.pathname);
    this.#origin = url.origin;
    this.#scheme = url.protocol.slice(0, -1);
    this.#hostname = url.hostname;
    this.#targetHostname = withoutRoot(route.target.hostname);
    this.#mappings = mappingsOf(prefix, base, route.stripPrefix);
    this.#mapsPaths = route.stripPrefix ? base !== prefix : base !== "";
    this.#authorities = authoritiesOf(route, url);
    this.#loginPath = base === "" ? `${authPrefix}/login` : null;
  }

  /** `Location`, `Content-Location`: a URI reference (RFC 3986 section 4.1). */
  ofReference(value: string, asked: Asked): string {
    const named = AUTHORITY.exec(value);
    if (named !== null) {
      const [start, scheme = this.#scheme, authority = ""] = named;
      const whose = this.#whose(scheme, authority);
      const rest = value.slice(start.length);
      // A backslash behind an authority is a path to browsers and part of a user name to others.
      if (rest.startsWith("\\")) return value;
      if (whose === null || (whose === "public" && this.#isApps(value, scheme, rest, asked))) return value;
      return this.#origin + this.#placed(rest, whose);
    }
    if (!this.#mapsPaths || value === "" || value.startsWith("?") || value.startsWith("#") || SCHEME.test(value)) return value;
    return value.startsWith("/") ? this.#asReference(this.#placed(value, "public"), value) : this.#ofRelative(value, asked);
  }

  ofRefresh(value: string, asked: Asked): string {
    const [head, quote = ""] = REFRESH.exec(value) ?? [];
    if (head === undefined) return value;
    const closing = quote === "" ? -1 : value.indexOf(quote, head.length);
    const end = closing < 0 ? value.length : closing;
    return head + this.ofReference(value.slice(head.length, end), asked) + value.slice(end);
  }

  /** `Set-Cookie`: without a Domain that is only the API's, with the Path at which the browser sends it back. */
  ofCookie(value: string): string {
    const [pair = "", ...attributes] = value.split(";");
    if (attributes.length === 0 || HOST_COOKIE.test(pair)) return value;
    // RFC 6265 section 5.3: of several the last one counts.
    const domain = attributes.findLast((attribute) => isNamed(attribute, "domain"));
    const dropsDomain = domain !== undefined && this.#isInner(attributeValue(domain));
    if (!dropsDomain && !this.#mapsPaths) return value;
    const kept = dropsDomain ? attributes.filter((attribute) => !isNamed(attribute, "domain")) : attributes;
    return [pair, ...kept.map((attribute) => (isNamed(attribute, "path") ? this.#cookiePath(attribute) : attribute))].join(";");
  }

  /** `PUBLIC_URL` itself, and the way back to the page that asked, which frameworks have a word for (`redirect_back`). */
  #isApps(value: string, scheme: string, rest: string, { referer }: Asked): boolean {
    return value === referer || (scheme.toLowerCase() === this.#scheme && FRONT_PAGE.test(rest));
  }

  #whose(scheme: string, authority: string): "target" | "public" | null {
    const url = `${scheme}://${authority}`;
    // A user name is nothing of ours, whatever host stands behind it.
    if (authority.includes("@") || !URL.canParse(url)) return null;
    return this.#authorities.get(hostOf(new URL(url))) ?? null;
  }

  /** A path, empty where an authority stood alone, with query and fragment as they are. */
  #placed(rest: string, whose: "target" | "public"): string {
    const end = rest.search(/[?#]/);
    const path = end < 0 ? rest : rest.slice(0, end);
    if (!this.#mapsPaths || (whose === "public" && path === this.#loginPath)) return rest;
    // `/../x` is `/x` to the API; behind a prefix it would lead out of it.
    const plain = NEEDS_RESOLVING.test(path) && PRINTABLE_ASCII.test(path) ? new URL(`http://api${path}`).pathname : path;
    return this.#pathOf(plain) + rest.slice(path.length);
  }

  /**
   * Relative to the address of the call, which has another path on either side: `x` from `/api` is `/x` to a browser, and the API meant what
   * is `/api/x` outside. Where both come out at the same place it stays.
   */
  #ofRelative(value: string, { publicTarget, upstreamTarget }: Asked): string {
    const [inner, outer] = [`http://api${upstreamTarget}`, `http://api${publicTarget}`];
    if (!PRINTABLE_ASCII.test(value) || !URL.canParse(value, inner) || !URL.canParse(value, outer)) return value;
    const meant = new URL(value, inner);
    const path = this.#pathOf(meant.pathname);
    return path === new URL(value, outer).pathname ? value : this.#asReference(path + meant.search + meant.hash, value);
  }

  #asReference(placed: string, original: string): string {
    return placed !== original && LIKE_AUTHORITY.test(placed) ? this.#origin + placed : placed;
  }

  #pathOf(path: string): string {
    const mapping = this.#mappings.find(({ from }) => liesUnder(path, from));
    if (mapping === undefined) return path;
    const outside = mapping.to + path.slice(mapping.from.length);
    return outside === "" && path !== "" ? "/" : outside;
  }

  /** Whether no browser would take this Domain from us, but from the API itself. */
  #isInner(domain: string): boolean {
    const host = withoutRoot(domain.replace(/^\./, "").toLowerCase());
    return host === this.#targetHostname || (isWithin(this.#targetHostname, host) && !isWithin(this.#hostname, host));
  }

  #cookiePath(attribute: string): string {
    const path = attributeValue(attribute);
    // Without a leading slash browsers take the directory of the call. `/` is everywhere on both sides, and scripts read such cookies.
    if (!path.startsWith("/") || path === "/") return attribute;
    const outside = this.#pathOf(path);
    return outside === path ? attribute : attribute.slice(0, attribute.indexOf("=") + 1) + outside;
  }
}

/**
 * An API that knows its prefix, from `X-Forwarded-Prefix` or otherwise, writes it itself: what lies under the prefix stays. Where it also lies
 * under the base, the longer one is meant.
 */
function mappingsOf(prefix: string, base: string, strips: boolean): readonly Mapping[] {
  const known = { from: prefix, to: prefix };
  const mappings = strips ? [{ from: base, to: prefix }, known] : [{ from: base + prefix, to: prefix }, { from: base, to: "" }, known];
  return mappings.sort((a, b) => b.from.length - a.from.length);
}

function authoritiesOf(route: ProxyRoute, publicUrl: URL): ReadonlyMap<string, "target" | "public"> {
  const authorities = new Map<string, "target" | "public">();
  const port = portOf(route.target);
  if (apiHost(route) === "public") {
    // nginx puts the port that it listens on behind the name that it was called by (port_in_redirect), unless it is its scheme's own.
    authorities.set(`${publicUrl.hostname}:${port}`, "target");
    if (route.target.port === "") authorities.set(publicUrl.hostname, "target");
    // Behind those above: where both are the same, it may be either that is meant.
    authorities.set(publicUrl.host, "public").set(`${publicUrl.hostname}:${portOf(publicUrl)}`, "public");
  }
  const hostname = withoutRoot(route.target.hostname);
  return authorities.set(hostOf(route.target), "target").set(`${hostname}:${port}`, "target");
}

/** `api.internal.` is `api.internal` to every resolver: the root's dot keeps search lists away (Kubernetes). */
function withoutRoot(hostname: string): string {
  return hostname.endsWith(".") ? hostname.slice(0, -1) : hostname;
}

function hostOf({ hostname, port }: URL): string {
  return port === "" ? withoutRoot(hostname) : `${withoutRoot(hostname)}:${port}`;
}

function portOf({ protocol, port }: URL): string {
  if (port !== "") return port;
  return protocol === "https:" ? "443" : "80";
}

function isWithin(hostname: string, domain: string): boolean {
  return hostname === domain || hostname.endsWith(`.${domain}`);
}

function isNamed(attribute: string, name: string): boolean {
  const equals = attribute.indexOf("=");
  return equals >= 0 && attribute.slice(0, equals).trim().toLowerCase() === name;
}

function attributeValue(attribute: string): string {
  return attribute.slice(attribute.indexOf("=") + 1).trim();
}
