import { styleText } from "node:util";
import { printable, wrapped } from "../../model/terminal-text.js";
import { REPLACED } from "../stage/rehearsed-config.js";
import type { ScenarioResult } from "./rehearsal.js";

const NAME_WIDTH = 21;
const MEETS_WIDTH = 38;
const BEHIND_NAME = " ".repeat(4 + NAME_WIDTH);

/** Paints a word, or leaves it as it is where colours are not wanted. */
export type Paint = (colour: "green" | "red" | "dim" | "bold", text: string) => string;

export function painter(isColoured: boolean): Paint {
  return isColoured ? (colour, text) => styleText(colour, text, { validateStream: false }) : (_colour, text) => text;
}

const MARKS = { passed: "✔", failed: "✖", skipped: "–" } as const;
const COLOURS = { passed: "green", failed: "red", skipped: "dim" } as const;

/** One scenario as a line of the table, with what went otherwise below it. */
export function resultLines(result: ScenarioResult, paint: Paint): readonly string[] {
  const { name, meets, cookie, outcome, seconds } = result;
  const mark = paint(COLOURS[outcome], MARKS[outcome]);
  if (result.outcome === "skipped") {
    const [first = "", ...more] = wrapped(`not possible here: ${result.because}`, BEHIND_NAME).map((line) =>
      paint("dim", line.slice(BEHIND_NAME.length)),
    );
    return [`  ${mark} ${name.padEnd(NAME_WIDTH)}${first}`, ...more.map((line) => BEHIND_NAME + line)];
  }
  const row = `  ${mark} ${name.padEnd(NAME_WIDTH)}${meets.padEnd(MEETS_WIDTH)}${cookie.padEnd(8)}${seconds.toFixed(1).padStart(5)} s`;
  if (result.outcome === "passed") return [row];
  return [row, ...result.faults.flatMap((fault) => wrapped(printable(fault), "        ", "      ")).map((line) => paint("red", line))];
}

/** What stands above the table. */
export function reportHead(publicUrl: string, paint: Paint): string {
  const replaced = REPLACED.flatMap(({ settings, by }) => wrapped(`${settings.join(", ")}: ${by}`, "      ", "    "));
  return [
    `${paint("bold", "What people meet")} at ${publicUrl}, rehearsed against local Cognito.`,
    "Nothing leaves this machine. Replaced for it:",
    ...replaced,
    "",
    paint("dim", `    ${"scenario".padEnd(NAME_WIDTH)}${"people meet".padEnd(MEETS_WIDTH)}${"cookie".padEnd(8)}${"time".padStart(5)}`),
    "",
  ].join("\n");
}

/** What stands below it. */
export function reportEnd(results: readonly ScenarioResult[], seconds: number, paint: Paint): string {
  const count = (outcome: ScenarioResult["outcome"]) => results.filter((result) => result.outcome === outcome).length;
  const [passed, failed, skipped] = [count("passed"), count("failed"), count("skipped")];
  const parts = [
    ...(failed > 0 ? [paint("red", `${failed} failed`)] : []),
    paint("green", `${passed} passed`),
    ...(skipped > 0 ? [`${skipped} not possible with this configuration`] : []),
  ];
  return `\n${parts.join(", ")}, in ${seconds.toFixed(1)} s.\n`;
}
