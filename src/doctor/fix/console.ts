import { printable, wrapped } from "../text.js";

/** How a part of the output looks; on anything but a terminal it is the text itself. */
export type Paint = (style: "red" | "green" | "bold" | "dim", text: string) => string;

/** Where a change is shown, and somebody is asked for it. */
export interface Console {
  /** Whether there is somebody to ask. */
  readonly interactive: boolean;
  readonly paint: Paint;
  say(line: string): void;
  /** What was answered; null when the input has ended. */
  ask(question: string): Promise<string | null>;
}

/** Says each text as a paragraph of its own. */
export function sayWrapped(console: Console, ...texts: readonly string[]): void {
  for (const text of texts) for (const line of wrapped(printable(text), "")) console.say(line);
}

/** Whether somebody agreed, in so many words; anything else is no. */
export async function agrees(console: Console, question: string): Promise<boolean> {
  const answer = await console.ask(`${question} [yes/no] `);
  return answer !== null && ["y", "yes"].includes(answer.trim().toLowerCase());
}
