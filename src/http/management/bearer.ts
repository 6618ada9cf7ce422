import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { atMost } from "../../model/at-most.js";
import type { Clock } from "../../model/clock.js";
import type { Log } from "../../model/log.js";
import type { Secret } from "../../model/secret.js";
import { networkOf } from "../../network/client-network.js";
import { ProblemError } from "../problem/problem.js";
import { type ProblemOptions, problemDocument, problemHeaders } from "../problem/problem-details.js";

/** Wrong tokens of one network in a minute, after which further ones are 429 until the minute is over. The right one is always let in. */
const MOST_WRONG = 20;
const WINDOW_MS = 60_000;
/** Networks that have sent a wrong one lately. */
const MOST_NETWORKS = 1_000;

const DETAIL = "The session routes need `Authorization: Bearer` with MANAGEMENT_TOKEN.";

export interface BearerOptions {
  readonly token: Secret;
  readonly clock: Clock;
  readonly log: Log;
}

/** Compares without saying by its time how much was right, nor how long the token is: both are hashed to one length first. */
function createComparison(token: Secret): (given: string) => boolean {
  const key = randomBytes(32);
  const hash = (text: string) => createHmac("sha256", key).update(text).digest();
  const expected = hash(token.reveal());
  return (given) => timingSafeEqual(hash(given), expected);
}

/** `Bearer` in any case, then the token (RFC 9110 11.1, RFC 6750 2.1). */
function tokenIn({ authorization = "" }: FastifyRequest["headers"]): string | null {
  return /^bearer +(\S+)$/i.exec(authorization)?.[1] ?? null;
}

/** An `onRequest` hook: lets through who sends the token. */
export function createBearerCheck({ token, clock, log }: BearerOptions, problems: ProblemOptions) {
  const isRight = createComparison(token);
  const wrong = new LRUCache<string, { count: number; readonly sinceMs: number }>(atMost(MOST_NETWORKS));

  function entryOf(network: string) {
    const entry = wrong.get(network);
    return entry && clock.monotonicMs() - entry.sinceMs < WINDOW_MS ? entry : null;
  }

  function count(network: string): void {
    const entry = entryOf(network);
    if (entry) entry.count++;
    else wrong.set(network, { count: 1, sinceMs: clock.monotonicMs() });
    // OWASP's logging vocabulary; one line for each network and minute.
    if (!entry) log.warn({ event: "authn_login_fail", network }, "a wrong MANAGEMENT_TOKEN was sent to the session routes");
  }

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const given = tokenIn(request.headers);
    // Before anything is limited: whoever shares an operator's network must not keep them out, and to guess 32 bytes no rate is enough.
    if (given !== null && isRight(given)) return undefined;
    const network = networkOf(request.ip);
    const entry = entryOf(network);
    if (entry && entry.count >= MOST_WRONG) {
      const retryAfterSeconds = Math.ceil((entry.sinceMs + WINDOW_MS - clock.monotonicMs()) / 1000);
      throw new ProblemError({ reason: "rate_limited", detail: "Too many wrong tokens came from here.", retryAfterSeconds });
    }
    if (given !== null) count(network);
    const problem = { reason: "anonymous", detail: DETAIL } as const;
    // Nobody signs in here.
    const { login_url: _, ...document } = problemDocument(problem, request.id, problems.config);
    return reply
      .code(document.status)
      .headers({ ...problemHeaders(problem), "www-authenticate": "Bearer", "content-type": "application/problem+json; charset=utf-8" })
      .send(JSON.stringify(document));
  };
}
