import { createClient } from "@redis/client";
import t, { type Test } from "tap";
import type { ProblemDocument } from "../../src/index.js";
import { Secret } from "../../src/model/secret.js";
import { updateClient } from "../support/administration.js";
import { runAnotherServer } from "../support/another-server.js";
import { until } from "../support/condition.js";
import type { Answer, Person } from "../support/person.js";
import { openRedisLine, type RedisLine } from "../support/redis-line.js";
import { startRedis, withoutRedis } from "../support/redis-server.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";
import { keyFrom } from "../support/session-fixtures.js";
import { limitHere } from "../support/slow-machine.js";

const skip = await withoutRedis();
const POST = { method: "POST" };
const problemOf = (answer: Answer) => answer.json<ProblemDocument>();

interface Deployment {
  readonly demo: RunningDemo;
  /** The addresses of the three proxies. */
  readonly urls: readonly string[];
  readonly redis: Awaited<ReturnType<typeof connect>>;
  readonly line: RedisLine;
  /** Calls of one person, to one proxy after the other. */
  calls(person: Person, count: number): Promise<readonly Answer[]>;
}

const connect = (url: string) => createClient({ url }).connect();

/** Three proxies with one Redis, behind one address. */
async function deploy(t: Test): Promise<Deployment> {
  const server = await startRedis();
  t.teardown(() => server.stop());
  const redis = await connect(server.url);
  t.teardown(() => redis.destroy());
  const line = await openRedisLine(server.port);
  t.teardown(() => line.close());
  const demo = await runDemo(t, { sessionStore: line.url });
  const others = [];
  for (let count = 0; count < 2; count++) others.push(await runAnotherServer(t, demo, { changes: { publicUrl: demo.url } }));
  const urls = [demo, ...others].map(({ url }) => url);
  let next = 0;
  return {
    demo,
    urls,
    redis,
    line,
    calls: (person, count) => Promise.all(Array.from({ length: count }, () => person.call(`${urls[next++ % urls.length]}/api/echo`))),
  };
}

const statusesOf = (answers: readonly Answer[]) => [...new Set(answers.map(({ status }) => status))];

/** Whether a JOSE header in base64url stands in a text (RFC 7515 and RFC 7516, 4.1.1: it has an `alg`). */
const holdsTokenHeader = (text: string): boolean =>
  [...text.matchAll(/eyJ[\w-]+/g)].some(([header]) => {
    try {
      return "alg" in Object(JSON.parse(Buffer.from(header, "base64url").toString()));
    } catch {
      return false;
    }
  });

