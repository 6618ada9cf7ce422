import { type ChildProcess, fork, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Command, InvalidArgumentError } from "commander";
import { Pool } from "undici";
import { parseDuration } from "../src/config/kinds/duration.js";
import { freePort } from "../src/demo/free-port.js";
import { Secret } from "../src/model/secret.js";
import { CLIENT_ID, USER_POOL_ID } from "../test/support/session-fixtures.js";
import { cpuMicros } from "./contest/process-cost.js";
import { keepCookie, type Person, peopleAtWork } from "./refresh-load/people.js";
import type { StandInsAddresses, StandInsFigures, StandInsOptions } from "./refresh-load/stand-ins.js";
import { type Life, Tally } from "./refresh-load/tally.js";

/*
 * A morning: many people's ID tokens end within the same minute, and all of them go on working. Whether the refreshes are spread, whether anybody
 * waits while their token lives, and how long whoever has to. The product runs in a process of its own, as `cognito-bff start`.
 *
 *   npm run build && node dist/bench/refresh-load.js
 */

const PROGRAM = new URL("../src/main.js", import.meta.url).pathname;
const STAND_INS = new URL("./refresh-load/stand-ins.js", import.meta.url).pathname;
/** Before the first token may be refreshed, and after the last one has ended. */
const MARGIN_MS = 15_000;
const TICK_MS = 10;
/** Below what a listening socket holds before they are accepted (511): a machine that is short of time would refuse the others. */
const CONNECTIONS = 500;
const LINE_MS = 15_000;

interface Options {
  readonly people: number;
  readonly every: number;
  readonly life: number;
  readonly over: number;
  readonly early: number;
  readonly limit: number;
  readonly quota: number;
  readonly rotation?: true;
}

function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("A whole number from 1.");
  return number;
}

