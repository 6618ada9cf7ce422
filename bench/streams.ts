import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { Agent, createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import WebSocket, { WebSocketServer } from "ws";
import { freePort } from "../src/demo/free-port.js";
import { DEFAULT_SEED, defaultSeed, startLocalCognito } from "../src/local-cognito/index.js";
import { Person } from "../test/support/person.js";

/*
 * What idle streams cost: opens 1,000 WebSockets and 1,000 event streams through a proxy in a process of its own, with browsers, API and Cognito
 * in this one, and prints the proxy's resident memory before and after. `npm run build && node dist/bench/streams.js`
 */

const EACH = 1_000;
const PEOPLE = 10;
const AT_ONCE = 50;
/** What the two together may cost. */
const GOAL_MIB = 100;
const SETTLE_MS = 3_000;
const LONGEST_MS = 120_000;

const main = new URL("../src/main.js", import.meta.url).pathname;

/** Node raises its limit of open files to the hard limit by itself; a hard limit below what is needed cannot be helped. */
function enoughFiles(): boolean {
  const limits = existsSync("/proc/self/limits") ? readFileSync("/proc/self/limits", "utf8") : "";
  const hard = /Max open files\s+\S+\s+(\d+)/.exec(limits)?.[1];
  return hard === undefined || Number(hard) >= 4 * EACH + 200;
}

function residentMib(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}

async function startApi() {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": open\n\n");
  });
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    for (const client of sockets.clients) client.terminate();
    sockets.close();
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

async function startProxy(publicUrl: string, cognitoUrl: string, apiUrl: string) {
  const environment = {
    PATH: process.env["PATH"] ?? "",
    PUBLIC_URL: publicUrl,
    HOST: "127.0.0.1",
    PORT: new URL(publicUrl).port,
    MANAGEMENT_PORT: "0",
    COGNITO_USER_POOL_ID: DEFAULT_SEED.userPoolId,
    COGNITO_CLIENT_ID: DEFAULT_SEED.clientId,
    COGNITO_CLIENT_SECRET: DEFAULT_SEED.clientSecret,
    COGNITO_DOMAIN: cognitoUrl,
    COGNITO_ENDPOINT: cognitoUrl,
    SESSION_KEYS: randomBytes(32).toString("base64"),
    PROXY_ROUTES: `/api=${apiUrl}`,
  };
  const child = spawn(process.execPath, ["--no-warnings", main, "start"], { env: environment, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-2_000);
  });
  while (!text.includes("is listening")) {
    if (child.exitCode !== null) throw new Error(`the proxy ended: ${text}`);
    await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  }
  return child;
}

/** Does something a number of times, a few at once. */
async function times<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let from = 0; from < count; from += AT_ONCE) {
    made.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) => make(from + index)))));
  }
  return made;
}

async function openSocket(publicUrl: string, person: Person): Promise<WebSocket> {
  const socket = new WebSocket(`${publicUrl.replace("http", "ws")}/api/socket`, {
    origin: publicUrl,
    perMessageDeflate: false,
    headers: { cookie: person.cookiesOf("localhost") },
  });
  await once(socket, "open");
  return socket;
}

async function openStream(publicUrl: string, person: Person, agent: Agent): Promise<IncomingMessage> {
  const asked = request(`${publicUrl}/api/events`, {
    agent,
    headers: { cookie: person.cookiesOf("localhost"), "sec-fetch-site": "same-origin" },
  });
  asked.end();
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`a stream was answered ${answer.statusCode}`);
  answer.on("error", () => {}).resume();
  return answer;
}

async function measure(): Promise<void> {
  const publicUrl = `http://localhost:${await freePort()}`;
  const cognito = await startLocalCognito({ port: 0, seed: defaultSeed({ publicUrl }) });
  const api = await startApi();
  const proxy = await startProxy(publicUrl, cognito.url, api.url);
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY, keepAlive: false });
  try {
    const pid = proxy.pid ?? 0;
    const atStart = residentMib(pid);
    const people: Person[] = [];
    for (let i = 0; i < PEOPLE; i++) {
      const person = new Person(publicUrl);
      // There is no SPA to land on here; the cookie is what counts.
      await person.signIn(DEFAULT_SEED.user);
      if (!person.cookies.has("bff-session")) throw new Error("signing in did not work");
      people.push(person);
    }
    const personOf = (index: number) => people[index % PEOPLE] ?? new Person(publicUrl);
    (await openSocket(publicUrl, personOf(0))).terminate();
    (await openStream(publicUrl, personOf(0), agent)).destroy();
    await wait(SETTLE_MS);
    const before = residentMib(pid);
    const sockets = await times(EACH, (index) => openSocket(publicUrl, personOf(index)));
    await wait(SETTLE_MS);
    const withSockets = residentMib(pid);
    const streams = await times(EACH, (index) => openStream(publicUrl, personOf(index), agent));
    await wait(SETTLE_MS);
    const after = residentMib(pid);
    const open = sockets.filter((socket) => socket.readyState === WebSocket.OPEN).length;
    const flowing = streams.filter((stream) => !stream.destroyed).length;
    const cost = after - before;
    // The difference to the start is the upper bound: it holds the code that the first calls compile too, and no room left by the sign-ins.
    console.log(
      `resident memory of the proxy: ${atStart.toFixed(1)} MiB at its start, ${before.toFixed(1)} before, ${after.toFixed(1)} after`,
    );
    console.log(`  ${open} idle WebSockets    +${(withSockets - before).toFixed(1)} MiB`);
    console.log(`  ${flowing} idle event streams +${(after - withSockets).toFixed(1)} MiB`);
    console.log(`  together ${cost.toFixed(1)} MiB (goal: under ${GOAL_MIB})`);
    if (open !== EACH || flowing !== EACH || !(cost < GOAL_MIB)) process.exitCode = 1;
    for (const socket of sockets) socket.terminate();
    for (const stream of streams) stream.destroy();
  } finally {
    proxy.kill("SIGKILL");
    agent.destroy();
    api.close();
    await cognito.close();
  }
}

if (!enoughFiles()) {
  console.error(`this needs ${4 * EACH + 200} open files: raise the hard limit (ulimit -Hn)`);
  process.exitCode = 1;
} else if (!existsSync("/proc/self/status")) {
  console.error("resident memory is read from /proc: Linux only");
  process.exitCode = 1;
} else {
  const deadline = setTimeout(() => {
    console.error("it took too long");
    process.exit(1);
  }, LONGEST_MS);
  await measure().finally(() => clearTimeout(deadline));
}
