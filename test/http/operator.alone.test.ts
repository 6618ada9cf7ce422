import { createClient } from "@redis/client";
import t, { type Test } from "tap";
import type { ProblemDocument } from "../../src/index.js";
import { type AnotherServer, runAnotherServer } from "../support/another-server.js";
import { until } from "../support/condition.js";
import { readMetric } from "../support/metric.js";
import type { Person } from "../support/person.js";
import { openRedisLine, type RedisLine } from "../support/redis-line.js";
import { startRedis, withoutRedis } from "../support/redis-server.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";
import { closingOf, openSocket } from "../support/sockets.js";

const skip = await withoutRedis();
const TOKEN = "an-operators-token-of-32-bytes-or-more";
const PAGE = "limit=2";

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  json<T = Record<string, unknown>>(): T;
}

interface Listed {
  readonly sessions: readonly { readonly handle: string; readonly user: { readonly sub: string; readonly username: string } }[];
  readonly next_cursor: string | null;
}

interface Ended {
  readonly ended: readonly { readonly handle: string; readonly refresh_token: string }[];
  readonly next_cursor: string | null;
}

type Ask = (method: string, path: string, headers?: Record<string, string>) => Promise<Answer>;

function askAt(managementUrl: string): Ask {
  return async (method, path, headers = { authorization: `Bearer ${TOKEN}` }) => {
    const answer = await fetch(`${managementUrl}${path}`, { method, headers });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: () => JSON.parse(text) };
  };
}

interface Deployment {
  readonly demo: RunningDemo;
  readonly others: readonly AnotherServer[];
  readonly ask: Ask;
  /** Ends every session, so that each test begins with none. */
  empty(): Promise<void>;
  /** Between all of them and Redis. */
  readonly line: RedisLine;
}

/** Three proxies with one Redis, over a line that a test can cut. */
async function deploy(t: Test): Promise<Deployment> {
  const server = await startRedis();
  t.teardown(() => server.stop());
  const redis = await createClient({ url: server.url }).connect();
  t.teardown(() => redis.destroy());
  const line = await openRedisLine(server.port);
  t.teardown(() => line.close());
  const demo = await runDemo(t, { sessionStore: line.url, managementToken: TOKEN, cognitoRefreshTokenValidity: "30d" });
  const others: AnotherServer[] = [];
  for (let count = 0; count < 2; count++) others.push(await runAnotherServer(t, demo, { changes: { publicUrl: demo.url } }));
  const ask = askAt(demo.managementUrl);
  return {
    demo,
    others,
    ask,
    async empty() {
      await redis.flushAll();
    },
    line,
  };
}

const subOf = async (person: Person) => (await person.call("/auth/session")).json<{ user: { sub: string } }>().user.sub;
const refusedAt = async (person: Person, url: string) => {
  await until(async () => (await person.copy().call(`${url}/api/echo`)).status === 401, "refused");
  return (await person.copy().call(`${url}/api/echo`)).json<ProblemDocument>();
};

