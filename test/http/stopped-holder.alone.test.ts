import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@redis/client";
import t, { type Test } from "tap";
import { request } from "undici";
import { secretHash } from "../../src/cognito/secret-hash.js";
import { freePort } from "../../src/demo/free-port.js";
import { DEFAULT_SEED, defaultSeed, type LocalCognito, startLocalCognito } from "../../src/local-cognito/index.js";
import { systemClock } from "../../src/model/clock.js";
import { silentLog } from "../../src/model/log.js";
import { Secret } from "../../src/model/secret.js";
import type { Session } from "../../src/model/session.js";
import { readClaims } from "../../src/model/token-set.js";
import { createCookieWriter } from "../../src/store/cookies.js";
import { SessionCache } from "../../src/store/memory/session-cache.js";
import { openRedis } from "../../src/store/redis/open-redis.js";
import { ANNOUNCE } from "../../src/store/redis/scripts.js";
import { createSealer } from "../../src/store/sealing.js";
import { createTicketCodec } from "../../src/store/ticket-codec.js";
import { until } from "../support/condition.js";
import { type HeldLine, openHeldLine } from "../support/held-line.js";
import { readMetric } from "../support/metric.js";
import { emptyTable } from "../support/no-memory.js";
import { startRedis, withoutRedis } from "../support/redis-server.js";
import { startReplica } from "../support/replica.js";
import { HOUR_MS, keyFrom, sessionOf } from "../support/session-fixtures.js";

const skip = await withoutRedis();
const REPLICA = new URL("../support/replica-process.js", import.meta.url).pathname;
const { userPoolId, clientId, clientSecret } = DEFAULT_SEED;
const KEY = keyFrom("stopped");
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

interface Replica {
  readonly port: number;
}

/** One that can be stopped, and its lines. */
interface Holder extends Replica {
  readonly child: ChildProcess;
  readonly redis: HeldLine;
  readonly cognito: HeldLine;
}

/** One that goes on. */
interface Sibling extends Replica {
  readonly logLines: readonly string[];
  readonly managementUrl: string;
}

interface Deployment {
  readonly cognito: LocalCognito;
  readonly redis: Awaited<ReturnType<typeof connectTo>>;
  readonly holder: Holder;
  readonly sibling: Sibling;
  signedIn(): Promise<SignedIn>;
  /** What a replica answers to somebody's call. */
  call(replica: Replica, person: SignedIn): Promise<{ readonly status: number; readonly problem: string }>;
  /** An hour passes for somebody: the tokens are dead, the refresh token is the one that the store has. */
  age(person: SignedIn): Promise<void>;
}

interface SignedIn {
  readonly session: Session;
  readonly refreshToken: string;
  readonly cookie: string;
}

const connectTo = (url: string) => createClient({ url }).connect();

async function ask<Answer>(cognito: LocalCognito, operation: string, body: object): Promise<Answer> {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `AWSCognitoIdentityProviderService.${operation}` };
  const answer = await fetch(cognito.url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${operation}: ${await answer.text()}`);
  return (await answer.json()) as Answer;
}

/** Local Cognito with rotation and so much grace. */
async function startCognito(t: Test, publicUrl: string, graceSeconds: number): Promise<LocalCognito> {
  const cognito = await startLocalCognito({ port: 0, seed: defaultSeed({ publicUrl }) });
  t.teardown(() => cognito.close());
  const { ClientSecret: _, ...settings } = defaultSeed({ publicUrl }).userPools[0].clients[0];
  await ask(cognito, "UpdateUserPoolClient", {
    ...settings,
    UserPoolId: userPoolId,
    ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH"],
    RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: graceSeconds },
  });
  return cognito;
}

interface Settings {
  readonly env: Readonly<Record<string, string>>;
  readonly redisPort: number;
  readonly cognitoPort: number;
}

function environmentOf({ env, redisPort, cognitoPort }: Settings, port: number): Record<string, string> {
  const addresses = { SESSION_STORE: `redis://127.0.0.1:${redisPort}`, COGNITO_ENDPOINT: `http://127.0.0.1:${cognitoPort}` };
  return { ...env, ...addresses, PORT: String(port) };
}

/** In a process of its own. */
async function startHolder(t: Test, settings: Settings): Promise<Holder> {
  const [redis, cognito, port] = [await openHeldLine(settings.redisPort), await openHeldLine(settings.cognitoPort), await freePort()];
  const env = environmentOf({ ...settings, redisPort: redis.port, cognitoPort: cognito.port }, port);
  const child = fork(REPLICA, { env: { PATH: process.env["PATH"] ?? "", ...env } });
  t.teardown(async () => {
    child.kill("SIGKILL");
    await Promise.all([redis.close(), cognito.close()]);
  });
  await once(child, "message");
  return { child, port, redis, cognito };
}

