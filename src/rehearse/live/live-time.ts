import { setTimeout as wait } from "node:timers/promises";
import { systemClock } from "../../model/clock.js";
import { isLoopbackHttp } from "../../model/loopback.js";

/** The time in which tokens grow old. */
export interface LiveTime {
  now(): Promise<number>;
  /** Waits so long, or until the signal aborts. Keeps the process alive. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => {});
}

const LONGEST_ANSWER_MS = 2_000;

/** The machine's: it goes on while a laptop sleeps. */
export const realTime: LiveTime = { now: async () => systemClock.now(), pause };

/** That of a local Cognito, which can be moved ahead; null where the endpoint has no such clock. */
async function localClock(endpoint: string): Promise<number | null> {
  try {
    const answer = await fetch(new URL("/_local/clock", endpoint), { signal: AbortSignal.timeout(LONGEST_ANSWER_MS) });
    const { now } = (await answer.json()) as { now?: unknown };
    const ms = typeof now === "string" ? Date.parse(now) : Number.NaN;
    return Number.isNaN(ms) ? null : ms;
  } catch {
    return null;
  }
}

/** The clock of whoever issues the tokens: of this machine's local Cognito, where that is the endpoint. */
export async function timeOf(endpoint: string | null): Promise<LiveTime & { readonly follows: string | null }> {
  if (endpoint === null || !isLoopbackHttp(endpoint) || (await localClock(endpoint)) === null) return { ...realTime, follows: null };
  return {
    follows: endpoint,
    now: async () => (await localClock(endpoint)) ?? systemClock.now(),
    // Somebody moves it: asked for often.
    pause: (ms, signal) => pause(Math.min(ms, 250), signal),
  };
}
