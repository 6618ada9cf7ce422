/** How long headers are as HTTP/1.1 writes them: name, colon, space, value, line end. @param raw Node's `rawHeaders`. */
export function headerBytesOf(raw: readonly string[]): number {
  let bytes = 0;
  for (const part of raw) bytes += part.length + 2;
  return bytes;
}
