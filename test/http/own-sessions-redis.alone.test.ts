import { createClient } from "@redis/client";
import t from "tap";
import type { ProblemDocument, SessionDocument, SessionsDocument } from "../../src/index.js";
import { Secret } from "../../src/model/secret.js";
import { CHANNEL } from "../../src/store/redis/keys.js";
import { RELEASE } from "../../src/store/redis/scripts.js";
import { runAnotherServer } from "../support/another-server.js";
import { until } from "../support/condition.js";
import { openHeldLine } from "../support/held-line.js";
import type { Answer, Person } from "../support/person.js";
import { startRedis, withoutRedis } from "../support/redis-server.js";
import { runDemo } from "../support/running-demo.js";

const skip = await withoutRedis();
const problemOf = (answer: Answer) => answer.json<ProblemDocument>();

interface Begun {
  readonly person: Person;
  /** As far as the store knows. */
  lastSeen(): Promise<number>;
}

t.test("two proxies, one Redis", { skip }, async (t) => {
  const server = await startRedis();
  const redis = await createClient({ url: server.url }).connect();
  t.teardown(async () => {
    redis.destroy();
    await server.stop();
  });
  const demo = await runDemo(t, { sessionStore: server.url, sessionIdleTimeout: "10m", cognitoRefreshTokenValidity: "1d" });
  const other = await runAnotherServer(t, demo, { changes: { publicUrl: demo.url } });
  const at = (url: string, path: string) => new URL(path, url).href;

  /** The only session there is. */
  async function begun(): Promise<Begun> {
    await redis.flushAll();
    const person = await demo.signedIn();
    // An ending is written behind its answer, so that of a session of before may have come after all was taken away.
    const living = async (name: string) => name.endsWith("}") && (await redis.hExists(name, "v")) === 1;
    const names = await redis.keys("bff:{*}");
    const key = names[(await Promise.all(names.map(living))).indexOf(true)] ?? "";
    return { person, lastSeen: async () => Number(await redis.hGet(key, "s")) };
  }

  /** A minute, with time for what is due to be written. */
  async function minutePasses(): Promise<void> {
    demo.advance("1m");
    await redis.ping();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }

  await t.test(
    "a session that one of them serves is never idle at the other, for a write in most of the limit, and ends exactly",
    async (t) => {
      const { person, lastSeen } = await begun();
      const written = new Set<number>();
      for (let minutes = 0; minutes < 30; minutes++) {
        t.equal((await person.call("/api/echo")).status, 200);
        await minutePasses();
        written.add(await lastSeen());
        // Neither is activity, nor does the process that answers see any.
        const asked = await person.call(at(other.url, "/auth/session"));
        if (asked.status !== 200) t.fail(`refused after ${minutes} minutes`);
      }
      t.ok(written.size <= 6, `30 calls in three idle periods: ${written.size - 1} writes`);
      await person.call("/api/echo");
      const { idle_ends_at: endsAt } = (await person.call("/auth/session")).json<SessionDocument>();
      for (let minutes = 0; minutes < 9; minutes++) await minutePasses();
      const leftMs = Date.parse(endsAt ?? "") - demo.clock.now();
      demo.clock.advance(leftMs - 2_000);
      t.equal((await person.call(at(other.url, "/auth/session"))).json<SessionDocument>().idle_ends_at, endsAt);
      demo.clock.advance(2_000);
      t.match(problemOf(await person.call(at(other.url, "/auth/session"))), { reason: "expired", cause: "idle_timeout" });
    },
  );

  await t.test("a refresh token's lifetime that is set too low is told, and loses no session", async (t) => {
    const { person } = await begun();
    const { session_ends_at: endsAt } = (await person.call("/auth/session")).json<SessionDocument>();
    t.ok(Date.parse(endsAt ?? "") - demo.clock.now() <= 24 * 3_600_000);
    for (const key of await redis.keys("bff:*")) t.ok((await redis.pTTL(key)) > 400 * 24 * 3_600_000, key);
  });

  await t.test("a proxy that stops writes what it has seen before it goes", async (t) => {
    const { person, lastSeen } = await begun();
    const begunAtMs = await lastSeen();
    const third = await runAnotherServer(t, demo, { changes: { publicUrl: demo.url } });
    await minutePasses();
    t.equal((await person.call(at(third.url, "/api/echo"))).status, 200);
    t.equal(await lastSeen(), begunAtMs);
    await third.server.close();
    t.ok((await lastSeen()) - begunAtMs >= 60_000);
  });

  await t.test("nor does a lease stay behind that it was giving back", async (t) => {
    const line = await openHeldLine(server.port);
    t.teardown(() => line.close());
    const sessionStore = { kind: "redis", url: new Secret(`redis://127.0.0.1:${line.port}`) } as const;
    const third = await runAnotherServer(t, demo, { changes: { publicUrl: demo.url, sessionStore } });
    const { person } = await begun();
    for (const minutes of ["9m", "9m", "9m", "9m", "9m", "9m", "8m"]) {
      t.equal((await person.call("/api/echo")).status, 200);
      demo.advance(minutes);
    }
    const subscriber = await redis.duplicate().connect();
    t.teardown(() => subscriber.destroy());
    const heard = new Set<string>();
    await subscriber.subscribe(CHANNEL, (message) => void heard.add(message.split(" ")[0] ?? ""));

    const giving = line.hold("request", RELEASE.sha);
    // No activity, which would be written before the end.
    t.equal((await person.call(at(third.url, "/auth/session"))).status, 200);
    await giving.reached;
    const closed = third.server.close();
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 300))]);
    giving.release();
    await closed;
    await until(() => heard.has("released"), "released, and not run out");
  });

  await t.test("a person's list is the same at both, and what is ended by one is refused by the other", async (t) => {
    const { person } = await begun();
    const phone = demo.person();
    phone.hints = { "user-agent": "Mozilla/5.0 (Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0" };
    await phone.signIn(demo.user);
    const listed = await person.call(at(other.url, "/auth/sessions"));
    const [here, there] = listed.json<SessionsDocument>().sessions;
    t.match([here, there], [{ current: true }, { current: false, browser: "Firefox", system: "Android" }]);
    const copy = phone.copy();
    t.equal((await person.call(at(other.url, `/auth/sessions/${there?.handle}`), { method: "DELETE" })).status, 204);
    await until(async () => (await copy.copy().call("/api/echo")).status === 401, "refused");
    t.match(problemOf(await copy.call("/api/echo")), { reason: "signed_out", cause: "logout_elsewhere" });
  });
});
