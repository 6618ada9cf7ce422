/**
 * One `Cookie` header's value without the pairs of ours, everything else byte for byte as it came, malformed pairs included.
 * Null when nothing is left. Names are compared case-sensitively, as RFC 6265 has them, and without the white space around them.
 */
export function withoutOurCookies(value: string, isOurCookie: (name: string) => boolean): string | null {
  // A `;` within quotes is a separator too (RFC 6265 section 4.2.1): a parser that thinks otherwise must not be handed our value in quotes.
  const pairs = value.split(";");
  const kept = pairs.filter((pair) => !isOurCookie(nameBefore(pair, "=")));
  if (kept.length === pairs.length) return value;
  const rest = kept.join(";").replace(/^[ \t]+/, "");
  return /[^;\s]/.test(rest) ? rest : null;
}

/**
 * Whether a `Set-Cookie` value would make the browser send a cookie of one of our names.
 *
 * A cookie without a name is sent back as its bare value: `=name=value` would come back as `name=value` (RFC 6265bis section 5.7
 * forbids this for prefixed names only), so leading `=` are passed over.
 */
export function setsOurCookie(setCookie: string, isOurCookie: (name: string) => boolean): boolean {
  const pair = nameBefore(setCookie, ";").replace(/^[\s=]+/, "");
  return isOurCookie(nameBefore(pair, "="));
}

function nameBefore(text: string, separator: string): string {
  const end = text.indexOf(separator);
  return (end < 0 ? text : text.slice(0, end)).trim();
}
