import t from "tap";
import { parseSyntax } from "../support/syntax.js";
import { isOfPage, sourceFiles } from "./source-files.js";
import { type Surrounding, surroundingsOf } from "./surroundings.js";

// In the element it is what a countdown shows; nothing is decided by it.
const CLOCKS = ["client/browser.ts", "element/surface.ts", "local-cognito/common/clock.ts", "model/clock.ts"];

/** What waits or measures without the clock, and why. */
const OWN_TIME: { readonly [path: string]: string } = {
  "client/browser.ts": "the clock of a page",
  "model/clock.ts": "the clocks themselves",
  "commands/health.ts": "one question of a command that ends with its answer",
  "commands/doctor/pause.ts": "a moment between the calls of a command that has nothing else open",
  "commands/stop.ts": "bounds the end of the process, whatever hangs in it",
  "element/guard.ts": "words that could not be loaded are asked for again, by a page",
  "element/surface.ts": "the seconds of a countdown, on a page",
  "http/connection/open-connections.ts": "looks whether bytes of real sockets have come before the process ends",
  "local-cognito/common/clock.ts": "the clock of local Cognito, which imports nothing of ours",
  "local-cognito/controls/gate.ts": "the fault `latency` really takes its time",
  "rehearse/live/live-time.ts": "an hour of a real user pool's has to pass, and the process has to stay for it",
  "server/drain.ts": "gives the real sockets of refused calls a moment before the process ends",
  "telemetry/log-output.ts": "a slow pipe or a full disk is asked again, and the last lines are written where no callback comes any more",
};

/** The files that reach out for something; a browser has no clock of ours, so that its own page goes by. */
const found = sourceFiles.filter(({ path }) => !isOfPage(path)).map(({ path, syntax }) => ({ path, takes: surroundingsOf(syntax) }));
const takersOf = (what: Surrounding) => found.filter(({ takes }) => takes.has(what)).map(({ path }) => path);

t.test("only the clocks read the wall clock", (t) => {
  t.same(takersOf("wall clock"), CLOCKS);
  t.end();
});

t.test("only the clocks start timers and measure durations, and what the list above gives a reason for", (t) => {
  t.same(takersOf("own time"), Object.keys(OWN_TIME).sort(), "none more, and none that has no need of its exception");
  t.end();
});

t.test("only main.ts reads the environment and the command line", (t) => {
  t.same(takersOf("environment"), ["main.ts"]);
  t.end();
});

const CASES: { readonly [what in Surrounding]: readonly string[] } = {
  "wall clock": [
    "Date.now()",
    "const now = Date.now;",
    "const { now } = Date;",
    'Date["now"]()',
    "Date?.now()",
    "(Date as Clock).now()",
    "new Date()",
    "new Date;",
    "new Date(...none)",
    "Date()",
    "const D = Date;",
    "use(Date)",
    "globalThis.Date.now()",
    "`a ${" + "Date.now()} https://x`",
    "Temporal.Now.instant()",
  ],
  "own time": [
    "AbortSignal.timeout(5)",
    'AbortSignal["timeout"](5)',
    "AbortSignal[`timeout`](5)",
    "AbortSignal[how](5)",
    "const { timeout } = AbortSignal;",
    "performance.now()",
    "performance?.now()",
    "const { now } = performance;",
    "process.hrtime.bigint()",
    'process["hrtime"]()',
    "process.uptime()",
    "Atomics.wait(cells, 0, 0, 5)",
    "Atomics?.waitAsync(cells, 0, 0, 5)",
    "setTimeout(f, 5)",
    "await new Promise((resolve) => setTimeout(resolve, 5))",
    "const later = setInterval;",
    "const timers = { setTimeout };",
    "globalThis.setTimeout(f)",
    "const { setTimeout: later } = globalThis;",
    'globalThis["perform" + "ance"].now()',
    'import { setTimeout as wait } from "node:timers/promises";',
    'import { performance as p } from "perf_hooks";',
    "const timers = await import(`node:timers`);",
  ],
  environment: [
    "process.env",
    "process?.argv",
    'process["env"]',
    "process[name]",
    "const { env } = process;",
    "({ env } = process);",
    "use(process)",
    "globalThis.process.env",
    'process.getBuiltinModule("node:process")',
    'import { env } from "node:process";',
    'import me from "process";',
  ],
};

for (const what of ["wall clock", "own time", "environment"] as const)
  t.test(`${what}: whatever way it is taken, it is seen`, (t) => {
    for (const code of CASES[what]) t.ok(surroundingsOf(parseSyntax("x.ts", code)).has(what), code);
    t.end();
  });

t.test("what only looks like it is none of it", (t) => {
  for (const code of [
    "new Date(ms)",
    "declare global { interface Window {} }",
    "new DateFormat()",
    "Date.UTC(2026)",
    "x instanceof Date",
    "let x: Date; type D = typeof Date;",
    "clock.now()",
    "// Date.now()",
    '"performance.now()"',
    "socket.setTimeout(0)",
    "clearTimeout(timer)",
    "const options = { setTimeout: 5 };",
    "clock.deadline(5, f)",
    "AbortSignal.any(signals)",
    "function f(signal: AbortSignal) {}",
    "Atomics.notify(cells, 0)",
    "process.exitCode = 1; // process.env",
    "process.stdout.write(text)",
  ])
    t.same([...surroundingsOf(parseSyntax("x.ts", code))], [], code);
  t.end();
});
