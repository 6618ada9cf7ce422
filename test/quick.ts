/*
 * npm run test:quick: the test files that start neither a browser nor a process of their own and take no seconds, several shares at a time. They run
 * without tap's own process, which reads, checks and prints each of the many thousand assertions once more and takes a third of the time for it.
 */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { filesOf } from "./support/share.js";

const SUITES = new URL("suites/", import.meta.url);
/** Seconds after which a share says which test hangs, and ends. */
const TIMEOUT = "120";
/** Short processes gain from fewer collections. */
const NODE_OPTIONS = ["--no-warnings", "--max-semi-space-size=32"];

interface Result {
  readonly suite: string;
  readonly code: number | null;
  readonly output: string;
}

function run(suite: string): Promise<Result> {
  const child = spawn(process.execPath, [...NODE_OPTIONS, fileURLToPath(new URL(suite, SUITES))], {
    env: { ...process.env, TAP_TIMEOUT: TIMEOUT },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  return new Promise((resolve) => child.on("close", (code) => resolve({ suite, code, output })));
}

/** Each failed assertion with what tap says of it, and all that is no TAP: what was thrown or printed. */
function failures(output: string): string {
  const kept: string[] = [];
  let diagnosing = false;
  let failing = false;
  for (const line of output.split("\n")) {
    const text = line.trim();
    if (!diagnosing && /^(?:not )?ok\b/.test(text)) failing = text.startsWith("not ok") && !/# (?:SKIP|TODO)/i.test(text);
    if (text === "---") diagnosing = true;
    if (diagnosing ? failing : !/^(?:ok\b|# |\d+\.\.\d+|TAP version|\}?$)/.test(text)) kept.push(line);
    if (text === "...") diagnosing = false;
  }
  return kept.join("\n");
}

const started = performance.now();
const waiting = readdirSync(SUITES).filter((name) => /^quick-.*\.test\.js$/.test(name));
const results: Result[] = [];
async function work(): Promise<void> {
  for (let suite = waiting.shift(); suite !== undefined; suite = waiting.shift()) {
    const result = await run(suite);
    results.push(result);
    console.log(`${result.code === 0 ? "ok" : "not ok"} ${suite.replace(".test.js", "")}`);
  }
}
// Much of the time is waiting for sockets, so twice as many as there are cores.
await Promise.all(Array.from({ length: 2 * availableParallelism() }, work));

let passed = 0;
let failed = 0;
for (const { suite, code, output } of results) {
  const total = Number(/^# \{ total: (\d+)/m.exec(output)?.[1] ?? 0);
  const pass = Number(/^# \{.*\bpass: (\d+)/m.exec(output)?.[1] ?? 0);
  passed += pass;
  // A share that ended without its count has failed, whatever it said before.
  failed += Math.max(total - pass, code === 0 && total > 0 ? 0 : 1);
  if (code !== 0) console.log(`\n${suite}, exit ${code}:\n${failures(output)}`);
}
console.log("\nLeft out here and run by npm test, since they start browsers or processes, or take seconds:");
for (const path of [...filesOf("alone"), ...filesOf("long")]) console.log(`  test/${path}`);
console.log(`\n${passed} passed, ${failed} failed in ${((performance.now() - started) / 1000).toFixed(0)} s`);
process.exitCode = failed === 0 ? 0 : 1;
