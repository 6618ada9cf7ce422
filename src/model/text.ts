/*
 * Trimming by a scan from the end. A regular expression such as `/\/+$/` tries a run in the middle of the text again from each of its
 * characters, which is a second of work for 32 kB of them.
 */

/** Without what stands at its end of these characters. */
export function withoutEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
