import { invalidParameter } from "../common/exceptions.js";

/** One page of a list and the token of the next; the token is undefined on the last page. InvalidParameterException for a foreign token. */
export function pageOf<T>(
  entries: readonly T[],
  limit: number,
  token: string | undefined,
): { readonly page: readonly T[]; readonly next: string | undefined } {
  const offset = token === undefined ? 0 : Number(/^page-(\d{1,9})$/.exec(Buffer.from(token, "base64url").toString())?.[1] ?? Number.NaN);
  if (!Number.isInteger(offset)) {
    throw invalidParameter("Invalid pagination token");
  }
  const end = offset + limit;
  const next = end < entries.length ? Buffer.from(`page-${end}`).toString("base64url") : undefined;
  return { page: entries.slice(offset, end), next };
}
