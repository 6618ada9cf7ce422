import type { Clock } from "../../../model/clock.js";
import type { RedisAddress, RedisPlace } from "../../../network/redis-place.js";
import { StoreAway } from "../../session-store.js";
import { type Access, type Asked, type OpenedClient, openClient, type RedisPackage } from "./client.js";
import { type OpenedCluster, openCluster } from "./cluster.js";
import type { KeepOptions, Kept, Opened } from "./kept.js";
import { createMasterFinder, requireMaster } from "./sentinel.js";
import { clearly } from "./trouble.js";

/** Half-open connections are found by silence. A cluster's nodes have their own limit, and it looks for others meanwhile. */
const SILENCE_MS = { server: 2_000, cluster: 10_000 };

export type Send = (key: string | undefined, args: readonly string[]) => Promise<unknown>;

/** What there is of a place: commands go to one server or to a cluster. */
export interface Commands {
  readonly send: Send;
  readonly clients: () => readonly Asked[];
  /** Where somebody may be listened to, who is asked in turn. */
  readonly listenAt: (over: AbortSignal) => Promise<RedisAddress>;
  readonly greet: (opened: OpenedClient) => Promise<OpenedClient>;
  close(): void;
}

export interface Parts {
  readonly redis: RedisPackage;
  readonly access: Access;
  readonly clock: Clock;
  keepOne<T extends Opened>(silenceMs: number, open: KeepOptions<T>["open"]): Kept<T>;
}

/** Sends by what is kept, and says `StoreAway` where that is not there, or is not any more. */
async function sendBy<T extends Opened>(kept: Kept<T>, send: (opened: T) => Promise<unknown>): Promise<unknown> {
  const opened = kept.current();
  if (!opened) throw new StoreAway();
  try {
    return await send(opened);
  } catch (error) {
    // It was the master until a moment ago, and stays connected.
    if (error instanceof Error && error.message.startsWith("READONLY")) kept.giveUp(opened, error);
    throw kept.current() === opened ? clearly(error) : new StoreAway();
  }
}

function toServer(place: Extract<RedisPlace, { kind: "server" | "sentinel" }>, parts: Parts): Commands {
  const { redis, access, clock } = parts;
  const where = place.kind === "server" ? async () => place.address : createMasterFinder(redis, place, access, clock);
  const greet = place.kind === "server" ? async (opened: OpenedClient) => opened : requireMaster;
  const kept = parts.keepOne(SILENCE_MS.server, async (over, lost) =>
    greet(await openClient(redis, await where(over), access, over, lost)),
  );
  return {
    send: (_key, args) => sendBy(kept, ({ client }) => client.sendCommand([...args])),
    clients: () => [kept.current()].flatMap((opened) => (opened ? [opened.client] : [])),
    listenAt: where,
    greet,
    close: kept.close,
  };
}

/** A plain SUBSCRIBE is heard of at any node, whichever publishes (docs/decisions/020): one that answers is listened to. */
function toCluster(place: Extract<RedisPlace, { kind: "cluster" }>, parts: Parts): Commands {
  // Those of the setting may have been replaced, one by one, since.
  let masters: readonly RedisAddress[] = [];
  let turn = 0;
  const nodes = () => [...place.nodes, ...masters];
  const kept = parts.keepOne<OpenedCluster>(SILENCE_MS.cluster, (over, lost) => openCluster({ ...parts, nodes: nodes() }, over, lost));
  const remembered = () => {
    masters = kept.current()?.masters() ?? masters;
    return nodes();
  };
  return {
    send: (key, args) => sendBy(kept, (cluster) => cluster.send(key, args)),
    clients: () => kept.current()?.clients() ?? [],
    async listenAt() {
      const all = remembered();
      const address = all[turn++ % all.length];
      if (!address) throw new StoreAway();
      return address;
    },
    greet: async (opened) => opened,
    close: kept.close,
  };
}

/** Connects to a place for commands, and goes on trying by itself. */
export function commandsTo(place: RedisPlace, parts: Parts): Commands {
  return place.kind === "cluster" ? toCluster(place, parts) : toServer(place, parts);
}
