import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";
import type { Console } from "../../doctor/fix/console.js";

/** What a command reads from and writes to. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Whether colours are wanted. */
  readonly colours: boolean;
}

/** The next line that is typed; null when the input ends, or Ctrl-C is pressed, before there is one. */
async function typedLine({ input, output }: Terminal, question: string): Promise<string | null> {
  const lines = createInterface({ input, output });
  const ended = new Promise<null>((resolve) => {
    lines.once("close", () => resolve(null));
    lines.once("SIGINT", () => lines.close());
  });
  try {
    return await Promise.race([lines.question(question), ended]);
  } finally {
    lines.close();
  }
}

/** Somebody at a terminal, or a program that reads along. */
export function consoleAt(terminal: Terminal): Console {
  const { input, output, colours } = terminal;
  return {
    interactive: input.isTTY === true && output.isTTY === true,
    paint: (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text),
    say: (line) => void output.write(`${line}\n`),
    ask: (question) => typedLine(terminal, question),
  };
}
