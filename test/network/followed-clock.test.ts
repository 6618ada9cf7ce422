import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import t, { type Test } from "tap";
import { startLocalCognito } from "../../src/local-cognito/index.js";
import type { Log } from "../../src/model/log.js";
import { createFollowedClock, type FollowedClock } from "../../src/network/followed-clock.js";
import { until } from "../support/condition.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Who follows an endpoint, and what it says of it. */
function follower(t: Test, endpoint: string): { readonly followed: FollowedClock; readonly said: readonly string[]; aheadMs(): number } {
  const said: string[] = [];
  const note = (_fields: object, message: string) => void said.push(message);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const followed = createFollowedClock({ endpoint, app: "http://localhost:3000", log });
  t.teardown(() => followed.close());
  followed.follow();
  return { followed, said, aheadMs: () => Math.round((followed.clock.now() - Date.now()) / 10) * 10 };
}

async function listen(server: Server, port = 0): Promise<string> {
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Something at a loopback address that says these one after the other, and then keeps every question. */
async function saying(t: Test, answers: readonly (string | { readonly status: number; readonly headers?: Record<string, string> })[]) {
  const left = [...answers];
  const server = createServer((request, response) => {
    request.resume();
    const next = left.shift();
    if (next === undefined) return;
    if (typeof next === "string") response.end(next);
    else response.writeHead(next.status, next.headers).end();
  });
  const url = await listen(server);
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url, left };
}

t.test("a clock that follows stands where local Cognito's does, and moves with it before advancing answers", async (t) => {
  const cognito = await startLocalCognito({ port: 0 });
  t.teardown(() => cognito.close());
  await cognito.advance("2h");
  const { followed, said, aheadMs } = follower(t, cognito.url);
  await followed.ready;
  t.equal(aheadMs(), 2 * HOUR_MS);
  let called = 0;
  followed.clock.after(DAY_MS, () => called++);
  t.match(await cognito.advance("31d"), { followers: 1, dropped: [] });
  t.equal(aheadMs(), 31 * DAY_MS + 2 * HOUR_MS, "at once, since it was waited for");
  t.equal(called, 1);
  t.match(said, ["COGNITO_FOLLOW_CLOCK: this process takes its time from local Cognito", "the clock was moved ahead, to 20"]);

  const other = follower(t, cognito.url);
  await other.followed.ready;
  t.match(await cognito.advance("1h"), { followers: 2 });
  t.equal(other.aheadMs(), aheadMs());
  await followed.close();
  t.match(await cognito.advance("1h"), { followers: 1, dropped: [] }, "it has said good-bye");
});

t.test("a local Cognito that is not there yet is waited for, and one that comes back is followed again, forward only", async (t) => {
  const first = await startLocalCognito({ port: 0 });
  const { port } = new URL(first.url);
  await first.close();
  const { followed, said, aheadMs } = follower(t, first.url);
  await until(() => said.length > 0, "it says that nobody is there");
  t.match(said, [/cannot be followed: ECONNREFUSED/]);

  const second = await startLocalCognito({ port: Number(port) });
  await followed.ready;
  await second.advance("31d");
  await second.close();
  await until(() => said.filter((line) => /cannot be followed/.test(line)).length > 1, "it says so again");

  const third = await startLocalCognito({ port: Number(port) });
  t.teardown(() => third.close());
  await until(() => said.some((line) => /ms behind; time does not go back here/.test(line)), "it says that it is ahead");
  t.equal(aheadMs(), 31 * DAY_MS, "time does not go back");
  await third.advance("30d");
  t.equal(aheadMs(), 31 * DAY_MS);
  t.match(await third.advance("2d"), { followers: 1, dropped: [] });
  t.equal(aheadMs(), 32 * DAY_MS, "where it overtakes, it is followed");
});

t.test("time set back: nothing that an endpoint says moves the clock back, or to where dates end", async (t) => {
  const hostile = [
    '{"ahead_ms":-1000}',
    '{"ahead_ms":9007199254740991}',
    '{"ahead_ms":8640000000000000}',
    '{"ahead_ms":1e400}',
    '{"ahead_ms":"3600000"}',
    '{"ahead_ms":0.5}',
    '{"ahead_ms":null}',
    "[]",
    "null",
    "not JSON",
    `{"ahead_ms":1000,"x":"${"x".repeat(32_000)}"}`,
    { status: 302, headers: { location: "http://127.0.0.1:1/" } },
    { status: 404 },
    { status: 500 },
  ];
  for (const answer of hostile) {
    const { url, left } = await saying(t, [answer]);
    const { followed, said, aheadMs } = follower(t, url);
    await until(() => said.length > 0, `it says something of ${JSON.stringify(answer).slice(0, 60)}`);
    t.equal(left.length, 0);
    t.equal(aheadMs(), 0, JSON.stringify(answer).slice(0, 60));
    t.ok(
      said.some((line) => line.startsWith("local Cognito's clock cannot be followed: ")),
      said.join(),
    );
    await followed.close();
  }
});

t.test("an endpoint that answers at once all the time is not asked all the time", async (t) => {
  let asked = 0;
  const server = createServer((request, response) => {
    request.resume();
    asked++;
    response.end('{"ahead_ms":0}');
  });
  const url = await listen(server);
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { followed } = follower(t, url);
  await followed.ready;
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.ok(asked <= 2, `asked ${asked} times`);
});

t.test("one that is closed before it knows the time says so to whoever waits, and asks no more", async (t) => {
  const { url } = await saying(t, []);
  const { followed } = follower(t, url);
  const refused = t.rejects(followed.ready, /closed before local Cognito's clock was known/);
  await followed.close();
  await refused;
});
