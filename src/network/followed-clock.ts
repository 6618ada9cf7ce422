import { randomUUID } from "node:crypto";
import { Agent, type Dispatcher } from "undici";
import { type Clock, createAdjustableClock, sleep, systemClock } from "../model/clock.js";
import { withDeadline } from "../model/deadline.js";
import type { Log } from "../model/log.js";

/** A clock that is moved as local Cognito's is, which runs in another process of this machine: `COGNITO_FOLLOW_CLOCK`. */
export interface FollowedClock {
  readonly clock: Clock;
  /** Once it is known where the clock stands. Rejects where it is closed before. */
  readonly ready: Promise<void>;
  /** Begins to ask, and goes on until it is closed, whatever is answered. */
  follow(): void;
  /** Tells local Cognito that it is not to wait for this process any more. */
  close(): Promise<void>;
}

export interface FollowedClockOptions {
  /** Where local Cognito listens: a loopback address, as the configuration demands. */
  readonly endpoint: string;
  /** What local Cognito calls this process where it names it. */
  readonly app: string;
  readonly log: Log;
}

/** What local Cognito says, or why that is of no use. */
type Heard = { readonly kind: "told"; readonly aheadMs: number } | { readonly kind: "failed"; readonly why: string };

/** Local Cognito keeps a question for ten seconds when there is no news. */
const LONGEST_ANSWER_MS = 15_000;
const LONGEST_ANSWER_BYTES = 1_000;
const LONGEST_FAREWELL_MS = 500;
/** Within the two seconds in which local Cognito still counts on one whose connection broke. */
const RETRY_MS = 250;
/** Whoever answers at once, again and again, is asked no faster than this: with news, and without. */
const SHORTEST_WITH_NEWS_MS = 10;
const SHORTEST_WITHOUT_MS = 1_000;
/** The end of the year 9999. Beyond it dates have no form in ISO 8601, and at the year 275760 they stop being dates. */
const LATEST_MS = 253_402_300_799_999;

/** Not following yet. The clock goes forward only, and no further than dates go, whatever it is told. */
export function createFollowedClock({ endpoint, app, log }: FollowedClockOptions): FollowedClock {
  const clock = createAdjustableClock();
  const cognito = localCognitoAt(endpoint, app);
  const closing = new AbortController();
  let known: () => void = () => {};
  const ready = new Promise<void>((resolve, reject) => {
    known = resolve;
    closing.signal.addEventListener("abort", () => reject(new Error("closed before local Cognito's clock was known")), { once: true });
  });
  ready.catch(() => {});
  let aheadMs = 0;
  let isKnown = false;
  let complaint: string | null = null;

  return {
    clock,
    ready,
    follow: () => void follow(),
    async close() {
      closing.abort();
      if (isKnown) await cognito.leave();
      await cognito.close();
    },
  };

  async function follow(): Promise<void> {
    while (!closing.signal.aborted) {
      const askedAtMs = systemClock.monotonicMs();
      const heard = await cognito.ask(isKnown ? aheadMs : null, closing.signal);
      if (closing.signal.aborted) return;
      const took = heard.kind === "told" ? take(heard.aheadMs) : heard;
      if (took.kind === "failed") {
        complain(took.why);
        await sleep(systemClock, RETRY_MS, closing.signal);
        continue;
      }
      const shortestMs = took.hasNews ? SHORTEST_WITH_NEWS_MS : SHORTEST_WITHOUT_MS;
      await sleep(systemClock, askedAtMs + shortestMs - systemClock.monotonicMs(), closing.signal);
    }
  }

  function take(toldMs: number): { readonly kind: "taken"; readonly hasNews: boolean } | { readonly kind: "failed"; readonly why: string } {
    const moveMs = toldMs - aheadMs;
    if (clock.now() + moveMs > LATEST_MS) return { kind: "failed", why: "it names a time after the year 9999" };
    const isFirst = !isKnown;
    isKnown = true;
    if (isFirst) {
      log.warn(
        { event: "sys_clock_followed", cognito_endpoint: endpoint },
        "COGNITO_FOLLOW_CLOCK: this process takes its time from local Cognito; for development and tests alone",
      );
      known();
    } else if (complaint !== null && moveMs >= 0) {
      log.warn({ event: "sys_clock_followed", cognito_endpoint: endpoint }, "local Cognito's clock is followed again");
    }
    if (moveMs < 0) {
      complain(`it is ${-moveMs} ms behind; time does not go back here, so start this process again as well`);
      return { kind: "taken", hasNews: isFirst };
    }
    complaint = null;
    if (moveMs > 0) move(moveMs);
    return { kind: "taken", hasNews: isFirst || moveMs > 0 };
  }

  function move(moveMs: number): void {
    aheadMs += moveMs;
    clock.advance(moveMs);
    const now = new Date(clock.now()).toISOString();
    log.warn({ event: "sys_clock_moved", moved_ms: moveMs, ahead_ms: aheadMs, now }, `the clock was moved ahead, to ${now}`);
  }

  function complain(why: string): void {
    if (why === complaint) return;
    complaint = why;
    log.error({ event: "sys_clock_lost", cognito_endpoint: endpoint }, `local Cognito's clock cannot be followed: ${why}`);
  }
}

