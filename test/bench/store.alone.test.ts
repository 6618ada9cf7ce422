import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import t from "tap";
import type { Capacity } from "../../bench/store/capacity.js";
import { withoutRedis } from "../support/redis-server.js";

const STORE = new URL("../../bench/store.js", import.meta.url).pathname;
const DOCS = readFileSync(new URL("../../../docs/scaling.md", import.meta.url), "utf8");

/** A figure of the table of capacities in docs/scaling.md. */
function documented(pattern: RegExp): number {
  const figure = Number(pattern.exec(DOCS)?.[1]);
  if (!Number.isFinite(figure)) throw new Error(`docs/scaling.md should say ${pattern}`);
  return figure;
}

const alike = (measured: number, said: number) => Math.abs(measured - said) <= said / 5;

t.test("a session takes in Redis what docs/scaling.md says", { skip: await withoutRedis() }, async (t) => {
  const child = spawn(process.execPath, ["--no-warnings", STORE, "--capacity", "--json"], { env: { PATH: process.env["PATH"] ?? "" } });
  t.teardown(() => child.kill("SIGKILL"));
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  t.same(await once(child, "close"), [0, null]);
  const { bytesALive, bytesEnded, commandsARefresh, roundTripsARefresh } = JSON.parse(said) as Capacity;
  for (const [measured, pattern, unit] of [
    [bytesALive, /^\| a session that lives \| (\S+) kB \|$/m, 1_000],
    [bytesEnded, /^\| one that has ended.* \| (\S+) kB \|$/m, 1_000],
    [roundTripsARefresh, /^\| a refresh \| (\S+) round trips/m, 1],
    [commandsARefresh, /^\| a refresh \|.* (\S+) commands in all \|$/m, 1],
  ] as const)
    t.ok(alike(measured, documented(pattern) * unit), `${pattern}: ${measured}`);
});
