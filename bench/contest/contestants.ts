import type { Contestant } from "./contestant.js";
import { apache } from "./proxies/apache.js";
import { bare } from "./proxies/bare.js";
import { nginx } from "./proxies/nginx.js";
import { oauth2Proxy } from "./proxies/oauth2-proxy.js";
import { ours, oursInRedis, startPlugin, startWithOpenTelemetry } from "./proxies/ours.js";

/** Twice as many as the smallest cache has room for: taken in turn, none of them is found there. */
const MANY_SESSIONS = 100;

/** By the name that `--only` and the targets know them by. */
export const CONTESTANTS = {
  ours: ours("cognito-bff, session in the cache"),
  anew: ours("cognito-bff, cookie opened anew", { sessions: MANY_SESSIONS, settings: { SESSION_CACHE_BYTES: "1MiB" } }),
  otel: ours("cognito-bff with an OpenTelemetry SDK", { start: startWithOpenTelemetry }),
  redis: oursInRedis("cognito-bff, sessions in Redis"),
  plugin: ours("cognito-bff as a plugin", { start: startPlugin }),
  bare: bare("@fastify/http-proxy, no session", "bare-http-proxy"),
  least: bare("node:http + undici, no session", "bare-undici"),
  nginx,
  "apache-shm": apache("mod_auth_openidc, session in shared memory", "server-cache"),
  "apache-cookie": apache("mod_auth_openidc, session in its cookie", "client-cookie:store_id_token"),
  "oauth2-proxy": oauth2Proxy,
} as const satisfies Readonly<Record<string, Contestant>>;

export type ContestantName = keyof typeof CONTESTANTS;

export const CONTESTANT_NAMES = Object.keys(CONTESTANTS) as readonly ContestantName[];