async function startSibling(t: Test, settings: Settings): Promise<Sibling> {
  const port = await freePort();
  const logLines: string[] = [];
  const server = await startReplica(environmentOf(settings, port), logLines);
  t.teardown(() => server.close());
  return { port, logLines, managementUrl: server.managementUrl };
}

const deadTokens = (subject: string, refresh: string) => sessionOf({ subject, refresh, issuedAtMs: Date.now() - HOUR_MS - 1_000 }).tokens;

async function deploy(t: Test, graceSeconds: number, leaseMs: number | null): Promise<Deployment> {
  const publicUrl = "http://localhost:3000";
  const server = await startRedis();
  t.teardown(() => server.stop());
  const redis = await connectTo(server.url);
  t.teardown(() => redis.destroy());
  const cognito = await startCognito(t, publicUrl, graceSeconds);
  const api = createServer((_request, response) => void response.end("ok")).listen(0, "127.0.0.1");
  t.teardown(() => api.close());
  await once(api, "listening");
  const env = {
    PUBLIC_URL: publicUrl,
    HOST: "127.0.0.1",
    MANAGEMENT_PORT: "0",
    COGNITO_USER_POOL_ID: userPoolId,
    COGNITO_CLIENT_ID: clientId,
    COGNITO_CLIENT_SECRET: clientSecret,
    COGNITO_REFRESH_API: "get_tokens",
    SESSION_KEYS: KEY.reveal().toString("base64"),
    PROXY_ROUTES: `/api=http://127.0.0.1:${(api.address() as AddressInfo).port}`,
    ...(leaseMs === null ? {} : { LEASE_MS: String(leaseMs) }),
  };
  const cognitoPort = Number(new URL(cognito.url).port);
  const settings = { env, redisPort: server.port, cognitoPort };
  const [holder, sibling] = await Promise.all([startHolder(t, settings), startSibling(t, settings)]);
  const opened = await openRedis({
    url: new Secret(server.url),
    sessionKeys: [KEY],
    maxAgeMs: null,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
  });
  t.teardown(() => opened.close());
  const store = opened.openStore(emptyTable());
  const codec = createTicketCodec({ sealer: createSealer([KEY]), now: Date.now, cache: new SessionCache({ bytes: 1_000_000 }) });
  const { names } = createCookieWriter({ publicUrl, sameSite: "strict" });

  return {
    cognito,
    redis,
    holder,
    sibling,
    async signedIn() {
      const { email: username, password } = DEFAULT_SEED.user;
      const { AuthenticationResult: tokens } = await ask<{ AuthenticationResult: { RefreshToken: string; IdToken: string } }>(
        cognito,
        "InitiateAuth",
        {
          AuthFlow: "USER_PASSWORD_AUTH",
          ClientId: clientId,
          AuthParameters: {
            USERNAME: username,
            PASSWORD: password,
            SECRET_HASH: secretHash(new Secret(clientSecret), username, clientId),
          },
        },
      );
      const claims = readClaims(tokens.IdToken) ?? {};
      const subject = String(claims["sub"]);
      const session = sessionOf(
        { subject },
        {
          userPoolId,
          clientId,
          username: String(claims["cognito:username"]),
          startedAtMs: Date.now(),
          lastSeenAtMs: Date.now(),
          tokens: deadTokens(subject, tokens.RefreshToken),
        },
      );
      await store.commit(session, null, null);
      return { session, refreshToken: tokens.RefreshToken, cookie: `${names.session}=${codec.sealId(session)}` };
    },
    async age({ session }) {
      const [leased, newest] = [await store.lease(session.id), await store.load(session.id, null)];
      if (leased.kind !== "granted" || "kind" in newest) throw new Error("the session cannot be had");
      const aged = { ...newest, tokens: deadTokens(newest.subject, newest.tokens.refresh.reveal()), version: newest.version + 1 };
      await store.commit(aged, newest.version, leased.lease);
      await leased.lease.release("closed");
    },
    async call({ port }, { cookie }) {
      const answer = await request(`http://127.0.0.1:${port}/api/echo`, {
        headers: { host: "localhost:3000", cookie, "sec-fetch-site": "same-origin" },
        headersTimeout: 30_000,
      });
      await answer.body.text();
      const problem = answer.headers["bff-problem"];
      return { status: answer.statusCode, problem: typeof problem === "string" ? problem : "" };
    },
  };
}

const OK = { status: 200, problem: "" };

/**
 * What a replica answers in the end. A machine that has no time for it reads an answer of Redis's later than within the second after which that counts
 * as none: then a person hears 503, and tries again. A verdict it is not.
 */
async function insisted({ call }: Deployment, replica: Replica, person: SignedIn, first = call(replica, person)) {
  let answer = await first;
  for (let tries = 0; tries < 20 && answer.problem === "store_unavailable"; tries++) {
    await pause(500);
    answer = await call(replica, person);
  }
  return answer;
}

