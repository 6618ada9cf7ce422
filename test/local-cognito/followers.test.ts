import t from "tap";
import { ClockFollowers, MOST_FOLLOWERS } from "../../src/local-cognito/controls/followers.js";
import { createLocalClock } from "../../src/local-cognito/index.js";
import { createManualClock, flush } from "../support/manual-clock.js";
import { DAY, HOUR, running, SECOND } from "./running-cognito.js";

/** Followers of a clock that can be moved, while the time that really passes stands still until a test says so. */
function followed() {
  const real = createManualClock();
  const clock = { ...createLocalClock(), deadline: real.deadline };
  const said: string[] = [];
  const followers = new ClockFollowers(clock, (line) => said.push(line));
  const ask = (id: string, reachedMs: number | null, closed = new AbortController().signal) =>
    followers.follow({ id, name: `app-${id}`, reachedMs }, closed);
  return { real, clock, said, followers, ask };
}

/** What a promise has come to by now; undefined while it is pending. */
async function settled<T>(promise: Promise<T>): Promise<T | undefined> {
  let value: T | undefined;
  void promise.then((result) => {
    value = result;
  });
  await flush();
  return value;
}

t.test("a follower is told at once where the clock stands, and then when it has been moved", async (t) => {
  const { clock, followers, ask } = followed();
  clock.advance(DAY);
  t.equal(await ask("one", null), DAY);
  const next = ask("one", DAY);
  t.equal(await settled(Promise.resolve(next)), undefined, "nothing is new");
  void followers.advance(HOUR);
  t.equal(await next, DAY + HOUR);
  followers.close();
});

t.test("a move has come about once every follower says so by asking again", async (t) => {
  const { followers, ask } = followed();
  await ask("one", null);
  await ask("two", null);
  const held = [ask("one", 0), ask("two", 0)];
  const moved = followers.advance(31 * DAY);
  t.same(await Promise.all(held), [31 * DAY, 31 * DAY]);
  void ask("one", 31 * DAY);
  t.equal(await settled(moved), undefined, "the other one has not");
  void ask("two", 31 * DAY);
  t.match(await moved, { followers: 2, dropped: [] });
  followers.close();
});

t.test("a follower that does not say so within five real seconds is dropped, which is said, and nobody waits for it again", async (t) => {
  const { real, said, followers, ask } = followed();
  await ask("dead", null);
  const held = ask("dead", 0);
  const moved = followers.advance(HOUR);
  await held;
  await real.run(4 * SECOND);
  t.equal(await settled(moved), undefined);
  await real.run(SECOND);
  t.match(await moved, { followers: 0, dropped: ["app-dead"] });
  t.same(said, ["local Cognito: app-dead does not follow the clock any more, and is no longer waited for"]);
  t.match(await followers.advance(HOUR), { followers: 0, dropped: [] });
  followers.close();
});

t.test("one whose connection breaks has two seconds to come back, and one that leaves is forgotten without a word", async (t) => {
  const { real, said, followers, ask } = followed();
  const connection = new AbortController();
  void ask("one", 0, connection.signal);
  connection.abort();
  await real.run(1_900);
  t.equal(followers.count, 1);
  const again = new AbortController();
  void ask("one", 0, again.signal);
  await real.run(5_000);
  t.equal(followers.count, 1, "it is back");
  again.abort();
  await real.run(2_000);
  t.equal(followers.count, 0);
  t.equal(said.length, 1);
  void ask("two", 0);
  followers.leave("two");
  t.equal(followers.count, 0);
  t.equal(said.length, 1);
});

t.test("a question is answered after ten seconds, before anything in between gives up on it", async (t) => {
  const { real, followers, ask } = followed();
  const held = ask("one", 0);
  await real.run(10 * SECOND);
  t.equal(await held, 0);
  followers.close();
});

t.test("who shares the clock in the same process moves the followers, too", async (t) => {
  const { clock, followers, ask } = followed();
  const held = ask("one", 0);
  clock.advance(HOUR);
  t.ok(Math.abs(Number(await held) - HOUR) <= 2);
  followers.close();
});

t.test("no more follow than a machine can have", async (t) => {
  const { followers, ask } = followed();
  for (let count = 0; count < MOST_FOLLOWERS; count++) await ask(String(count), null);
  t.equal(ask("one more", null), null);
  t.not(ask("7", 0), null);
  followers.close();
});

t.test("over HTTP: asking, the move, and what is no such question", async (t) => {
  const { cognito } = await running(t, { clock: createLocalClock() });
  const post = (path: string, body: unknown) => fetch(`${cognito.url}/_local/${path}`, { method: "POST", body: JSON.stringify(body) });
  const follow = { follower: "one", app: "http://localhost:3000", ahead_ms: null };
  t.same(await (await post("clock/follow", follow)).json(), { ahead_ms: 0 });
  const held = post("clock/follow", { ...follow, ahead_ms: 0 });
  const moved = post("clock", { advance: "31d" });
  t.same(await (await held).json(), { ahead_ms: 31 * DAY });
  const last = post("clock/follow", { ...follow, ahead_ms: 31 * DAY });
  t.match(await (await moved).json(), { followers: 1 });
  t.match(await (await fetch(`${cognito.url}/_local/clock`)).json(), { followers: 1 });
  await fetch(`${cognito.url}/_local/clock/follow/one`, { method: "DELETE" });
  t.equal((await last).status, 200);
  t.same(Object.keys((await (await fetch(`${cognito.url}/_local/clock`)).json()) as object), ["now"]);
  for (const wrong of [{}, "text", { ...follow, app: "\u001b[2J" }, { ...follow, follower: "" }, { ...follow, ahead_ms: 0.5 }])
    t.equal((await post("clock/follow", wrong)).status, 400, JSON.stringify(wrong));
  await t.rejects(cognito.advance("61"), RangeError);
  cognito.clock.advance(Date.UTC(9999, 11, 31) - cognito.clock.now());
  t.equal((await post("clock", { advance: "2d" })).status, 400, "no further than ISO 8601 can say");
  await t.rejects(cognito.advance("2d"), RangeError);
  t.equal((await fetch(`${cognito.url}/_local/clock`)).status, 200);
});