t.test("an operator, three proxies and one Redis", { skip }, async (t) => {
  const { demo, others, ask, empty, line } = await deploy(t);
  const [second] = others;
  if (!second) throw new Error("no second proxy");

  await t.test("only who sends the token is let in, and no browser", async (t) => {
    for (const headers of [{}, { authorization: `Bearer ${TOKEN}x` }, { authorization: `Basic ${TOKEN}` }, { authorization: TOKEN }]) {
      const answer = await ask("GET", "/sessions", headers as Record<string, string>);
      t.equal(answer.status, 401);
      t.equal(answer.headers.get("www-authenticate"), "Bearer");
      t.match(answer.json(), { reason: "anonymous", login_url: undefined });
      t.notMatch(answer.text, TOKEN);
    }
    for (const header of ["origin", "sec-fetch-site"]) {
      const answer = await ask("GET", "/sessions", { authorization: `Bearer ${TOKEN}`, [header]: "same-origin" });
      t.equal(answer.status, 403, header);
    }
    t.equal((await ask("GET", "/sessions", { authorization: `bearer  ${TOKEN}` })).status, 200);
    t.match(demo.logLines.join(""), /"event":"authn_login_fail"/);
    t.notMatch(demo.logLines.join(""), TOKEN);
  });

  await t.test("sessions are listed page by page, the latest first, without anything that opens one", async (t) => {
    await empty();
    const people = [await demo.signedIn(), await demo.signedIn(), await demo.signedIn()];
    const first = (await ask("GET", `/sessions?${PAGE}`)).json<Listed>();
    t.equal(first.sessions.length, 2);
    const rest = (await ask("GET", `/sessions?${PAGE}&cursor=${first.next_cursor}`)).json<Listed>();
    t.equal(rest.sessions.length, 1);
    t.equal(rest.next_cursor, null);
    const all = [...first.sessions, ...rest.sessions];
    t.equal(new Set(all.map(({ handle }) => handle)).size, 3);
    const began = all.map((session) => Date.parse(String(Object(session).started_at)));
    t.same(
      began,
      [...began].sort((a, b) => b - a),
    );
    const [person] = people;
    if (!person) throw new Error("nobody");
    const { text } = await ask("GET", "/sessions");
    for (const secret of ["eyJ", "demo@example.com", person.cookies.get("bff-session") ?? ""]) t.notOk(text.includes(secret));
    const sub = await subOf(person);
    t.equal((await ask("GET", `/sessions?user=${sub}`)).json<Listed>().sessions.length, 3);
    t.equal((await ask("GET", `/sessions?user=${all[0]?.user.username}`)).json<Listed>().sessions.length, 3);
    const one = (await ask("GET", `/sessions?user=${sub}&limit=1`)).json<Listed>();
    t.equal(one.sessions[0]?.handle, all[0]?.handle, "a person's, the latest first as well");
    t.equal((await ask("GET", `/sessions?user=${sub}&cursor=${one.next_cursor}`)).json<Listed>().sessions.length, 2);
    t.same((await ask("GET", "/sessions?user=nobody")).json<Listed>().sessions, []);
    const handle = all[0]?.handle ?? "";
    t.match((await ask("GET", `/sessions/${handle}`)).json(), { handle, user: { sub }, session_ends_at: String });
    t.ok(
      demo.logLines.some((logged) => logged.includes(`"session":"${handle}"`)),
      "the log calls it the same",
    );
  });

  await t.test("what cannot be understood ends nothing", async (t) => {
    await empty();
    const person = await demo.signedIn();
    for (const [method, path] of [
      ["DELETE", "/sessions"],
      ["DELETE", "/sessions?usr=x"],
      ["DELETE", "/sessions?all=yes"],
      ["DELETE", "/sessions?all=true&user=x"],
      ["DELETE", "/sessions?user=a&user=b"],
      ["DELETE", "/sessions?user="],
      ["GET", "/sessions?limit=101"],
      ["GET", "/sessions?cursor=1.x"],
      ["GET", `/sessions?user=${"x".repeat(257)}`],
    ] as const)
      t.equal((await ask(method, path)).status, 400, `${method} ${path}`);
    for (const handle of ["x", "0".repeat(16), "F".repeat(16)]) {
      t.equal((await ask("GET", `/sessions/${handle}`)).status, 404);
      t.equal((await ask("DELETE", `/sessions/${handle}`)).status, 404);
    }
    t.equal((await person.call("/api/echo")).status, 200);
  });

  await t.test("a session that an operator ends is refused at every proxy, and its refresh token revoked", async (t) => {
    await empty();
    const [person, other] = [await demo.signedIn(), await demo.signedIn()];
    const { sessions } = (await ask("GET", "/sessions")).json<Listed>();
    const handle = sessions[1]?.handle ?? "";
    demo.localCognito.calls.clear();
    const answer = (await ask("DELETE", `/sessions/${handle}`)).json<Ended>();
    t.match(answer, { ended: [{ handle, refresh_token: "revoked" }], next_cursor: null });
    t.equal(demo.localCognito.calls.list("RevokeToken").length, 1);
    const endedAtMs = performance.now();
    for (const url of [demo.url, ...others.map(({ url }) => url)])
      t.match(await refusedAt(person, url), { reason: "signed_out", cause: "operator" });
    t.ok(performance.now() - endedAtMs < 1_000);
    t.equal((await other.call("/api/echo")).status, 200);
    t.equal((await ask("DELETE", `/sessions/${handle}`)).status, 404);
    t.equal((await ask("GET", "/sessions")).json<Listed>().sessions.length, 1);
  });

  await t.test("all sessions of a person, and everybody's, page by page", async (t) => {
    await empty();
    const people = [await demo.signedIn(), await demo.signedIn()];
    const [person] = people;
    if (!person) throw new Error("nobody");
    t.equal((await ask("DELETE", `/sessions?user=${await subOf(person)}`)).json<Ended>().ended.length, 2);
    for (const each of people) t.match(await refusedAt(each, second.url), { reason: "signed_out", cause: "operator" });
    const later = [await demo.signedIn(), await demo.signedIn(), await demo.signedIn()];
    const first = (await ask("DELETE", `/sessions?all=true&${PAGE}`)).json<Ended>();
    t.match(first.ended, [{ refresh_token: "pending" }, { refresh_token: "pending" }]);
    const rest = (await ask("DELETE", `/sessions?all=true&${PAGE}&cursor=${first.next_cursor}`)).json<Ended>();
    t.equal(rest.ended.length, 1);
    for (const each of later) t.match(await refusedAt(each, second.url), { cause: "operator" });
  });

  await t.test("metrics of any proxy say how many there are and when they end; what is not known is left out", async (t) => {
    await empty();
    await demo.signedIn();
    demo.advance("2d");
    await demo.signedIn();
    await demo.signedIn();
    demo.advance("27d");
    demo.advance("20h");
    const { sessions, by_age, ends_within } = (await ask("GET", "/sessions/summary")).json<{
      sessions: number;
      by_age: { sessions: number }[];
      ends_within: { from_seconds: number; to_seconds: number | null; sessions: number }[];
    }>();
    t.equal(sessions, 3);
    t.equal(
      by_age.reduce((sum, bucket) => sum + bucket.sessions, 0),
      3,
    );
    const ends = ends_within.filter((bucket) => bucket.sessions > 0);
    t.match(ends, [
      { from_seconds: 3 * 3_600, to_seconds: 4 * 3_600, sessions: 1 },
      { from_seconds: 2 * 86_400, to_seconds: 3 * 86_400, sessions: 2 },
    ]);
    const of = (name: string, within = "") => readMetric(second.managementUrl, name, within);
    // What was asked for before a session began may be a few seconds old.
    await until(async () => (await of("bff_shared_sessions")) === 3, "they are counted");
    t.equal(await of("bff_shared_sessions_begun", 'within="1d"'), 0);
    t.equal(await of("bff_shared_sessions_begun", 'within="30d"'), 3);
    t.equal(await of("bff_shared_sessions_ending", 'within="1h"'), 0);
    t.equal(await of("bff_shared_sessions_ending", 'within="6h"'), 1);
    t.equal(await of("bff_shared_sessions_ending", 'within="7d"'), 3);
    t.equal(await of("bff_shared_sessions_ending_peak"), 1);
    const { text } = await askAt(demo.managementUrl)("GET", "/metrics");
    t.match(text, /^# TYPE bff_shared_sessions gauge$/m);
    demo.advance("3d");
    t.equal((await ask("GET", "/sessions")).json<Listed>().sessions.length, 0, "their time is up");
  });

  await t.test("a live socket and an event stream at another proxy close within a second, whoever ends the session", async (t) => {
    const headers = { "content-type": "application/json" };
    const laptop = { method: "POST", headers, body: '{"everywhere":true}' };
    const ways: readonly (readonly [string, (person: Person, other: Person, sub: string) => Promise<unknown>])[] = [
      ["sign-out", (person) => person.call("/auth/logout", { method: "POST" })],
      ["sign-out everywhere in another browser", (_person, other) => other.call("/auth/logout", laptop)],
      ["an operator", (_person, _other, sub) => ask("DELETE", `/sessions?user=${sub}`)],
    ];
    for (const heard of [true, false])
      for (const [way, end] of ways) {
        const [person, other] = [await demo.signedIn(), await demo.signedIn()];
        const [copy, sub] = [person.copy(), await subOf(person)];
        const at = { ...demo, url: second.url };
        const socket = await openSocket(t, at, copy, "/api/socket", { origin: demo.url });
        const events = await fetch(`${second.url}/api/events`, {
          headers: { cookie: copy.cookiesOf("localhost"), "sec-fetch-site": "same-origin", accept: "text/event-stream" },
        });
        t.equal(events.status, 200);
        const streamEnded = events.text().then(
          () => performance.now(),
          () => performance.now(),
        );
        const closed = closingOf(socket).then(({ code }) => ({ code, atMs: performance.now() }));
        line.listening(heard);
        const endedAtMs = performance.now();
        await end(person, other, sub);
        const [{ code, atMs }, streamAtMs] = await Promise.all([closed, streamEnded]);
        line.listening(true);
        const took = `${way}${heard ? "" : ", subscription half open"}: socket ${Math.round(atMs - endedAtMs)} ms, stream ${Math.round(streamAtMs - endedAtMs)} ms`;
        t.equal(code, 4401, took);
        t.ok(atMs - endedAtMs < 1_000 && streamAtMs - endedAtMs < 1_000, took);
        t.comment(took);
      }
  });

  await t.test("while Redis is away an order is a 503 and holds where it was given; what was not begun is not done", async (t) => {
    await empty();
    const person = await demo.signedIn();
    const { handle } = (await ask("GET", "/sessions")).json<Listed>().sessions[0] ?? {};
    line.reachable(false);
    for (const [method, path] of [
      ["GET", "/sessions"],
      ["GET", "/sessions/summary"],
      ["GET", `/sessions/${handle}`],
      ["DELETE", `/sessions/${handle}`],
      ["DELETE", "/sessions?user=somebody"],
      ["DELETE", "/sessions?all=true"],
    ] as const) {
      const answer = await ask(method, path);
      t.equal(answer.status, 503, path);
      t.match(answer.json(), { reason: "store_unavailable" });
      t.match(answer.headers.get("retry-after"), /^\d+$/);
    }
    line.reachable(true);
    await until(async () => (await ask("GET", "/sessions")).status === 200, "back");
    t.equal((await ask("GET", "/sessions")).json<Listed>().sessions.length, 1);
    await until(async () => (await person.call("/api/echo")).status === 200, "served");
  });

  await t.test("after twenty wrong tokens further ones are refused for a minute, and the right one is let in", async (t) => {
    const askSecond = askAt(second.managementUrl);
    for (let count = 0; count < 20; count++)
      t.equal((await askSecond("GET", "/sessions", { authorization: `Bearer ${count}` })).status, 401);
    t.equal((await askSecond("GET", "/sessions")).status, 200);
    const answer = await askSecond("GET", "/sessions", { authorization: "Bearer another" });
    t.match(answer.json(), { status: 429, reason: "rate_limited" });
    t.ok(Number(answer.headers.get("retry-after")) > 30);
    t.equal((await askSecond("GET", "/livez")).status, 200, "probes go on");
  });
});
