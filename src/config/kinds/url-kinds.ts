import { isLoopback } from "../../model/loopback.js";
import { Secret } from "../../model/secret.js";
import { withoutEnd } from "../../model/text.js";
import { text } from "./basic-kinds.js";
import { accepted, type Kind, refused } from "./kind.js";
import { isText } from "./raw.js";

/** The parts a base URL may have besides scheme and host. */
type BasePath = "no path" | "path";

// The WHATWG parser repairs what it is given (tabs and newlines vanish, `\` becomes `/`, `https:host` gets its slashes), so that the text
// a person reviewed and the URL that is used could differ. Whatever it would repair is refused before it sees it.
const PLAIN_URL = /^https?:\/\/[^\s/?#@\\*%]+(\/[^\s?#\\]*)?$/;

/** An absolute http(s) URL without user, query and fragment; the path, when one is allowed, without a trailing slash. Null: it is not one. */
export function parseBaseUrl(raw: string, path: BasePath): URL | null {
  const match = PLAIN_URL.exec(raw);
  if (match === null || !URL.canParse(raw)) return null;
  const url = new URL(raw);
  const rawPath = match[1] ?? "/";
  // A path that the parser changed held dot segments or characters that must be escaped.
  if (url.pathname !== rawPath) return null;
  if (path === "no path" && rawPath !== "/") return null;
  url.pathname = withoutEnd(rawPath, "/");
  return url;
}

/** A base URL as text, without a trailing slash. */
export function baseText(url: URL): string {
  return url.href.replace(/\/$/, "");
}

/** The browser's origin: https, or http on localhost, where the browsers treat it as a secure context and the operator as a workstation. */
export const publicOrigin: Kind<string, string> = {
  admits: isText,
  expected: "an origin, https://HOST[:PORT] without path, query and user; http:// only as http://localhost[:PORT]",
  decode(raw) {
    const url = parseBaseUrl(raw, "no path");
    if (url === null) return refused(this.expected);
    return url.protocol === "https:" || url.hostname === "localhost" ? accepted(url.origin) : refused(this.expected);
  },
  show: (value) => value,
};

/** Whether browsers may be told to use TLS alone for the host of this origin: it does, and it is no name of the browser's own machine. */
export function takesTransportSecurity(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === "https:" && !isLoopback(hostname);
}

/** A base URL of a service, as text without a trailing slash. `taken` is a path that is added to it and must not be there already. */
export function baseUrl(taken?: string): Kind<string, string> {
  const reminder = taken === undefined ? "" : `; ${taken} is added to it`;
  const expected = `an http:// or https:// URL without user, query and fragment${reminder}`;
  return {
    admits: isText,
    expected,
    decode(raw) {
      const url = parseBaseUrl(raw, "path");
      if (url === null || (taken !== undefined && url.pathname.endsWith(taken))) return refused(expected);
      return accepted(baseText(url));
    },
    show: (value) => value,
  };
}

/** Managed login's host (https is meant then) or its URL; as text without a trailing slash. */
export const managedLoginDomain: Kind<string, string> = {
  admits: isText,
  expected: "the host of managed login, such as my-app.auth.eu-central-1.amazoncognito.com, or its URL without path and query",
  decode(raw) {
    const url = parseBaseUrl(raw.includes("://") ? raw : `https://${raw}`, "no path");
    return url === null ? refused(this.expected) : accepted(baseText(url));
  },
  show: (value) => value,
};

/** An HTTP proxy's URL; http is meant where it has no scheme. Its user and password are nobody's to see. */
export const httpProxy: Kind<string, Secret<string>> = {
  admits: isText,
  expected: "the URL of an HTTP proxy, http://[USER:PASSWORD@]HOST[:PORT] or https://…, without path; `%` for what a URL must escape",
  decode(raw) {
    const url = raw.includes("://") ? raw : `http://${raw}`;
    if (!/^https?:\/\/[^\s/?#\\]+\/?$/i.test(url) || !URL.canParse(url)) return refused(this.expected);
    const { username, password } = new URL(url);
    return decodes(username) && decodes(password) ? accepted(new Secret(url)) : refused(this.expected);
  },
  show: String,
};

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** A development server's origin. */
export const serverOrigin: Kind<string, URL> = {
  admits: isText,
  expected: "the origin of a development server, http://HOST[:PORT] or https://HOST[:PORT], without path, query and user",
  decode(raw) {
    const url = parseBaseUrl(raw, "no path");
    return url === null ? refused(this.expected) : accepted(url);
  },
  show: baseText,
};

const SEGMENTS = /^(?:\/[A-Za-z0-9._~@:+$!-]+)+$/;

// Requests with dot segments never reach a route, and what needs no escape arrives decoded: such a prefix could never match.
function isPath(raw: string): boolean {
  return SEGMENTS.test(raw) && raw.split("/").every((segment) => segment !== "." && segment !== "..");
}

/** A path of one or more segments. */
export const path = text("a path that starts with / and has no trailing slash, no escapes and no dot segments", isPath);

/** A path, or `/` for everything. */
export const routePrefix = text(`\`/\`, or ${path.expected}`, (raw) => raw === "/" || isPath(raw));
