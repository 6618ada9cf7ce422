/*
 * npm test, npm run test:quick and npm run test:examples: runs the test files, several processes at a time, and prints a line for each, then what failed. Each process is
 * Node.js with tap in it, without tap's own parent process, which reads, checks and prints each of the many thousand assertions once more: a third of
 * the time, and 19,000 lines. `npm run test:coverage` is tap itself.
 */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { filesOf } from "./support/share.js";
import { failuresIn, readTap } from "./support/tap-output.js";

const COMPILED = new URL("./", import.meta.url);
const shares = (kind: "quick" | "long" | "browser") =>
  readdirSync(new URL("suites/", COMPILED))
    .filter((name) => name.startsWith(`${kind}-`) && name.endsWith(".test.js"))
    .map((name) => `suites/${name}`);
const compiled = (kind: "alone" | "installed") => filesOf(kind).map((path) => path.replace(/\.ts$/, ".js"));

/** Take longest of those with a process of their own, and so none of them is what all others have ended before. */
const LONGEST: readonly string[] = ["bench/contest.alone.test.js", "package/tarball.alone.test.js", "property/users.alone.test.js"];
const alone = () => compiled("alone").sort((a, b) => Number(LONGEST.includes(b)) - Number(LONGEST.includes(a)));

interface Selection {
  readonly what: string;
  /** In the order of their start: shares first, since they take longest. */
  files(): readonly string[];
  readonly processes: number;
  /** Seconds after which a process says which test hangs, and ends. */
  readonly timeout: number;
}

const SELECTIONS: Readonly<Record<string, Selection>> = {
  all: {
    what: "every test file",
    files: () => [...shares("long"), ...shares("browser"), ...shares("quick"), ...alone()],
    processes: availableParallelism() + 1,
    timeout: 600,
  },
  "without-browsers": {
    what: "every test file but those of test/browser",
    files: () => [...shares("long"), ...shares("quick"), ...alone()],
    processes: availableParallelism() + 1,
    timeout: 600,
  },
  shared: {
    what: "what starts neither a browser nor a process of its own",
    files: () => [...shares("long"), ...shares("quick")],
    processes: availableParallelism() + 1,
    timeout: 600,
  },
  quick: {
    what: "the same without what takes seconds",
    files: () => shares("quick"),
    // Much of the time is waiting for sockets.
    processes: 2 * availableParallelism(),
    timeout: 300,
  },
  examples: {
    what: "the examples with packages of their own, installed, built and in a browser",
    files: () => compiled("installed"),
    processes: 1,
    timeout: 600,
  },
};

const name = process.argv[2] ?? "all";
const selection = SELECTIONS[name];
if (selection === undefined || process.argv.length > 3) {
  console.error(`usage: node dist/test/run.js [SELECTION]\n`);
  for (const [name, { what }] of Object.entries(SELECTIONS)) console.error(`  ${name.padEnd(18)}${what}`);
  process.exit(2);
}

interface Result {
  readonly file: string;
  readonly code: number | null;
  readonly seconds: number;
  readonly output: string;
}

function run(file: string, timeout: number): Promise<Result> {
  const startedMs = performance.now();
  // Short processes gain from fewer collections.
  const child = spawn(process.execPath, ["--no-warnings", "--max-semi-space-size=32", fileURLToPath(new URL(file, COMPILED))], {
    env: { ...process.env, TAP_TIMEOUT: `${timeout}`, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  return new Promise((resolve) =>
    child.on("close", (code) => resolve({ file, code, output, seconds: (performance.now() - startedMs) / 1000 })),
  );
}

const started = performance.now();
const waiting = [...selection.files()];
const count = waiting.length;
const results: Result[] = [];
async function work({ timeout }: Selection): Promise<void> {
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    const result = await run(file, timeout);
    results.push(result);
    const place = `${results.length}/${count}`.padStart(2 * `${count}`.length + 1);
    console.log(`${place} ${result.code === 0 ? "ok" : "not ok"} ${file.replace(".test.js", "")} (${result.seconds.toFixed(0)} s)`);
  }
}
await Promise.all(Array.from({ length: selection.processes }, () => work(selection)));

let passed = 0;
let failed = 0;
const skipped: string[] = [];
for (const { file, code, output } of results) {
  const result = readTap(output, code, process.env["CI"] !== "true");
  passed += result.passed;
  failed += result.failed;
  skipped.push(...result.skipped.map((line) => `  ${file}: ${line}`));
  if (result.failed > 0) console.log(`\n${file}, exit ${code}:\n${failuresIn(output)}`);
}
if (skipped.length > 0) console.log(`\nSkipped:\n${skipped.join("\n")}`);
if (name === "quick") {
  console.log("\nLeft out here and run by npm test, since they start browsers or processes, or take seconds:");
  for (const path of [...filesOf("browser"), ...filesOf("alone"), ...filesOf("long")]) console.log(`  test/${path}`);
}
console.log(`\n${passed} passed, ${failed} failed in ${((performance.now() - started) / 1000).toFixed(0)} s`);
process.exitCode = failed === 0 ? 0 : 1;