interface LocalCognito {
  /** By asking again it says how far it has come; null: it does not know yet. */
  ask(reachedMs: number | null, closing: AbortSignal): Promise<Heard>;
  /** Says that it follows no more. */
  leave(): Promise<void>;
  close(): Promise<void>;
}

function localCognitoAt(endpoint: string, app: string): LocalCognito {
  const follower = randomUUID();
  const agent = new Agent({ connections: 2 });
  const url = new URL(`${endpoint}/_local/clock/follow`);

  // Redirects are not followed: what is asked is the address that the configuration allows.
  function request(method: "POST" | "DELETE", path: string, signal: AbortSignal, body?: string): Promise<Dispatcher.ResponseData> {
    const headers = { "content-type": "application/json" };
    return agent.request({ origin: url.origin, path, method, signal, ...(body === undefined ? {} : { headers, body }) });
  }

  return {
    async ask(reachedMs, closing) {
      const question = JSON.stringify({ follower, app, ahead_ms: reachedMs });
      try {
        return await withDeadline(systemClock, LONGEST_ANSWER_MS, async (signal) => {
          const answer = await request("POST", url.pathname, AbortSignal.any([signal, closing]), question);
          return judge(answer.statusCode, await readStart(answer.body));
        });
      } catch (error) {
        return { kind: "failed", why: String((error instanceof Error && "code" in error && error.code) || "no answer") };
      }
    },
    async leave() {
      const say = async (signal: AbortSignal) => (await request("DELETE", `${url.pathname}/${follower}`, signal)).body.dump();
      await withDeadline(systemClock, LONGEST_FAREWELL_MS, say).catch(() => {});
    },
    close: () => agent.destroy(),
  };
}

/** As much of an answer as one of local Cognito's could be long. */
async function readStart(body: AsyncIterable<Buffer>): Promise<string> {
  let text = "";
  for await (const chunk of body) {
    text += chunk.toString("latin1");
    if (text.length > LONGEST_ANSWER_BYTES) break;
  }
  return text;
}

function judge(status: number, text: string): Heard {
  if (status === 404) return { kind: "failed", why: "COGNITO_ENDPOINT is none of `cognito-bff local-cognito`'s, or of an older one" };
  if (status !== 200) return { kind: "failed", why: `it answers ${status}` };
  const aheadMs = text.length > LONGEST_ANSWER_BYTES ? null : aheadMsIn(text);
  return aheadMs === null ? { kind: "failed", why: "it answers something else than a position" } : { kind: "told", aheadMs };
}

function aheadMsIn(text: string): number | null {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer !== "object" || answer === null || !("ahead_ms" in answer)) return null;
    return Number.isSafeInteger(answer.ahead_ms) ? Number(answer.ahead_ms) : null;
  } catch {
    return null;
  }
}
