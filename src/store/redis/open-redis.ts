import type { Clock } from "../../model/clock.js";
import type { Log } from "../../model/log.js";
import type { Secret } from "../../model/secret.js";
import type { OpenStore } from "../open-sessions.js";
import { createSealer } from "../sealing.js";
import { createAnnouncements } from "./announcements.js";
import { CHANNEL, createPersonKeys } from "./keys.js";
import { connectRedis } from "./redis-link.js";
import { createRedisStore } from "./redis-store.js";
import { createTurns, type DrawTurns } from "./turns.js";

export interface OpenRedisOptions {
  /** `redis://` or `rediss://`, with user and password. */
  readonly url: Secret;
  /** 32 bytes each: the first seals, all open. */
  readonly sessionKeys: readonly Secret<Buffer>[];
  readonly refreshableMs: number | null;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

export interface OpenedRedis {
  readonly openStore: OpenStore;
  /** Turns of refreshes, of the whole deployment. */
  drawTurns(perSecond: number): DrawTurns;
  close(): void;
}

/** The shared store of this process, once it can be reached: until then nobody could be served, and the log says so every few seconds. */
export async function openRedis({ url, sessionKeys, ...options }: OpenRedisOptions): Promise<OpenedRedis> {
  const { link, subscription, ready, close } = await connectRedis({ ...options, url, channel: CHANNEL });
  const announcements = createAnnouncements(subscription, options.clock, link);
  await ready;
  return {
    openStore: () =>
      createRedisStore({ ...options, link, announcements, sealer: createSealer(sessionKeys), personKeys: createPersonKeys(sessionKeys) }),
    drawTurns: (perSecond) => createTurns(link, options.clock, perSecond),
    close() {
      announcements.close();
      close();
    },
  };
}
