import { randomBytes } from "node:crypto";
import { createClient } from "@redis/client";
import { systemClock } from "../../src/model/clock.js";
import { silentLog } from "../../src/model/log.js";
import { Secret } from "../../src/model/secret.js";
import { openRedis } from "../../src/store/redis/open-redis.js";
import type { SessionStore } from "../../src/store/session-store.js";
import { emptyTable } from "../../test/support/no-memory.js";
import { HOUR_MS, refreshedSession, refreshTokenOf, sessionOf } from "../../test/support/session-fixtures.js";
import { startRedisServer } from "../contest/proxies/ours.js";

const SESSIONS = 400;
const AT_A_TIME = 50;

/** What sessions take in the store. */
export interface Capacity {
  /** Of a session that lives, its place in its person's index included. */
  readonly bytesALive: number;
  /** Of one that has ended, whose marker stays. */
  readonly bytesEnded: number;
  /** Commands, those of scripts included, of a refresh: lease, reading again, intent, writing, giving the lease back. */
  readonly commandsARefresh: number;
  /** Those that come over the connection. */
  readonly roundTripsARefresh: number;
}

/** As local Cognito issues them: a refresh token of 1.7 kB, two groups, a name and an address. */
function sessionFor(index: number) {
  const subject = `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
  const claims = {
    "cognito:groups": ["editors", "readers"],
    origin_jti: randomBytes(16).toString("hex"),
    event_id: randomBytes(16).toString("hex"),
    jti: randomBytes(16).toString("hex"),
    name: "Alex Example",
    email: `alex.${index}@example.com`,
    email_verified: true,
  };
  return sessionOf({ subject, issuedAtMs: Date.now(), refresh: refreshTokenOf(subject), claims });
}

async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < items.length; from += AT_A_TIME) await Promise.all(items.slice(from, from + AT_A_TIME).map(work));
}

async function refresh(store: SessionStore, session: ReturnType<typeof sessionFor>): Promise<void> {
  const leased = await store.lease(session.id);
  if (leased.kind !== "granted") throw new Error("nobody else has the lease");
  await store.load(session.id, null);
  await leased.lease.announce();
  const next = refreshedSession(session, { issuedAtMs: Date.now(), lifeMs: HOUR_MS });
  await store.commit(next, session.version, leased.lease);
  // Its tokens are verified then.
  await store.commit({ ...next, unverified: null }, next.version, leased.lease);
  await leased.lease.release("closed");
}

export async function measureCapacity(): Promise<Capacity> {
  const server = await startRedisServer();
  const url = `redis://127.0.0.1:${server.port}`;
  const client = await createClient({ url }).connect();
  const figure = async (section: string, pattern: RegExp) =>
    [...String(await client.sendCommand(["INFO", section])).matchAll(pattern)].reduce((sum, [, number]) => sum + Number(number), 0);
  // Key by key: what a server takes for itself would be a large part of so few.
  const memory = async () => {
    let bytes = 0;
    for await (const keys of client.scanIterator({ MATCH: "bff:*", COUNT: 1_000 }))
      for (const key of keys) bytes += Number(await client.sendCommand(["MEMORY", "USAGE", key, "SAMPLES", "0"]));
    return bytes;
  };
  // In scripts or not; the two kinds of upkeep are not counted.
  const commands = () => figure("commandstats", /^cmdstat_(?!ping|info|hello|subscribe|client|evalsha|eval)\S+?:calls=(\d+)/gm);
  const trips = () => figure("commandstats", /^cmdstat_(?:evalsha|eval):calls=(\d+)/gm);
  const { openStore, close } = await openRedis({
    url: new Secret(url),
    sessionKeys: [new Secret(randomBytes(32))],
    maxAgeMs: null,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
  });
  try {
    const store = openStore(emptyTable());
    const sessions = Array.from({ length: SESSIONS }, (_, index) => sessionFor(index));
    await inTurn(sessions, async (session) => store.commit(session, null, null));
    const full = await memory();
    const [commandsBefore, tripsBefore] = [await commands(), await trips()];
    await inTurn(sessions, (session) => refresh(store, session));
    const [commandsAfter, tripsAfter] = [await commands(), await trips()];
    const order = { ending: { reason: "signed_out", cause: "logout" }, superseded: false, unlessNewerThan: null } as const;
    await inTurn(sessions, async ({ id }) => store.end(id, order));
    return {
      bytesALive: full / SESSIONS,
      bytesEnded: (await memory()) / SESSIONS,
      commandsARefresh: (commandsAfter - commandsBefore) / SESSIONS,
      // Reading again is a command of its own.
      roundTripsARefresh: (tripsAfter - tripsBefore) / SESSIONS + 1,
    };
  } finally {
    close();
    client.destroy();
    await server.stop();
  }
}