function milliseconds(text: string): number {
  const reading = parseDuration(text);
  if (reading.kind !== "duration") throw new InvalidArgumentError("A duration with its unit, such as 5m.");
  return reading.ms;
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function startStandIns(options: StandInsOptions) {
  const child = fork(STAND_INS, { env: { ...process.env, STAND_INS: JSON.stringify(options) } });
  const [addresses] = (await once(child, "message")) as [StandInsAddresses];
  return {
    ...addresses,
    async figures(): Promise<StandInsFigures> {
      child.send("figures");
      const [figures] = (await once(child, "message")) as [StandInsFigures];
      return figures;
    },
    stop: () => child.disconnect(),
  };
}

async function startProduct(env: Readonly<Record<string, string>>, managementPort: number) {
  const child = spawn(process.execPath, ["--no-warnings", PROGRAM, "start"], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ask = async (path: string) => fetch(`http://127.0.0.1:${managementPort}${path}`).catch(() => null);
  const endsAt = performance.now() + 20_000;
  while (!(await ask("/readyz"))?.ok) {
    if (child.exitCode !== null || performance.now() > endsAt) throw new Error("the product did not start");
    await wait(50);
  }
  return {
    pid: child.pid ?? 0,
    /** The sum of a metric's series. */
    async metric(name: string): Promise<number> {
      const text = (await (await ask("/metrics"))?.text()) ?? "";
      return [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "gm"))].reduce((sum, [, figure]) => sum + Number(figure), 0);
    },
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

function lifeOf({ expiresAtMs }: Person, nowMs: number, earlyMs: number): Life {
  const leftMs = expiresAtMs - nowMs;
  if (leftMs <= 0) return "dead";
  if (leftMs <= 10_000) return "due";
  return leftMs <= earlyMs ? "early" : "plenty";
}

/** One call of a person, as their browser makes it. */
async function call(pool: Pool, host: string, person: Person, earlyMs: number, tally: Tally): Promise<void> {
  person.waitsForAnswer = true;
  const sentAtMs = Date.now();
  const life = lifeOf(person, sentAtMs, earlyMs);
  const startedAt = performance.now();
  const headers = { host, cookie: person.cookie, "sec-fetch-site": "same-origin" };
  try {
    const { statusCode, headers: answered, body } = await pool.request({ method: "GET", path: "/api/x", headers });
    keepCookie(person, answered["set-cookie"]);
    const text = await body.text();
    const tookMs = performance.now() - startedAt;
    if (statusCode === 200) {
      const { expiresAtMs, issuedAtMs } = JSON.parse(text) as { expiresAtMs: number; issuedAtMs: number };
      person.expiresAtMs = expiresAtMs;
      tally.add({ life, tookMs, gotNewToken: issuedAtMs >= sentAtMs, failure: null });
    } else tally.add({ life, tookMs, gotNewToken: false, failure: String(answered["bff-problem"] ?? statusCode) });
  } catch (error) {
    tally.add({ life, tookMs: performance.now() - startedAt, gotNewToken: false, failure: String(error) });
  } finally {
    person.waitsForAnswer = false;
  }
}

/** Calls of all people, each every so often, one after the other; whoever still waits for an answer lets a turn go by. */
async function work(people: readonly Person[], everyMs: number, untilMs: number, begin: (person: Person) => void): Promise<void> {
  const startedAtMs = Date.now();
  let made = 0;
  for (let nowMs = startedAtMs; nowMs < untilMs; nowMs = Date.now()) {
    const due = ((nowMs - startedAtMs) / everyMs) * people.length;
    // Where the machine had no time for this process, a second's worth at most is made up for: nobody calls in such waves.
    for (made = Math.max(made, Math.floor(due - (1_000 / everyMs) * people.length)); made < due; made++) {
      const person = people[made % people.length];
      if (person && !person.waitsForAnswer) begin(person);
    }
    await wait(TICK_MS);
  }
  while (people.some(({ waitsForAnswer }) => waitsForAnswer)) await wait(TICK_MS);
}

interface Watched {
  readonly product: Awaited<ReturnType<typeof startProduct>>;
  readonly standIns: Awaited<ReturnType<typeof startStandIns>>;
  readonly tally: Tally;
  readonly firstExpiryMs: number;
}

/** Prints how it goes, and gives the sums when it is told to stop. */
function watch({ product, standIns, tally, firstExpiryMs }: Watched) {
  const sums = { refreshed: 0, throttled: 0, dead: 0, mostASecond: 0, mostWaiting: 0 };
  let goesOn = true;
  let line = { atMs: Date.now(), cpu: cpuMicros(product.pid), calls: 0, failed: 0, refreshed: 0, most: 0, waiting: 0 };
  const begun = line;
  const print = () => {
    const seconds = (Date.now() - line.atMs) / 1000;
    const cpu = (cpuMicros(product.pid) - line.cpu) / 10_000 / seconds;
    const figures = [
      `${((Date.now() - firstExpiryMs) / 1000).toFixed(0)} s`.padStart(7),
      `refreshes a second ${((sums.refreshed - line.refreshed) / seconds).toFixed(1)} (at most ${line.most})`,
      `waiting for their turn ${line.waiting}`,
      `calls a second ${((tally.calls - line.calls) / seconds).toFixed(0)}`,
      `failed ${tally.failed - line.failed}`,
      `CPU ${cpu.toFixed(0)} %`,
    ];
    console.log(figures.join(" | "));
    const { calls, failed } = tally;
    line = { atMs: Date.now(), cpu: cpuMicros(product.pid), calls, failed, refreshed: sums.refreshed, most: 0, waiting: 0 };
  };
  const watching = (async () => {
    while (goesOn) {
      const askedAt = performance.now();
      const [{ refreshed, throttled, dead }, waiting] = [await standIns.figures(), await product.metric("bff_refresh_waiting")];
      sums.refreshed += refreshed;
      sums.throttled += throttled;
      sums.dead += dead;
      line.most = Math.max(line.most, refreshed);
      line.waiting = Math.max(line.waiting, waiting);
      sums.mostASecond = Math.max(sums.mostASecond, refreshed);
      sums.mostWaiting = Math.max(sums.mostWaiting, waiting);
      if (Date.now() - line.atMs >= LINE_MS) print();
      await wait(1_000 - (performance.now() - askedAt));
    }
  })();
  return async () => {
    goesOn = false;
    await watching;
    print();
    const seconds = (Date.now() - begun.atMs) / 1000;
    return { ...sums, cpuPercent: (cpuMicros(product.pid) - begun.cpu) / 10_000 / seconds };
  };
}

async function morning(options: Options): Promise<void> {
  const { people, every, life, over, early, limit, quota, rotation = false } = options;
  const [port, managementPort] = [await freePort(), await freePort()];
  const sessionKey = new Secret(randomBytes(32));
  const publicUrl = `http://localhost:${port}`;
  const earlyMs = Math.min(early, life / 4);
  console.log(
    `${people} people, each with a call every ${every / 1000} s; their tokens, of ${life / 60_000} min, end within ${over / 1000} s`,
  );
  console.log(
    `REFRESH_EARLY ${early / 1000}s, REFRESH_RATE_LIMIT ${limit}, Cognito's quota ${quota} a second${rotation ? ", rotation" : ""}`,
  );
  const standIns = await startStandIns({ people, lifeMs: life, quotaPerSecond: quota, rotates: rotation });
  const product = await startProduct(
    {
      PUBLIC_URL: publicUrl,
      HOST: "127.0.0.1",
      PORT: String(port),
      MANAGEMENT_PORT: String(managementPort),
      COGNITO_USER_POOL_ID: USER_POOL_ID,
      COGNITO_CLIENT_ID: CLIENT_ID,
      COGNITO_CLIENT_SECRET: "aSecretThatNobodyChecksHere",
      COGNITO_ENDPOINT: `http://127.0.0.1:${standIns.cognitoPort}`,
      COGNITO_REFRESH_API: rotation ? "get_tokens" : "initiate_auth",
      SESSION_KEYS: sessionKey.reveal().toString("base64"),
      PROXY_ROUTES: `/api=http://127.0.0.1:${standIns.apiPort}`,
      REFRESH_EARLY: `${early / 1000}s`,
      REFRESH_RATE_LIMIT: String(limit),
      LOG_LEVEL: "silent",
    },
    managementPort,
  );
  const pool = new Pool(`http://127.0.0.1:${port}`, {
    connections: CONNECTIONS,
    connectTimeout: 60_000,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  try {
    // Sealing so many tickets takes some seconds as well.
    const firstExpiryMs = Date.now() + earlyMs + MARGIN_MS + people;
    const all = peopleAtWork({ publicUrl, sessionKey, people, lifeMs: life, firstExpiryMs, overMs: over });
    // Who calls after whom has nothing to do with who signed in after whom.
    all.sort(() => Math.random() - 0.5);
    const tally = new Tally();
    const stopWatching = watch({ product, standIns, tally, firstExpiryMs });
    await work(all, every, firstExpiryMs + over + MARGIN_MS, (person) => void call(pool, `localhost:${port}`, person, earlyMs, tally));
    const sums = await stopWatching();
    console.log(`\nby the life that the token had, as far as the browser knew (${tally.calls} calls):`);
    console.table(tally.table());
    console.log(`refreshes: ${sums.refreshed}, at most ${sums.mostASecond} in a second; throttled by Cognito: ${sums.throttled}`);
    console.log(
      `most that waited for their turn: ${sums.mostWaiting}; turns missed: ${await product.metric("bff_refresh_turns_missed_total")}`,
    );
    console.log(`the product's CPU: ${sums.cpuPercent.toFixed(0)} % of a core`);
    console.log(`forwarded with a dead token: ${sums.dead} (none may be)`);
    // With rotation the new token's cookie travels on the answer of the call that asked for it.
    const may = rotation ? "one for each refresh at most" : "none may, once Cognito has shown that refresh tokens do not rotate";
    console.log(`waited for Cognito while their token had more than 10 s to live: ${tally.waitedAlive} (${may})`);
    console.log(`failed: ${tally.failed} (none may)`);
  } finally {
    await pool.destroy();
    await product.stop();
    standIns.stop();
  }
}

await new Command("node dist/bench/refresh-load.js")
  .description("Refreshes the sessions of many people whose tokens end within the same minute. Traffic goes to loopback only.")
  .option("--people <n>", "how many sessions", count, 10_000)
  .option("--every <duration>", "how often each calls", milliseconds, 10_000)
  .option("--life <duration>", "how long a token lives", milliseconds, 3_600_000)
  .option("--over <duration>", "within how long the tokens end", milliseconds, 60_000)
  .option("--early <duration>", "REFRESH_EARLY", milliseconds, 300_000)
  .option("--limit <n>", "REFRESH_RATE_LIMIT", count, 20)
  .option("--quota <n>", "refreshes a second that Cognito allows", count, 120)
  .option("--rotation", "refresh tokens rotate")
  .action(morning)
  .parseAsync();