/** What became of three sessions whose refresh a process was stopped in, for longer than its lease. */
async function stopHolder(t: Test, deployment: Deployment, leaseMs: number) {
  const { redis, holder, sibling, signedIn, call } = deployment;
  const [unasked, answered, underway] = [await signedIn(), await signedIn(), await signedIn()];
  const answer = holder.cognito.hold("answer", answered.refreshToken);
  const question = holder.cognito.hold("request", underway.refreshToken);
  const note = holder.redis.hold("request", ANNOUNCE.sha, unasked.session.id);
  const calls = [answered, underway].map((person) => call(holder, person));
  await Promise.all([answer.reached, question.reached]);
  calls.unshift(call(holder, unasked));
  await note.reached;
  holder.child.kill("SIGSTOP");
  // What is on its way goes on, and is not read.
  note.release();
  answer.release();
  await pause(leaseMs + 200);
  t.equal(await redis.exists(`bff:{${unasked.session.id}}:lease`), 0, "its leases have run out");
  // Who comes while an answer to the holder is on its way hears 503 without a grace period, and is not asked again here.
  const there = await Promise.all([
    insisted(deployment, sibling, unasked),
    call(sibling, answered),
    insisted(deployment, sibling, underway),
  ]);
  question.release();
  await pause(100);
  holder.child.kill("SIGCONT");
  const people = [unasked, answered, underway];
  return { people, there, here: await Promise.all(people.map((person, index) => insisted(deployment, holder, person, calls[index]))) };
}

// They wait most of the time.
t.jobs = 2;

t.test("a process that is stopped in a refresh, for longer than its lease, without a grace period", { skip, buffered: true }, async (t) => {
  const leaseMs = 2_000;
  const deployment = await deploy(t, 0, leaseMs);
  const { cognito, redis, holder, sibling, signedIn, call } = deployment;
  const { people, there, here } = await stopHolder(t, deployment, leaseMs);
  const [unasked, answered, underway] = there;
  t.same(unasked, OK, "nothing had been asked yet: the sibling refreshes");
  t.same(
    answered,
    { status: 503, problem: "store_unavailable" },
    "Cognito had answered: the sibling ends nothing while the holder may come back",
  );
  t.same(underway, OK, "the sibling's question was there first");
  t.same(here, [OK, OK, OK], "it asks nothing any more, brings what came meanwhile, or takes the sibling's");
  await until(async () => (await call(sibling, people[1] as SignedIn)).status === 200, "the sibling has it from the store");
  const outcomes = cognito.calls.list("GetTokensFromRefreshToken").map(({ outcome }) => outcome);
  t.same([outcomes.filter((outcome) => outcome === "ok").length, outcomes.length], [3, 5], "three refreshes; two tokens came once more");

  await t.test("one that dies with the answer loses its session, after two minutes, and the log says so", async (t) => {
    const person = await signedIn();
    const held = holder.cognito.hold("answer", person.refreshToken);
    call(holder, person).catch(() => {});
    await held.reached;
    holder.child.kill("SIGKILL");
    await pause(leaseMs);
    t.same(await call(sibling, person), { status: 503, problem: "store_unavailable" });
    const notes = `bff:{${person.session.id}}:intents`;
    for (const fence of await redis.hKeys(notes)) await redis.hSet(notes, fence, Date.now() - 121_000);
    await until(async () => (await call(sibling, person)).status === 401, "ended");
    t.equal(sibling.logLines.filter((line) => line.includes("a session was lost")).length, 1);
    t.equal(await readMetric(sibling.managementUrl, "bff_sessions_lost_total"), 1);
  });
});

t.test("the same with a grace period of ten seconds, and a lease of five: nobody is lost", { skip, buffered: true }, async (t) => {
  const deployment = await deploy(t, 10, null);
  const { cognito, sibling, age } = deployment;
  const { people, there, here } = await stopHolder(t, deployment, 5_000);
  t.same(
    [there, here],
    [
      [OK, OK, OK],
      [OK, OK, OK],
    ],
    "within it Cognito takes the old token from both",
  );
  const before = cognito.calls.list("GetTokensFromRefreshToken").length;
  t.equal(before, 5);
  // Whichever request came last has the token that works: the next refresh finds it.
  for (const person of people) await age(person);
  await pause(1_100);
  for (const person of people) t.same(await insisted(deployment, sibling, person), OK);
  const outcomes = cognito.calls
    .list("GetTokensFromRefreshToken")
    .slice(before)
    .map(({ outcome }) => outcome);
  t.same(outcomes, ["ok", "ok", "RefreshTokenReuseException", "ok"], "an alternate, for the one whose late question came last");
});
