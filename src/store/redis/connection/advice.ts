import { describeError, type Log } from "../../../model/log.js";
import { StoreAway } from "../../session-store.js";
import { clearly } from "./trouble.js";

/** The same question to every server that has data of ours. */
export type AskAll = (...args: readonly string[]) => Promise<readonly unknown[]>;

/** A field of INFO; null where a server does not say. */
const fieldOf = (info: string, name: string): string | null => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? null;

/** The value in a reply to CONFIG GET of one name: a map, which older protocols write as a list. */
function valueIn(reply: unknown): string | null {
  const values = Array.isArray(reply) ? reply.slice(1) : typeof reply === "object" && reply !== null ? Object.values(reply) : [];
  const [value] = values;
  return typeof value === "string" ? value : null;
}

/** Whether any server has no way to bring back from disk what it held; null where they do not say, as with ElastiCache, which forbids CONFIG. */
async function keepsNothing(askAll: AskAll): Promise<boolean | null> {
  const infos = await askAll("INFO", "persistence");
  const withoutAof = infos.some((info) => fieldOf(String(info), "aof_enabled") === "0");
  if (!withoutAof) return false;
  const saves = await askAll("CONFIG", "GET", "save").catch(() => []);
  return saves.length === 0 ? null : saves.some((reply) => valueIn(reply) === "");
}

async function evictionPolicy(askAll: AskAll): Promise<string | null> {
  for (const info of (await askAll("INFO", "memory")).map(String)) {
    const policy = fieldOf(info, "maxmemory_policy");
    if (policy !== null && policy !== "noeviction" && fieldOf(info, "maxmemory") !== "0") return policy;
  }
  return null;
}

/**
 * Throws where one server that is spoken to alone is a node of a cluster, and others have slots, too (https://redis.io/docs/latest/commands/cluster-info/):
 * whatever it can be asked here, most sessions are elsewhere.
 */
export async function requireAllSlots(askAll: AskAll): Promise<void> {
  // Whoever may not ask hears of it with the first session that is elsewhere.
  const infos = (await askAll("INFO", "cluster").catch(() => [])).map(String);
  if (!infos.some((info) => fieldOf(info, "cluster_enabled") === "1")) return;
  const clusters = (await askAll("CLUSTER", "INFO").catch(() => [])).map(String);
  const withSlots = clusters.map((info) => Number(fieldOf(info, "cluster_size") ?? 0));
  if (withSlots.some((size) => size > 1)) throw new Error(`MOVED: ${Math.max(...withSlots)} nodes share the slots`);
}

/** Says whether a user who can log in and listen may do the rest, too: without it every call of a session would be 503, on a process that seems well. */
async function warnOfRefusal(probe: () => Promise<unknown>, log: Log): Promise<void> {
  try {
    await probe();
  } catch (error) {
    if (error instanceof StoreAway) return;
    const text = "the session store can be reached, and refuses what sessions need: calls hear 503 until it does not";
    log.error({ event: "store_refuses", error: describeError(clearly(error)) }, text);
  }
}

/** Says what of the servers' settings would lose sessions, or refuse them. Nothing of it keeps a start up: a server need not tell. */
export async function adviseOn(askAll: AskAll, probe: () => Promise<unknown>, log: Log): Promise<void> {
  await warnOfRefusal(probe, log);
  try {
    const policy = await evictionPolicy(askAll);
    if (policy !== null) {
      const text =
        "the session store evicts keys where its memory is full: their sessions are lost, and ended ones can come back. Set maxmemory-policy to noeviction";
      log.warn({ event: "store_evicts", maxmemory_policy: policy }, text);
    }
    if (await keepsNothing(askAll))
      log.warn(
        { event: "store_forgets" },
        "the session store writes nothing to disk: its restart ends all sessions. Switch on append-only files (appendonly yes)",
      );
  } catch (error) {
    log.info(
      { error: describeError(error) },
      "the session store does not tell its settings: see that maxmemory-policy is noeviction, and that it outlives a restart",
    );
  }
}
