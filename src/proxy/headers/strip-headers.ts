/** Whether a header, by its name in lower case, is one that no API gets from a browser. */
export type StripsHeader = (lowerCaseName: string) => boolean;

/** PROXY_STRIP_HEADERS, made ready once: names, and beginnings of names that end in `*`. All in lower case. */
export function stripsHeaders(patterns: readonly string[]): StripsHeader {
  const names = new Set(patterns.filter((pattern) => !pattern.endsWith("*")));
  const beginnings = patterns.filter((pattern) => pattern.endsWith("*")).map((pattern) => pattern.slice(0, -1));
  if (beginnings.length === 0) return (name) => names.has(name);
  // A loop, not `some`: it is asked of every header of every call.
  return (name) => {
    if (names.has(name)) return true;
    for (const beginning of beginnings) if (name.startsWith(beginning)) return true;
    return false;
  };
}
