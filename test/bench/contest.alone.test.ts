import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { CONTESTANT_NAMES } from "../../bench/contest/contestants.js";
import { MIX_NAMES } from "../../bench/contest/mixes.js";
import { processTree } from "../../bench/contest/process-cost.js";
import { until } from "../support/condition.js";

const CONTEST = new URL("../../bench/contest.js", import.meta.url).pathname;
/** What every machine has: no wrk, no nginx; and few streams for a second, since no time is looked at. */
const SHORT = ["--only", "ours,bare,least", "--rounds", "1", "--seconds", "1", "--connections", "4", "--streams", "20"];
const ANYWHERE = ["--load", "autocannon", "--upstream", "node"];

interface Bench {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Exit code and signal. */
  readonly exit: Promise<unknown[]>;
  /** Where it makes its temporary directories. */
  readonly directory: string;
}

function bench(t: Test, parameters: readonly string[], programs: Readonly<Record<string, string>> = {}): Bench {
  const directory = t.testdir({ tmp: {}, results: {}, programs });
  for (const name of Object.keys(programs)) chmodSync(join(directory, "programs", name), 0o755);
  const child = spawn(process.execPath, ["--no-warnings", CONTEST, ...parameters], {
    env: { PATH: `${join(directory, "programs")}:${process.env["PATH"]}`, TMPDIR: join(directory, "tmp") },
  });
  t.teardown(() => child.kill("SIGKILL"));
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) child[name].setEncoding("utf8").on("data", (text: string) => (texts[name] += text));
  return { child, directory, stdout: () => texts.stdout, stderr: () => texts.stderr, exit: once(child, "close") };
}

/** Waits until a text comes, and takes down which processes run then. */
async function processesAt({ child, stderr }: Bench, text: string): Promise<readonly number[]> {
  await until(() => stderr().includes(text), text);
  return processTree(child.pid ?? 0);
}

function leftBehind({ directory }: Bench, processes: readonly number[]) {
  return { processes: processes.filter((pid) => existsSync(`/proc/${pid}`)), directories: readdirSync(join(directory, "tmp")) };
}

const NOTHING = { processes: [], directories: [] };

// Where there is no /proc the bench says so and does nothing.
if (existsSync("/proc/self/stat")) {
  t.test("a short bench prints its tables and a verdict on each target, and leaves nothing behind", async (t) => {
    const results = join(t.testdirName, "results");
    const run = bench(t, [...SHORT, ...ANYWHERE, "--mix", "small,latency,websocket", "--save", results]);
    const processes = await processesAt(run, "small: round 1 of 1");
    // Itself, the API, three proxies.
    t.ok(processes.length >= 5, `${processes.length}`);
    t.same(await run.exit, [0, null], run.stderr());

    const text = run.stdout();
    for (const name of ["ours", "bare", "least"]) t.match(text, new RegExp(`^\\| ${name} .*\\| \\d`, "m"), name);
    t.match(text, /^\| ours .*\| \d+\.\d+ \(\d+\.\d+ to \d+\.\d+\) /m, "ratios with their quartiles");
    const verdict = String.raw`\S+ \(\S+ to \S+\)( kB)? *\| (PASS|SHORT by \d+\.\d\d) `;
    for (const target of ["small +\\| ours ≤ 0.75 × bare", "small +\\| ours ≤ 1.4 × least", "websocket +\\| ours ≤ least \\+ 6 kB"])
      t.match(text, new RegExp(`^\\| ${target} *\\| ${verdict}`, "m"), target);
    t.match(text, /^\| small .*oauth2-proxy.*not measured: /m);
    t.match(text, /^\| latency .*(PASS|SHORT by|not measured)/m);
    t.same(leftBehind(run, processes), NOTHING);

    const [json = "", md = ""] = readdirSync(results).sort();
    t.match([json, md], [/^\d{4}-\d\d-\d\d\.json$/, /^\d{4}-\d\d-\d\d\.md$/]);
    const saved = JSON.parse(readFileSync(join(results, json), "utf8")) as {
      sections: { mix: string; figures: Record<string, number[]> }[];
    };
    t.same(
      saved.sections.map(({ mix }) => mix),
      ["small", "latency", "websocket"],
    );
    for (const name of ["ours", "bare", "least"]) t.ok((saved.sections[0]?.figures[name]?.[0] ?? 0) > 0, name);
    const page = readFileSync(join(results, md), "utf8");
    t.match(page, /^## Targets$/m);
    t.match(page, /\| undici +\| \d+\.\d+/);
    t.notMatch(page + JSON.stringify(saved), CONTEST.slice(0, CONTEST.indexOf("/dist/")), "no path of this machine");
  });

  t.test("a contestant that does not start is told of; the others are compared, and the exit code says so", async (t) => {
    const run = bench(t, [...SHORT, ...ANYWHERE, "--mix", "cookie", "--only", "bare,nginx,least"], {
      nginx: "#!/bin/sh\necho no such module >&2; exit 7\n",
    });
    const processes = await processesAt(run, "cookie: round 1 of 1");
    t.same(await run.exit, [1, null]);
    t.match(run.stderr(), /^nginx ended with 7\nno such module$/m);
    t.match(run.stdout(), /^- skipped: nginx in cookie, since it did not start: nginx ended with 7 before it answered$/m);
    for (const name of ["bare", "least"]) t.match(run.stdout(), new RegExp(`^\\| ${name} .*\\| \\d`, "m"), name);
    t.same(leftBehind(run, processes), NOTHING);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const)
    t.test(`a bench that gets ${signal} stops what it started before it ends`, async (t) => {
      const run = bench(t, [...SHORT, ...ANYWHERE, "--seconds", "60", "--mix", "small"]);
      const processes = await processesAt(run, "small: starting least");
      t.ok(processes.length >= 4, `${processes.length}`);
      run.child.kill(signal);
      t.same(await run.exit, [signal === "SIGINT" ? 130 : 143, null]);
      t.same(leftBehind(run, processes), NOTHING);
    });
}

t.test("a name that there is not is refused with those that there are", async (t) => {
  for (const [option, names] of [
    ["--only", CONTESTANT_NAMES],
    ["--mix", MIX_NAMES],
  ] as const) {
    const run = bench(t, [option, `${names[0]},nobody`]);
    t.same(await run.exit, [1, null]);
    t.match(run.stderr(), "There is no nobody.");
    for (const name of names) t.match(run.stderr(), name);
  }
});

t.test("--help names every contestant and every mix", async (t) => {
  const run = bench(t, ["--help"]);
  t.same(await run.exit, [0, null]);
  for (const name of [...CONTESTANT_NAMES, ...MIX_NAMES])
    t.match(run.stdout(), new RegExp(`^ {2}${name} {2,}\\S|^ {2}${name} \\S`, "m"), name);
});
