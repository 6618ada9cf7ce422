/** A path as a prefix: `/` is empty, which everything lies under. */
export function prefixOf(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

/** On segment boundaries: `/api` covers `/api`, `/api/` and `/api/x`, never `/apix` nor `/api;x`. */
export function liesUnder(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f);
}
