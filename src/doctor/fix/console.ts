/** How a part of the output looks; on anything but a terminal it is the text itself. */
export type Paint = (style: "red" | "green" | "bold" | "dim", text: string) => string;

/** Names, addresses and tags come from whoever may write to the pool: none of them moves the cursor of the person who reads them. */
export function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** Where a change is shown, and somebody is asked for it. */
export interface Console {
  /** Whether there is somebody to ask. */
  readonly interactive: boolean;
  readonly paint: Paint;
  say(line: string): void;
  /** What was answered; null when the input has ended. */
  ask(question: string): Promise<string | null>;
}

const WIDTH = 80;

/** Breaks a text between words, at 80 columns. */
export function wrapped(text: string, indent = ""): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, indent + line];
}

/** Says each text as a paragraph of its own. */
export function sayWrapped(console: Console, ...texts: readonly string[]): void {
  for (const text of texts) for (const line of wrapped(printable(text))) console.say(line);
}

/** Whether somebody agreed, in so many words; anything else is no. */
export async function agrees(console: Console, question: string): Promise<boolean> {
  const answer = await console.ask(`${question} [yes/no] `);
  return answer !== null && ["y", "yes"].includes(answer.trim().toLowerCase());
}
