import type { Config } from "../config/config.js";
import { beginRedis, type OpenedRedis } from "../store/redis/open-redis.js";
import { type AppClient, type AppClientOptions, createAppClient } from "./app-client.js";
import { createProcessWide, createSharedRefreshLimiter, type ProcessWide, type ProcessWideOptions } from "./process-wide.js";

/**
 * Everything a server works with, built once and in order. What takes part of it says which in an interface of its own, beside its code;
 * nothing below this floor knows this type.
 */
export interface Composition extends ProcessWide, Omit<AppClient, "settled" | "close"> {
  readonly config: Config;
  /** Null where sessions live in cookies, or in a store of a test's. */
  readonly sharedStore: Pick<OpenedRedis, "ready" | "state"> | null;
  /** Lets refreshes under way end, then closes connections. */
  close(): Promise<void>;
}

export type CompositionOptions = ProcessWideOptions & Pick<AppClientOptions, "cognitoDeadlineMs" | "openStore">;

/** The store that the configuration names, which may be out of reach yet; null where sessions live in cookies. */
async function openSharedStore(config: Config, { clock, random, log }: ProcessWide): Promise<OpenedRedis | null> {
  const { sessionStore, sessionStoreCa: ca, sessionStoreIam: iam, sessionKeys } = config;
  if (sessionStore.kind === "cookie") return null;
  return beginRedis({ url: sessionStore.url, ca, iam, sessionKeys, maxAgeMs: config.sessionMaxAgeMs, clock, random, log });
}

/** Builds something of its parts; where that fails, no connection stays open, which would keep the process alive. */
export async function orClose<T>(parts: { close(): unknown }, build: () => T | Promise<T>): Promise<T> {
  try {
    return await build();
  } catch (error) {
    await parts.close();
    throw error;
  }
}

/** Returns before a shared store is there: until then its commands are `unavailable`. */
export async function compose(config: Config, options: CompositionOptions = {}): Promise<Composition> {
  const processWide = createProcessWide(config, options);
  const sharedStore = options.openStore ? null : await openSharedStore(config, processWide);
  return sharedStore
    ? orClose(sharedStore, () => composeWith(config, options, processWide, sharedStore))
    : composeWith(config, options, processWide, null);
}

function composeWith(config: Config, options: CompositionOptions, processWide: ProcessWide, sharedStore: OpenedRedis | null): Composition {
  const { cognitoDeadlineMs } = options;
  const openStore = options.openStore ?? sharedStore?.openStore;
  const drawTurns = sharedStore?.drawTurns(config.refreshRateLimitPerSecond);
  const refreshLimiter = drawTurns ? createSharedRefreshLimiter(config, processWide, drawTurns) : processWide.refreshLimiter;
  const { settled, close, ...appClient } = createAppClient(config, {
    ...processWide,
    refreshLimiter,
    ...(cognitoDeadlineMs === undefined ? {} : { cognitoDeadlineMs }),
    ...(openStore === undefined ? {} : { openStore }),
  });
  const { forwarder, metrics, open, upgrades } = processWide;
  metrics.watch({
    openCalls: () => open.calls,
    openStreams: () => open.streams,
    openSockets: () => upgrades.size,
    watchedSessions: () => appClient.watch.size,
    waitingCalls: () => forwarder.waiting,
    waitingRefreshes: () => refreshLimiter.waiting,
    cognitoAheadMs: () => appClient.time.aheadMs,
    cache: appClient.cacheFigures,
    cacheMaxBytes: config.sessionCacheBytes,
    keyFingerprints: processWide.keyFingerprints,
    store: sharedStore && { isThere: sharedStore.state.isThere, isHeard: sharedStore.isHeard },
    sessions: { of: appClient.operator ? "shared" : "seen", read: appClient.counts.figures },
  });
  sharedStore?.ready.then(sharedStore.advise).catch(() => {});
  processWide.followedClock?.follow();
  return {
    config,
    ...processWide,
    refreshLimiter,
    ...appClient,
    sharedStore,
    async close() {
      await processWide.followedClock?.close();
      await settled();
      await forwarder.close();
      close();
      // Leases given back, say: a sibling would wait until they have run out.
      await sharedStore?.settled();
      sharedStore?.close();
    },
  };
}
