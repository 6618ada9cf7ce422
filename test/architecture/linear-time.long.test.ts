import { readdirSync, readFileSync } from "node:fs";
import t from "tap";
import { ATTACKS, attackOf, growthFault } from "../support/growth.js";

const SRC = new URL("../../../src/", import.meta.url);
/** Not on the way of anything that a stranger sends. */
const OF_THE_WORKSHOP = /^(?:demo|local-cognito|commands)\//;

// Comments, templates and strings go by; a slash opens a regular expression where no value stands before it.
const TOKEN =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|`(?:[^`\\]|\\[\s\S])*`|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|(?<=(?:[(=,:!&|?{[;>]|return)\s*)\/((?:\[(?:[^\]\\\n]|\\.)*\]|[^/\\\n[]|\\.)+)\/([dgimsuvy]*)/g;

interface Literal {
  readonly file: string;
  readonly expression: RegExp;
}

function literals(): Literal[] {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter(
    (path) => path.endsWith(".ts") && !OF_THE_WORKSHOP.test(path),
  );
  return files.flatMap((file) =>
    [...readFileSync(new URL(file, SRC), "utf8").matchAll(TOKEN)].flatMap(([, source, flags]) =>
      source === undefined ? [] : { file, expression: new RegExp(source, flags) },
    ),
  );
}

/** As a global one is used, over the whole text; as any other, up to its first match. */
function apply(expression: RegExp): (text: string) => unknown {
  return expression.global ? (text) => text.replace(expression, "") : (text) => expression.test(text);
}

function faultOf(expression: RegExp): string | null {
  for (const attack of ATTACKS) {
    const fault = growthFault(apply(expression), attack);
    if (fault !== null) return fault;
  }
  return null;
}

t.test("no regular expression takes more than linear time over what a stranger may send", (t) => {
  const all = literals();
  t.ok(all.length > 80, `${all.length} are looked at`);
  const judged = new Set<string>();
  for (const { file, expression } of all) {
    // The same in several files is the same.
    if (judged.has(String(expression))) continue;
    judged.add(String(expression));
    const fault = faultOf(expression);
    if (fault !== null) t.fail(`${file}: ${expression} ${fault}`);
  }
  t.end();
});

t.test("… and one that does is noticed", (t) => {
  const spaces = attackOf((length) => `bff-session=x${" ".repeat(length / 2)}x`);
  t.match(growthFault(apply(/^[ \t]+|[ \t]+$/g), spaces), /times as long/);
  t.end();
});
