import { createInterface, type Interface } from "node:readline";
import { styleText } from "node:util";
import type { Console } from "../../doctor/fix/console.js";

/** What a command reads from and writes to. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Whether colours are wanted. */
  readonly colours: boolean;
}

/** Lines as they are typed, also those that come before they are asked for; null once the input has ended, or Ctrl-C was pressed. */
function typedLines({ input, output }: Terminal): (question: string) => Promise<string | null> {
  const typed: string[] = [];
  let waiting: ((line: string | null) => void) | null = null;
  let ended = false;
  let lines: Interface | null = null;

  function answer(line: string | null): void {
    const resolve = waiting;
    waiting = null;
    if (resolve !== null) resolve(line);
    else if (line !== null) typed.push(line);
  }
  function opened(): Interface {
    const made = createInterface({ input, output });
    made.on("line", answer);
    made.once("SIGINT", () => made.close());
    made.once("close", () => {
      ended = true;
      answer(null);
    });
    return made;
  }

  return (question) => {
    // Opened with the first question: a command that asks nothing leaves its input to whoever else reads it.
    lines ??= opened();
    const early = typed.shift();
    if (ended && early === undefined) return Promise.resolve(null);
    lines.setPrompt(question);
    if (!ended) lines.prompt();
    if (early !== undefined) return Promise.resolve(early);
    return new Promise((resolve) => {
      waiting = resolve;
    });
  };
}

/** Somebody at a terminal, or a program that reads along. */
export function consoleAt(terminal: Terminal): Console {
  const { input, output, colours } = terminal;
  return {
    interactive: input.isTTY === true && output.isTTY === true,
    paint: (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text),
    say: (line) => void output.write(`${line}\n`),
    ask: typedLines(terminal),
  };
}