t.test("three proxies, one Redis", { skip }, async (t) => {
  const { demo, urls, redis, line, calls } = await deploy(t);
  await updateClient(demo, { RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 0 } });

  await t.test("sixty calls to all of them at an expiry cause one refresh, with rotation and no grace", async (t) => {
    const person = await demo.signedIn();
    t.ok((person.cookies.get("bff-session") ?? "").length < 250, "the cookie holds the id alone");
    for (let times = 1; times <= 3; times++) {
      demo.advance("2h");
      demo.localCognito.calls.clear();
      t.same(statusesOf(await calls(person, 60)), [200]);
      // Each proxy learns for itself that the app client rotates: what it asks in vain before is no refresh.
      t.equal(demo.localCognito.calls.list("GetTokensFromRefreshToken").length, 1);
    }
    t.equal(await redis.exists("bff:{rate}"), 1, "and its turn came from the bucket of all three");
  });

  await t.test("a sign-out at one is heard by the others within a second, and a copied cookie refused", async (t) => {
    const person = await demo.signedIn();
    const copies = urls.map(() => person.copy());
    t.same(statusesOf(await calls(person, 6)), [200]);
    await person.call("/auth/logout", POST);
    const endedAtMs = performance.now();
    for (const [index, copy] of copies.entries()) {
      await until(async () => (await copy.copy().call(`${urls[index]}/api/echo`)).status === 401, "refused");
      t.match(problemOf(await copy.call(`${urls[index]}/api/echo`)), { reason: "signed_out", cause: "logout" });
    }
    t.ok(performance.now() - endedAtMs < 1_000);
  });

  await t.test("signing out everywhere ends the person's other sessions at every proxy", async (t) => {
    const [person, laptop] = [await demo.signedIn(), await demo.signedIn()];
    const headers = { "content-type": "application/json" };
    const answer = await person.call("/auth/logout", { ...POST, headers, body: '{"everywhere":true}' });
    t.match(answer.json(), { everywhere: "done" });
    for (const url of urls) {
      const copy = laptop.copy();
      await until(async () => (await copy.copy().call(`${url}/api/echo`)).status === 401, "refused");
      t.match(problemOf(await copy.call(`${url}/api/echo`)), { reason: "signed_out", cause: "logout_everywhere" });
    }
  });

  await t.test("a session that a proxy has just opened is called without a question to Redis, and with one after a second", async (t) => {
    const person = await demo.signedIn();
    const call = () => person.call(`${urls[1]}/api/echo`);
    const asked = async () => Number(/cmdstat_hmget:calls=(\d+)/.exec(await redis.info("commandstats"))?.[1] ?? 0);
    const askedBy = async (calls: number) => {
      const before = await asked();
      for (let made = 0; made < calls; made++) t.equal((await call()).status, 200);
      return (await asked()) - before;
    };
    await call();
    // A machine that is busy may take longer than the second, or the heartbeat than its half: then it is another one's turn.
    let least = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < 20 && least > 0; turn++) least = Math.min(least, await askedBy(5));
    t.equal(least, 0);
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    t.equal(await askedBy(1), 1);
  });

  await t.test("a session without a record is 401 unknown, and its cookie is kept", async (t) => {
    const person = await demo.signedIn();
    await redis.flushAll();
    await until(async () => (await person.call(`${urls[1]}/api/echo`)).status === 401, "refused");
    t.match(problemOf(await person.call(`${urls[1]}/api/echo`)), { reason: "expired", cause: "unknown" });
    t.ok(person.cookies.has("bff-session"));
  });

  await t.test(
    "while Redis is away sessions go on for a minute, then hear 503; nobody is signed out, and it heals without a restart",
    async (t) => {
      const person = await demo.signedIn();
      t.same(statusesOf(await calls(person, 6)), [200]);
      line.reachable(false);
      const sinceMs = performance.now();
      while (performance.now() - sinceMs < 500) t.same(statusesOf(await calls(person, 3)), [200]);
      demo.advance("1m");
      await until(async () => (await calls(person, 3)).every(({ status }) => status === 503), "away");
      const answer = await person.call(`${urls[2]}/api/echo`);
      t.match(problemOf(answer), { status: 503, reason: "store_unavailable" });
      t.match(answer.headers, { "retry-after": /^\d+$/ });
      t.ok(person.cookies.has("bff-session"));
      line.reachable(true);
      await until(async () => (await calls(person, 3)).every(({ status }) => status === 200), "back");
    },
  );

  await t.test("where nobody is told that the line is dead, calls wait no longer than a second, and it heals", async (t) => {
    const person = await demo.signedIn();
    t.same(statusesOf(await calls(person, 6)), [200], "each has opened it");
    const statuses = new Set<number>();
    // A second, and what the machine takes for three calls.
    const longestMs = await limitHere(1_500, person);
    line.halfOpen();
    const sinceMs = performance.now();
    let slowestMs = 0;
    while (performance.now() - sinceMs < 2_000) {
      const calledAtMs = performance.now();
      for (const { status } of await calls(person, 3)) statuses.add(status);
      slowestMs = Math.max(slowestMs, performance.now() - calledAtMs);
    }
    t.same([...statuses], [200]);
    t.ok(slowestMs > 500 && slowestMs < longestMs, `the slowest took ${Math.round(slowestMs)} ms`);
    demo.advance("1m");
    await until(async () => (await calls(person, 3)).every(({ status }) => status === 200), "back");
  });

  await t.test("a dump holds no token, no ticket, and nothing of whom it is", async (t) => {
    const person = await demo.signedIn();
    const texts: string[] = [];
    for (const key of await redis.keys("*")) {
      texts.push(key);
      if ((await redis.type(key)) === "hash") texts.push(...Object.values(await redis.hGetAll(key)));
      if ((await redis.type(key)) === "zset") texts.push(...(await redis.zRange(key, 0, -1)));
    }
    t.ok(texts.length > 4);
    const { user } = (await person.call("/auth/session")).json<{ user: { sub: string; email: string } }>();
    const ticket = person.cookies.get("bff-session") ?? "";
    // Of any token (a JWT, or Cognito's encrypted refresh token) the beginning; its three first letters alone come about by chance.
    t.notOk(texts.some(holdsTokenHeader));
    for (const secret of [user.sub, user.email, ticket]) t.notOk(texts.some((text) => text.includes(secret)));
    for (const text of texts) {
      const thief = demo.person();
      thief.plant("bff-session", text);
      t.equal((await thief.call("/api/echo")).status, 401);
    }
  });
});

