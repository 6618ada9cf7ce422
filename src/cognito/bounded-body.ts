/** The whole body of an answer; null where it is longer than that, and what has not come yet is not waited for. */
export async function readAtMost(longestBytes: number, body: AsyncIterable<Buffer>): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > longestBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
