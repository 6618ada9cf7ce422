import fastifyRateLimit, { type RateLimitOptions } from "@fastify/rate-limit";
import type { FastifyInstance } from "fastify";
import { networkOf } from "../../network/client-network.js";

/*
 * Limits for what costs Cognito or a shared store something, or answers nobody: per client address, as TRUST_PROXY gives it, an IPv6 one by its network. Generous, since an office may share
 * one address; proxied calls have none.
 */

const WINDOW_MS = 60_000;
/** How many addresses are counted at a time for each route; docs/decisions/011. */
const MOST_CLIENTS = 50_000;

/** A person signs in once; an office of a thousand in the same minute passes, a script does not get Cognito throttled for everybody. */
export const SIGN_IN_LIMIT: RateLimitOptions = { max: 300, timeWindow: WINDOW_MS };
export const REFRESH_LIMIT: RateLimitOptions = { max: 300, timeWindow: WINDOW_MS };

/** Each list is up to two hundred reads of a shared store. */
export const SESSIONS_LIMIT: RateLimitOptions = { max: 300, timeWindow: WINDOW_MS };

/** Makes `config: { rateLimit: … }` of the routes in scopes below count; the 429 itself is a problem like every other. */
export function addRateLimits(app: FastifyInstance): void {
  const silent = { "x-ratelimit-limit": false, "x-ratelimit-remaining": false, "x-ratelimit-reset": false };
  void app.register(fastifyRateLimit, {
    global: false,
    cache: MOST_CLIENTS,
    keyGenerator: ({ ip }) => networkOf(ip),
    addHeaders: { ...silent, "retry-after": true },
    addHeadersOnExceeding: silent,
  });
}
