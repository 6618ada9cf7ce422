import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { processTree } from "../../bench/contest/process-cost.js";
import type { Result } from "../../bench/storm/report.js";
import { excessOf } from "../../bench/storm/tally.js";
import { until } from "../support/condition.js";
import { withoutRedis } from "../support/redis-server.js";

const STORM = new URL("../../bench/storm.js", import.meta.url).pathname;
const skip = await withoutRedis();

function storm(t: Test, parameters: readonly string[]) {
  const directory = t.testdir({ tmp: {} });
  const child = spawn(process.execPath, ["--no-warnings", STORM, ...parameters], {
    env: { PATH: process.env["PATH"] ?? "", TMPDIR: join(directory, "tmp") },
  });
  t.teardown(() => child.kill("SIGKILL"));
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) child[name].setEncoding("utf8").on("data", (text: string) => (texts[name] += text));
  const left = () => readdirSync(join(directory, "tmp"));
  return { child, texts, left, exit: once(child, "close") as Promise<[code: number | null, signal: string | null]> };
}

t.test("a rate and one burst are kept by what a bucket lets through, and by nothing more", async (t) => {
  const steady = Array.from({ length: 50 }, (_, index) => index * 10);
  t.equal(excessOf(steady, 100, 1), 0);
  t.equal(excessOf([...Array(100).fill(0), 10, 20], 100, 100), 0, "a burst, and the rate after it");
  t.equal(excessOf(Array(105).fill(0), 100, 100), 5);
  t.equal(excessOf([...steady, 495], 100, 1), 1);
  t.equal(excessOf([], 100, 100), 0);
});

t.test("a short storm: each session is refreshed once, and a replica that is killed signs nobody out", { skip }, async (t) => {
  const run = storm(t, ["--only", "killed", "--sessions", "24", "--json"]);
  await until(() => processTree(run.child.pid ?? 0).length > 4, "it starts processes");
  const processes = processTree(run.child.pid ?? 0);
  t.same(await run.exit, [0, null], run.texts.stderr + run.texts.stdout);
  const [result, ...others] = JSON.parse(run.texts.stdout) as readonly Result[];
  t.match(result, { scenario: "killed", passed: true, sessions: 24, lost: 0 });
  t.ok(result && result.refreshes >= 24 && result.refreshes <= 24 + result.in_flight, `${result?.refreshes} refreshes`);
  t.same(others, []);
  t.same(
    processes.filter((pid) => existsSync(`/proc/${pid}`)),
    [],
  );
  t.same(run.left(), []);
});

t.test("a scenario that does not exist is named, with those that do", async (t) => {
  const run = storm(t, ["--only", "calmer"]);
  t.same(await run.exit, [1, null]);
  t.match(run.texts.stderr, /There is no calmer\. There are: calm, /);
});
