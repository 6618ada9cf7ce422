// A directive with its argument; a comma within quotes does not end it (RFC 9111 section 5.2).
const DIRECTIVE = /[^\s,="]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s,]*))?/g;
// They speak to shared caches, which must not keep a private answer.
const FOR_SHARED_CACHES = /^(?:public|s-maxage|proxy-revalidate)\b/i;
// `private="field"` keeps only that field from shared caches (RFC 9111 section 5.2.2.7), so it does not count.
const KEEPS_SHARED_CACHES_OUT = /^(?:private|no-store)$/i;

/**
 * The `Cache-Control` of an answer that belongs to one person: as it is when it says `private` or `no-store`, otherwise with
 * `private` in the place of what invites shared caches.
 */
export function privateCacheControl(values: readonly string[]): string {
  // The ordinary case of an API that says nothing.
  if (values.length === 0) return "private";
  const value = values.join(", ");
  const directives = value.match(DIRECTIVE) ?? [];
  if (directives.some((directive) => KEEPS_SHARED_CACHES_OUT.test(directive))) return value;
  const kept = directives.filter((directive) => !FOR_SHARED_CACHES.test(directive) && !/^private\b/i.test(directive));
  return ["private", ...kept].join(", ");
}

/** Whether a header is one of those that some caches obey instead of `Cache-Control` (RFC 9213; Surrogate-Control before it; nginx's own). */
export function isTargetedCacheControl(lowerCaseName: string): boolean {
  return lowerCaseName === "surrogate-control" || lowerCaseName === "x-accel-expires" || lowerCaseName.endsWith("cdn-cache-control");
}
