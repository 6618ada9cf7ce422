import type { Console } from "../../src/doctor/fix/console.js";

export interface ScriptedConsole extends Console {
  /** All that was said, questions included. */
  text(): string;
  /** The same, with each run of white space one space. */
  flat(): string;
  readonly questions: readonly string[];
}

/** Somebody who answers so; with `null` there is nobody. A function is called at its turn. */
export function scriptedConsole(answers: readonly (string | (() => Promise<string>))[] | null = null): ScriptedConsole {
  const said: string[] = [];
  const questions: string[] = [];
  const left = [...(answers ?? [])];
  return {
    interactive: answers !== null,
    paint: (_style, text) => text,
    say: (line) => said.push(line),
    async ask(question) {
      questions.push(question);
      const answer = left.shift();
      return typeof answer === "function" ? answer() : (answer ?? null);
    },
    text: () => said.join("\n"),
    flat: () => said.join(" ").replaceAll(/\s+/g, " "),
    questions,
  };
}
