/**
 * One `Cookie` header's value without the pairs of ours, everything else byte for byte as it came, malformed pairs included.
 * Null when nothing is left. Names are compared case-sensitively, as RFC 6265 has them, and without the white space around them.
 */
export function withoutOurCookies(value: string, isOurCookie: (name: string) => boolean): string | null {
  let rest = "";
  let isOurs = false;
  // The next `=`, looked for once and not once a pair: a header of nothing but `;` costs no more than its own length.
  let equals = -1;
  // A `;` within quotes is a separator too (RFC 6265 section 4.2.1): a parser that thinks otherwise must not be handed our value in quotes.
  for (let start = 0, end = 0; start <= value.length; start = end + 1) {
    end = value.indexOf(";", start);
    if (end < 0) end = value.length;
    if (equals < start) equals = value.indexOf("=", start);
    if (equals < 0) equals = value.length;
    if (isOurCookie(value.slice(start, Math.min(equals, end)).trim())) isOurs = true;
    else rest += `${value.slice(start, end)};`;
  }
  if (!isOurs) return value;
  rest = rest.slice(0, -1).replace(/^[ \t]+/, "");
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
