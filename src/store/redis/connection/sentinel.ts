import type { Clock } from "../../../model/clock.js";
import { withDeadline } from "../../../model/deadline.js";
import type { RedisAddress, RedisPlace } from "../../../network/redis-place.js";
import { type Access, type Client, type OpenedClient, openClient, type RedisPackage } from "./client.js";

/*
 * As https://redis.io/docs/latest/develop/reference/sentinel-clients/ wants it: for every connection the Sentinels are asked anew, in order, and who is
 * named is asked for its role. The package's own client for Sentinel keeps commands waiting while it looks for a master.
 */

/** A Sentinel that is down must not hold up the others. */
const ASK_DEADLINE_MS = 1_000;

/** The words of a reply; none where it is no list. */
function wordsIn(reply: unknown): readonly string[] {
  return Array.isArray(reply) ? reply.filter((word) => typeof word === "string") : [];
}

async function ask(redis: RedisPackage, sentinel: RedisAddress, name: string, access: Access, over: AbortSignal): Promise<RedisAddress> {
  const done = new AbortController();
  try {
    const { client } = await openClient(redis, sentinel, access, AbortSignal.any([over, done.signal]), () => {});
    const [host, port] = wordsIn(await client.sendCommand(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", name]));
    if (host === undefined || port === undefined)
      throw new Error(`the Sentinel at ${sentinel.host} port ${sentinel.port} knows no master ${name}`);
    return { host, port: Number(port) };
  } finally {
    done.abort();
  }
}

const wantsPassword = (error: unknown) => error instanceof Error && "code" in error && error.code === "NOAUTH";

/** Asks the Sentinels of a place, beginning with the one that answered last, where its master is. Rejects where none says so. */
export function createMasterFinder(
  redis: RedisPackage,
  { sentinels, name }: Extract<RedisPlace, { kind: "sentinel" }>,
  access: Access,
  clock: Clock,
): (over: AbortSignal) => Promise<RedisAddress> {
  let first = 0;

  async function askOne(sentinel: RedisAddress, over: AbortSignal): Promise<RedisAddress> {
    try {
      // Most have no password of their own, and refuse one.
      return await ask(redis, sentinel, name, { tls: access.tls, credentials: null }, over);
    } catch (error) {
      if (!wantsPassword(error) || access.credentials === null) throw error;
      return ask(redis, sentinel, name, access, over);
    }
  }

  return async (over) => {
    let trouble: unknown = new Error("no Sentinel could be asked");
    for (let tried = 0; tried < sentinels.length && !over.aborted; tried++) {
      const index = (first + tried) % sentinels.length;
      const sentinel = sentinels[index];
      if (!sentinel) continue;
      try {
        const master = await withDeadline(clock, ASK_DEADLINE_MS, (late) => askOne(sentinel, AbortSignal.any([over, late])));
        first = index;
        return master;
      } catch (error) {
        trouble = error;
      }
    }
    throw trouble;
  };
}

async function isMaster(client: Client): Promise<boolean> {
  try {
    return wordsIn(await client.sendCommand(["ROLE"]))[0] === "master";
  } catch (error) {
    // Its user may not ask; then what the Sentinels say has to do.
    if (error instanceof Error && error.message.startsWith("NOPERM")) return true;
    throw error;
  }
}

/** One that was the master a moment ago takes connections, and refuses what is written. */
export async function requireMaster(opened: OpenedClient): Promise<OpenedClient> {
  if (!(await isMaster(opened.client))) throw new Error("whom the Sentinels name is no master yet");
  return opened;
}
