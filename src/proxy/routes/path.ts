/** A request target after its one parse: what is matched against the routes is exactly what is forwarded. */
export type ParsedTarget =
  /** `path` starts with `/`; `query` is empty or starts with `?`. Both together are the target to send on. */
  | { readonly kind: "target"; readonly path: string; readonly query: string }
  /** Answer 400; `why` is a fixed clause that repeats nothing of the request. */
  | { readonly kind: "refused"; readonly why: string };

// RFC 3986 characters that need no second look: no escape, no dot that could be a segment, no parameter.
const ORDINARY_PATH = /^\/[A-Za-z0-9_~!$&'()*+,=:@/-]*$/;
// Everything printable in ASCII. Browsers send `|`, `[` and the like unescaped, so RFC 3986's own list would be too strict.
const OUTSIDE_PRINTABLE_ASCII = /[^\x21-\x7e]/;
// Browsers leave `\` as it is in a query (WHATWG URL, query percent-encode set) and old clients send raw bytes there; control characters
// and spaces never are part of one, and a `#` would end it for a parser that splits fragments off.
const OUTSIDE_QUERY = /[^\x21\x22\x24-\x7e\x80-\xff]/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
const CONTROL_CHARACTER = /\p{Cc}/u;
const UNRESERVED = /[A-Za-z0-9._~-]/;
// Up to `;` because Tomcat and its kin take the parameter of `/..;x/` off before they resolve the dots.
const DOT_SEGMENT = /(?:^|\/)\.{1,2}(?:[/;]|$)/;
// What could become a dot segment when somebody behind us decodes again; `%25` so that the second round finds `%252e`.
const ESCAPES_OF_DOTS = /%(?:25|2e|2f|3b|5c)/gi;
const ESCAPE = /%[0-9A-Fa-f]{2}/g;

/**
 * Parses the raw target of a request line (Node's `request.url`), for HTTP and WebSocket upgrades alike.
 *
 * Only origin-form passes (RFC 9112 section 3.2.1). Refused in the path: control characters, raw or escaped; anything beyond ASCII unescaped;
 * `\` and `#`; escapes that are not hexadecimal or not UTF-8 (`%c0%ae` is an overlong dot to a careless decoder); and every `.` or `..`
 * segment that shows up when `%2e`, `%2f` and `%5c` are decoded up to twice. Escaped unreserved characters are decoded (RFC 3986 section
 * 6.2.2.2); every other escape, `;` and `//` stay as they came. The query is looked at for control characters and `#` only.
 *
 * Parsing the result again gives the same result.
 */
export function parseTarget(rawTarget: string): ParsedTarget {
  if (!rawTarget.startsWith("/")) return { kind: "refused", why: "it must be a path" };
  const mark = rawTarget.indexOf("?");
  const rawPath = mark < 0 ? rawTarget : rawTarget.slice(0, mark);
  const query = mark < 0 ? "" : rawTarget.slice(mark);
  if (OUTSIDE_QUERY.test(query)) return { kind: "refused", why: "its query holds a control character, a space or a fragment" };
  if (ORDINARY_PATH.test(rawPath)) return { kind: "target", path: rawPath, query };
  const syntaxFault = syntaxFaultIn(rawPath);
  if (syntaxFault !== null) return { kind: "refused", why: syntaxFault };
  // Before the search for dots, which would not see `%252e` in `%25%32%65`.
  const path = decodeUnreserved(rawPath);
  const dotFault = dotFaultIn(path);
  return dotFault === null ? { kind: "target", path, query } : { kind: "refused", why: dotFault };
}

function syntaxFaultIn(path: string): string | null {
  if (OUTSIDE_PRINTABLE_ASCII.test(path)) return "it holds a character that must be percent-encoded";
  if (path.includes("#")) return "it holds a fragment";
  if (BAD_ESCAPE.test(path)) return "it holds a percent sign that starts no escape";
  if (path.includes("%")) {
    const decoded = decodeUtf8(path);
    if (decoded === null) return "it holds escapes that are not UTF-8";
    if (CONTROL_CHARACTER.test(decoded)) return "it holds an escaped control character";
  }
  return null;
}

function dotFaultIn(path: string): string | null {
  const once = decodeDots(path);
  const twice = decodeDots(once);
  for (const reading of [path, once, twice]) {
    if (reading.includes("\\")) return "it holds a backslash";
    if (DOT_SEGMENT.test(reading)) return "it holds a dot segment";
  }
  return null;
}

function decodeUtf8(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

function characterOf(triplet: string): string {
  return String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
}

function decodeDots(path: string): string {
  return path.includes("%") ? path.replace(ESCAPES_OF_DOTS, characterOf) : path;
}

function decodeUnreserved(path: string): string {
  if (!path.includes("%")) return path;
  return path.replace(ESCAPE, (triplet) => {
    const character = characterOf(triplet);
    return UNRESERVED.test(character) ? character : triplet;
  });
}
