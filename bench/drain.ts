import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import WebSocket from "ws";
import { freePort } from "../src/demo/free-port.js";
import { startSampleApi } from "../src/demo/sample-api.js";
import { DEFAULT_SEED, defaultSeed, type LocalCognito, type LocalCognitoSeed, startLocalCognito } from "../src/local-cognito/index.js";
import { Person } from "../test/support/person.js";
import { BALANCER_ERROR, type Balancer, startBalancer, type Target } from "./round-robin.js";

/*
 * A rolling restart under load: two `cognito-bff start` behind a load balancer that keeps its connections, believes /readyz and sends nothing
 * twice. Prints what failed and ends with 1 when a call did. `npm run build && node dist/bench/drain.js --help`
 */

const HELP = `node dist/bench/drain.js [--seconds 40] [--rate 200] [--drain-delay 5s] [--people 20]

  --seconds      how long calls are made; both processes are restarted meanwhile, one after the other
  --rate         calls a second, over all people
  --drain-delay  DRAIN_DELAY of the two; the balancer takes up to 3 s to hear of a process that is not ready
  --people       signed-in sessions; their tokens live 6 s
`;
const PROBE_EVERY_MS = 1_000;
/** Two probes in a row: up to 3 s until the balancer believes it. */
const PROBES_IN_A_ROW = 2;
const TOKEN_SECONDS = 6;
const TICK_MS = 20;
const SOCKETS = 5;
const STREAMS = 5;
/** EventSource and most reconnecting sockets wait some seconds; here the restart is what is watched. */
const RECONNECT_MS = 500;
const QUIET_MS = 3_000;

const MAIN = new URL("../src/main.js", import.meta.url).pathname;
/** In turn; a call to write among those to read. */
const CALLS: readonly { readonly path: string; readonly method?: string; readonly body?: string }[] = [
  { path: "/api/echo" },
  { path: "/api/echo", method: "POST", body: "x".repeat(2_000) },
  { path: "/api/slow?ms=300" },
  { path: "/api/echo?again" },
  { path: "/auth/session" },
];

class Tally extends Map<string, number> {
  count(name: string): void {
    this.set(name, (this.get(name) ?? 0) + 1);
  }

  get total(): number {
    return [...this.values()].reduce((sum, count) => sum + count, 0);
  }

  override toString(): string {
    return [...this].map(([name, count]) => `${count} × ${name}`).join(", ") || "none";
  }
}

const answers = new Tally();
const failures = new Tally();
const socketEnds = new Tally();
const streamEnds = new Tally();
let slowestMs = 0;
/** The longest this process, balancer and all, did not get to run: on a busy machine it is that what failed, not the proxies. */
let stoodStillMs = 0;

interface Proxy extends Target {
  readonly name: string;
  readonly managementPort: number;
  child: ChildProcess | null;
}

/** The seed with tokens that die during the run. */
function shortLivedSeed(publicUrl: string): LocalCognitoSeed {
  const seed = defaultSeed({ publicUrl });
  const [pool] = seed.userPools;
  const [client] = pool.clients;
  const units = { AccessToken: "seconds", IdToken: "seconds", RefreshToken: "hours" } as const;
  const validity = { AccessTokenValidity: TOKEN_SECONDS, IdTokenValidity: TOKEN_SECONDS, RefreshTokenValidity: 1 };
  return { userPools: [{ ...pool, clients: [{ ...client, ...validity, TokenValidityUnits: units }] }] };
}

async function start(proxy: Proxy, environment: Record<string, string>): Promise<void> {
  const own = { PORT: String(proxy.port), MANAGEMENT_PORT: String(proxy.managementPort), PATH: process.env["PATH"] ?? "" };
  const child = spawn(process.execPath, ["--no-warnings", MAIN, "start"], {
    env: { ...environment, ...own },
    stdio: ["ignore", "pipe", "inherit"],
  });
  proxy.child = child;
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-4_000);
    for (const line of chunk.toString().split("\n")) if (/"level":[4-6]0/.test(line)) console.log(`  ${proxy.name} ${line}`);
  });
  while (!text.includes("is listening")) {
    if (child.exitCode !== null) throw new Error(`${proxy.name} ended: ${text}`);
    await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  }
}

