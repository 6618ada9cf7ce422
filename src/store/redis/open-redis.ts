import type { Secret } from "../../model/secret.js";
import type { OpenStore } from "../open-sessions.js";
import { createSealer } from "../sealing.js";
import { createAnnouncements } from "./announcements.js";
import { adviseOn, requireAllSlots } from "./connection/advice.js";
import { createHistory } from "./connection/history.js";
import type { StoreState } from "./connection/state.js";
import { CHANNEL, createPersonKeys, PROBE_KEYS } from "./keys.js";
import { connectRedis, type RedisConnectionsOptions } from "./redis-link.js";
import { createRedisStore } from "./redis-store.js";
import { PROBE } from "./scripts.js";
import { createTurns, type DrawTurns } from "./turns.js";

export interface OpenRedisOptions extends Omit<RedisConnectionsOptions, "channel"> {
  /** 32 bytes each: the first seals, all open. */
  readonly sessionKeys: readonly Secret<Buffer>[];
  /** SESSION_MAX_AGE; null: off. */
  readonly maxAgeMs: number | null;
  /** How long a lease lasts without being renewed; five seconds unless a test says otherwise. */
  readonly leaseMs?: number;
}

export interface OpenedRedis {
  readonly openStore: OpenStore;
  /** Turns of refreshes, of the whole deployment. */
  drawTurns(perSecond: number): DrawTurns;
  /** Once it has been reached for the first time. Rejects where it is closed before. */
  readonly ready: Promise<void>;
  readonly state: StoreState;
  /** Says in the log what of its settings would lose sessions or refuse them. */
  advise(): Promise<void>;
  /** Whether what other processes say is heard. */
  isHeard(): boolean;
  /** Once all that was asked has been answered or has failed, for a second at most. */
  settled(): Promise<void>;
  close(): void;
}

/** The shared store of this process, which may be out of reach yet: until it is there, its commands reject. */
export async function beginRedis({ sessionKeys, ...options }: OpenRedisOptions): Promise<OpenedRedis> {
  const { place, link, subscription, ready, state, askAll, settled, close } = await connectRedis({ ...options, channel: CHANNEL });
  const announcements = createAnnouncements(subscription, options.clock, link);
  const history = createHistory({ ...options, askAll });
  subscription.onSubscribed(history.connected);
  async function probe(): Promise<void> {
    await link.run(PROBE, PROBE_KEYS, [CHANNEL]);
    if (place !== "cluster") await requireAllSlots(askAll);
  }
  return {
    openStore: (table) =>
      createRedisStore({
        ...options,
        table,
        history,
        link,
        announcements,
        sealer: createSealer(sessionKeys),
        personKeys: createPersonKeys(sessionKeys),
      }),
    drawTurns: (perSecond) => createTurns(link, options.clock, perSecond),
    ready,
    state,
    advise: () => adviseOn(askAll, probe, options.log),
    isHeard: announcements.isCurrent,
    settled,
    close() {
      history.close();
      announcements.close();
      close();
    },
  };
}

/** The same, once it can be reached. */
export async function openRedis(options: OpenRedisOptions): Promise<OpenedRedis> {
  const opened = await beginRedis(options);
  await opened.ready;
  return opened;
}
