import type { Config } from "../config/config.js";
import { refreshableMs } from "../config/refreshable.js";
import { type OpenedRedis, openRedis } from "../store/redis/open-redis.js";
import { type AppClient, type AppClientOptions, createAppClient } from "./app-client.js";
import { createProcessWide, createSharedRefreshLimiter, type ProcessWide, type ProcessWideOptions } from "./process-wide.js";

/**
 * Everything a server works with, built once and in order. What takes part of it says which in an interface of its own, beside its code;
 * nothing below this floor knows this type.
 */
export interface Composition extends ProcessWide, Omit<AppClient, "settled" | "close"> {
  readonly config: Config;
  /** Lets refreshes under way end, then closes connections. */
  close(): Promise<void>;
}

export type CompositionOptions = ProcessWideOptions & Pick<AppClientOptions, "cognitoDeadlineMs" | "openStore">;

/** The store that the configuration names; null where sessions live in cookies. */
async function openSharedStore(config: Config, { clock, random, log }: ProcessWide): Promise<OpenedRedis | null> {
  const { sessionStore, sessionStoreCa: ca, sessionStoreIam: iam, sessionKeys } = config;
  if (sessionStore.kind === "cookie") return null;
  return openRedis({ url: sessionStore.url, ca, iam, sessionKeys, refreshableMs: refreshableMs(config), clock, random, log });
}

export async function compose(config: Config, options: CompositionOptions = {}): Promise<Composition> {
  const processWide = createProcessWide(config, options);
  const { cognitoDeadlineMs } = options;
  const sharedStore = options.openStore ? null : await openSharedStore(config, processWide);
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
    sharedSessions: async () => (appClient.operator ? appClient.operator.figures() : null),
  });
  return {
    config,
    ...processWide,
    refreshLimiter,
    ...appClient,
    async close() {
      await settled();
      await forwarder.close();
      close();
      sharedStore?.close();
    },
  };
}