t.test("a deployment moves from cookies to Redis, one process after the other: nobody is signed out", { skip }, async (t) => {
  const server = await startRedis();
  t.teardown(() => server.stop());
  const demo = await runDemo(t);
  const changes = { publicUrl: demo.url, sessionStore: { kind: "redis", url: new Secret(server.url) } } as const;
  const moved = await runAnotherServer(t, demo, { changes });
  const [before, after] = [`${demo.url}/api/echo`, `${moved.url}/api/echo`];
  const [person, gone] = [await demo.signedIn(), await demo.signedIn()];
  const old = person.copy();
  const copied = gone.copy();
  await gone.call("/auth/logout", POST);
  t.same(statusesOf([await person.call(after), await person.call(before)]), [200], "served as it is by both");
  demo.advance("2h");
  t.match(
    problemOf(await copied.call(after)),
    { reason: "expired", cause: "refresh_token_revoked" },
    "a copy of a ticket that was signed out before is taken in by no refresh",
  );
  t.equal((await person.call(after)).status, 200);
  t.ok((person.cookies.get("bff-session") ?? "").length < 250, "after its first refresh there the browser has an id");
  t.match(
    problemOf(await person.call(before)),
    { status: 503, reason: "store_unavailable" },
    "which is no verdict where cookies are meant",
  );
  t.equal((await person.call(after)).status, 200);
  t.equal((await old.copy().call(after)).status, 200, "the ticket of before is of the same session");
  await person.call(`${moved.url}/auth/logout`, POST);
  t.match(problemOf(await old.copy().call(after)), { reason: "signed_out", cause: "logout" });
  const later = await runAnotherServer(t, demo, { changes });
  t.match(
    problemOf(await old.copy().call(`${later.url}/api/echo`)),
    { reason: "signed_out", cause: "logout" },
    "in a process that comes later, too",
  );
});

t.test(
  "a deployment that goes back to cookies hears 503 for its ids until their people sign in, or 401 with new session keys",
  { skip },
  async (t) => {
    const server = await startRedis();
    t.teardown(() => server.stop());
    const demo = await runDemo(t, { sessionStore: server.url });
    const person = await demo.signedIn();
    const back = await runAnotherServer(t, demo, { changes: { publicUrl: demo.url, sessionStore: { kind: "cookie" } } });
    const newKeys = { publicUrl: demo.url, sessionStore: { kind: "cookie" }, sessionKeys: [keyFrom("another")] } as const;
    const anew = await runAnotherServer(t, demo, { changes: newKeys });
    t.match(problemOf(await person.call(`${back.url}/api/echo`)), { status: 503, reason: "store_unavailable" });
    t.match(problemOf(await person.call(`${anew.url}/api/echo`)), { status: 401, reason: "invalid", cause: "unknown_key" });
    t.ok(person.cookies.has("bff-session"), "neither takes the ticket away");
  },
);