async function restart(proxy: Proxy, environment: Record<string, string>, balancer: Balancer): Promise<void> {
  const { child } = proxy;
  if (!child) throw new Error("it does not run");
  const startedAtMs = performance.now();
  child.kill("SIGTERM");
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  console.log(`${proxy.name}: exit code ${code ?? signal} after ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);
  if (code !== 0) process.exitCode = 1;
  // The balancer has to have noticed, or its view of this target would be of the process before.
  await start(proxy, environment);
  while (!(await isReady(proxy)) || !balancer.isHealthy(proxy)) await wait(100);
  await wait(PROBE_EVERY_MS * (PROBES_IN_A_ROW + 1));
}

const isReady = (proxy: Proxy) =>
  fetch(proxy.probeUrl).then(
    ({ ok }) => ok,
    () => false,
  );

async function call(person: Person, turn: number): Promise<void> {
  const { path, method = "GET", body } = CALLS[turn % CALLS.length] ?? { path: "/api/echo" };
  const startedAtMs = performance.now();
  try {
    const answer = await person.call(path, { method, ...(body === undefined ? {} : { body, headers: { "content-type": "text/plain" } }) });
    slowestMs = Math.max(slowestMs, performance.now() - startedAtMs);
    answers.count(String(answer.status));
    if (answer.status === 200) return;
    const why = answer.headers[BALANCER_ERROR] ?? answer.headers["bff-problem"] ?? "";
    failures.count(`${method} ${answer.status} ${String(why)}`.trim());
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    failures.count(`${method} ${code ?? message}`);
  }
}

/** A page's socket, which connects again. */
async function keepSocket(url: string, person: Person, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const socket = new WebSocket(`${url.replace("http", "ws")}/api/socket`, {
      origin: url,
      headers: { cookie: person.cookiesOf("localhost") },
    });
    const end = () => socket.terminate();
    over.addEventListener("abort", end, { once: true });
    socket.on("error", () => {});
    // Not `once`, which would reject with the error that comes before.
    const code = await new Promise<number>((resolve) => socket.on("close", resolve));
    over.removeEventListener("abort", end);
    if (over.aborted) return;
    socketEnds.count(String(code));
    await wait(RECONNECT_MS);
  }
}

/** A page's EventSource. */
async function keepStream(url: string, person: Person, over: AbortSignal): Promise<void> {
  const agent = new Agent({ keepAlive: false });
  while (!over.aborted) {
    const how = await new Promise<string>((resolve) => {
      const headers = { cookie: person.cookiesOf("localhost"), "sec-fetch-site": "same-origin", accept: "text/event-stream" };
      const asked = request(`${url.replace("localhost", "127.0.0.1")}/api/events`, { agent, headers, signal: over });
      asked.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      asked.on("response", (answer) => {
        answer.on("error", () => {}).resume();
        answer.once("close", () => resolve(answer.statusCode === 200 ? "ended" : `answered ${answer.statusCode}`));
      });
      asked.end();
    });
    if (over.aborted) return;
    streamEnds.count(how);
    await wait(RECONNECT_MS);
  }
}

function refreshesOf(cognito: LocalCognito): string {
  const refreshes = cognito.calls.list("InitiateAuth").filter(({ auth_flow }) => auth_flow === "REFRESH_TOKEN_AUTH");
  return `${refreshes.length}, ${refreshes.filter(({ outcome }) => outcome !== "ok").length} of them failed`;
}

async function measure(options: { seconds: number; rate: number; drainDelay: string; people: number }): Promise<void> {
  const publicUrl = `http://localhost:${await freePort()}`;
  const cognito = await startLocalCognito({ port: 0, seed: shortLivedSeed(publicUrl), minTokenValidityMs: 1_000 });
  const api = await startSampleApi({ host: "127.0.0.1", port: 0, verify: async () => ({ sub: "somebody" }) });
  const proxies: Proxy[] = [];
  for (const name of ["one", "two"]) {
    const [port, managementPort] = [await freePort(), await freePort()];
    proxies.push({ name, port, managementPort, probeUrl: `http://127.0.0.1:${managementPort}/readyz`, child: null });
  }
  const environment = {
    PUBLIC_URL: publicUrl,
    HOST: "127.0.0.1",
    COGNITO_USER_POOL_ID: DEFAULT_SEED.userPoolId,
    COGNITO_CLIENT_ID: DEFAULT_SEED.clientId,
    COGNITO_CLIENT_SECRET: DEFAULT_SEED.clientSecret,
    COGNITO_DOMAIN: cognito.url,
    COGNITO_ENDPOINT: cognito.url,
    SESSION_KEYS: randomBytes(32).toString("base64"),
    PROXY_ROUTES: `/api=${api.url}`,
    DRAIN_DELAY: options.drainDelay,
  };
  const balancer = await startBalancer({
    port: Number(new URL(publicUrl).port),
    targets: proxies,
    probeEveryMs: PROBE_EVERY_MS,
    threshold: PROBES_IN_A_ROW,
  });
  const over = new AbortController();
  try {
    await Promise.all(proxies.map((proxy) => start(proxy, environment)));
    const people: Person[] = [];
    for (let i = 0; i < options.people; i++) {
      const person = new Person(publicUrl);
      await person.signIn(DEFAULT_SEED.user);
      if (!person.cookies.has("bff-session")) throw new Error("signing in did not work");
      people.push(person);
    }
    const personOf = (index: number) => people[index % people.length] ?? new Person(publicUrl);
    for (let i = 0; i < SOCKETS; i++) void keepSocket(publicUrl, personOf(i), over.signal);
    for (let i = 0; i < STREAMS; i++) void keepStream(publicUrl, personOf(i), over.signal);
    cognito.calls.clear();

    const calls: Promise<void>[] = [];
    const startedAtMs = performance.now();
    let tickedAtMs = startedAtMs;
    let owed = 0;
    const calling = setInterval(() => {
      const nowMs = performance.now();
      const passedMs = nowMs - tickedAtMs;
      stoodStillMs = Math.max(stoodStillMs, passedMs - TICK_MS);
      // What was missed while this process stood still is not made up for: a thousand calls at once would be another test.
      owed += (Math.min(passedMs, 5 * TICK_MS) / 1000) * options.rate;
      for (; owed >= 1; owed -= 1) calls.push(call(personOf(calls.length), calls.length));
      tickedAtMs = nowMs;
    }, TICK_MS);
    await wait(QUIET_MS);
    for (const proxy of proxies) await restart(proxy, environment, balancer);
    const leftMs = options.seconds * 1000 - (performance.now() - startedAtMs);
    if (leftMs < 0) console.log("the restarts took longer than --seconds; calls went on until they were over");
    await wait(Math.max(0, leftMs));
    clearInterval(calling);
    const seconds = (performance.now() - startedAtMs) / 1000;
    await Promise.all(calls);
    over.abort();

    console.log(
      `DRAIN_DELAY ${options.drainDelay}, ${calls.length} calls in ${seconds.toFixed(0)} s (${Math.round(calls.length / seconds)} a second)`,
    );
    console.log(`  answers       ${answers}; slowest ${Math.round(slowestMs)} ms`);
    console.log(`  balancer      stood still for ${Math.round(stoodStillMs)} ms at the longest`);
    console.log(`  failed calls  ${failures.total}: ${failures}`);
    console.log(`  refreshes     ${refreshesOf(cognito)}`);
    console.log(`  sockets       ${SOCKETS} kept open; closed: ${socketEnds}`);
    console.log(`  event streams ${STREAMS} kept open; ended: ${streamEnds}`);
    if (failures.total > 0) process.exitCode = 1;
  } finally {
    over.abort();
    for (const { child } of proxies) child?.kill("SIGKILL");
    await balancer.close();
    await api.close();
    await cognito.close();
  }
}

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "40" },
    rate: { type: "string", default: "200" },
    "drain-delay": { type: "string", default: "5s" },
    people: { type: "string", default: "20" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
} else {
  const [seconds, rate, people] = [Number(values.seconds), Number(values.rate), Number(values.people)];
  if (!(seconds >= 5 && seconds <= 600 && rate >= 1 && rate <= 2_000 && people >= 1 && people <= 200)) {
    console.error(`seconds: 5 to 600, rate: 1 to 2000, people: 1 to 200\n\n${HELP}`);
    process.exitCode = 1;
  } else {
    await measure({ seconds, rate, people, drainDelay: values["drain-delay"] });
    // Connections of the people's browsers are kept by undici.
    process.exit();
  }
}
