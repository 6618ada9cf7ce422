import type { IncomingHttpHeaders } from "node:http";
import { parseTarget } from "../../proxy/routes/path.js";

/** The login cookie holds it, and all of them must fit. */
const LONGEST_BYTES = 512;
// Printable ASCII without space: what a request target may hold (RFC 3986) and what a Location header can carry.
const PRINTABLE = /^[\x21-\x7e]*$/;

export type ReturnPath = { readonly kind: "path"; readonly path: string } | { readonly kind: "refused"; readonly why: string };

/** A path on this origin, in its parts. */
type LocalPath =
  | { readonly kind: "path"; readonly path: string; readonly rest: string }
  | Extract<ReturnPath, { readonly kind: "refused" }>;

/**
 * Parses where to go after signing in: a path on this origin, with query and fragment. Everything else is refused, whatever it may look like
 * to a browser: `//host`, `/\host`, `/<tab>/host`, dot segments, absolute URLs, user info.
 *
 * One that is too long loses its fragment and query, and then becomes `/`, for a long address is no reason not to sign in. A path below
 * `authPrefix` becomes `/`: coming back to the login route would be a loop.
 */
export function parseReturnPath(value: string, authPrefix: string): ReturnPath {
  const parsed = parseLocalPath(value);
  if (parsed.kind === "refused") return parsed;
  const { path, rest } = parsed;
  if (path === authPrefix || path.startsWith(`${authPrefix}/`)) return { kind: "path", path: "/" };
  return { kind: "path", path: shortenReturnPath(`${path}${rest}`, LONGEST_BYTES) };
}

function parseLocalPath(value: string): LocalPath {
  const refused = (why: string): LocalPath => ({ kind: "refused", why });
  if (!value.startsWith("/") || value.startsWith("//")) return refused("it must be a path that starts with one slash");
  const hash = value.indexOf("#");
  const beforeHash = hash === -1 ? value : value.slice(0, hash);
  // People's own paths may hold letters beyond ASCII; as URL they are percent-encoded UTF-8.
  const encoded = encodeBeyondAscii(beforeHash);
  if (encoded === null || !PRINTABLE.test(encoded)) return refused("it holds a character that no path has");
  const target = parseTarget(encoded);
  if (target.kind === "refused") return refused(target.why);
  // Two slashes at the start, once decoded or resolved, name another host.
  if (/^\/(%2f|%5c|\/|\\)/i.test(target.path)) return refused("it must be a path that starts with one slash");
  const fragment = hash === -1 ? "" : encodeBeyondAscii(value.slice(hash));
  if (fragment === null || !PRINTABLE.test(fragment)) return refused("its fragment holds a character that no URL has");
  return { kind: "path", path: target.path, rest: `${target.query}${fragment}` };
}

/** Where a navigation is repeated: there where it went, or on the page that it came from where it was no GET. */
export function againPath(
  request: { readonly method: string; readonly raw: { readonly url?: string | undefined }; readonly headers: IncomingHttpHeaders },
  settings: { readonly publicUrl: string; readonly authPrefix: string },
): string {
  if (request.method !== "GET") return returnPathOfReferer(request.headers.referer, settings.publicUrl, settings.authPrefix);
  const parsed = parseLocalPath(request.raw.url ?? "/");
  return parsed.kind === "path" ? `${parsed.path}${parsed.rest}` : "/";
}

/** A good return path without its fragment, then without its query, then `/`, until it is short enough. */
export function shortenReturnPath(path: string, longestBytes: number): string {
  const [beforeFragment = ""] = path.split("#", 1);
  const [beforeQuery = ""] = beforeFragment.split("?", 1);
  return [path, beforeFragment, beforeQuery].find((candidate) => candidate.length <= longestBytes) ?? "/";
}

function encodeBeyondAscii(text: string): string | null {
  try {
    return text.replace(/\P{ASCII}+/gu, encodeURIComponent);
  } catch {
    // A lone surrogate has no UTF-8.
    return null;
  }
}

/** The path of a Referer of our own origin; `/` for anything else. */
export function returnPathOfReferer(referer: string | undefined, publicUrl: string, authPrefix: string): string {
  if (referer === undefined || !URL.canParse(referer)) return "/";
  const url = new URL(referer);
  if (url.origin !== publicUrl) return "/";
  const parsed = parseReturnPath(`${url.pathname}${url.search}`, authPrefix);
  return parsed.kind === "path" ? parsed.path : "/";
}
