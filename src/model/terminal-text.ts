/** How wide a terminal is at least. */
export const COLUMNS = 80;

/** Breaks a text between words; each line starts with `indent`, the first with `first` in its place. Words longer than a line stay whole. */
export function wrapped(text: string, indent: string, first: string = indent, columns: number = COLUMNS): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(/\s+/)) {
    if (!empty && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = indent;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}

/** Names of AWS's may hold whatever their owner typed; nothing of it steers a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
}
