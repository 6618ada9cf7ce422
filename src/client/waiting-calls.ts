import type { Browser } from "./browser.js";
import { createListeners } from "./listeners.js";
import type { OwnProblem } from "./problem.js";
import { SessionEndedError } from "./session-ended-error.js";
import { isSignedIn, type SessionState } from "./session-state.js";
import type { SessionTracker } from "./session-tracker.js";

/** For so long a call waits for the person to sign in. */
const LONGEST_WAIT_MS = 15 * 60 * 1_000;

export interface WaitingCalls {
  /** Resolves when the call can be sent again, or with the error that says why it cannot. Never rejects. */
  wait(
    problem: OwnProblem,
    isWrite: boolean,
    sub: string | null,
    signal: AbortSignal | null | undefined,
  ): Promise<"retry" | SessionEndedError>;
  /** Nobody is going to sign in. */
  giveUp(): void;
  size(): number;
  /** Calls back with their number whenever it changes. Returns what ends that. */
  onWaiting(listener: (waitingCalls: number) => void): () => void;
}

/** Calls that met an ended session, and wait for one sign-in together. */
export function createWaitingCalls<Claims>(
  tracker: SessionTracker<Claims>,
  browser: Pick<Browser, "after" | "now">,
  gone: AbortSignal,
): WaitingCalls {
  /** Told who is signed in; null: nobody is going to be. */
  const waiting = createListeners<[now: string | null]>();
  const listeners = createListeners<[waitingCalls: number]>();
  const giveUp = () => waiting.tell(null);
  gone.addEventListener("abort", giveUp);
  tracker.subscribe(follow);

  function follow(state: SessionState<Claims>): void {
    if (gone.aborted || state.status === "signed_out") giveUp();
    if (isSignedIn(state)) waiting.tell(state.session.user.sub);
  }

  return {
    wait: (problem, isWrite, sub, signal) =>
      new Promise((resolve) => {
        // Timers stand still while a machine sleeps.
        const giveUpAtMs = browser.now() + LONGEST_WAIT_MS;
        const error = new SessionEndedError(problem, tracker.loginUrl());
        // A write goes on only for somebody who is known to be the one who began it.
        const isSame = (now: string) => (sub === null ? !isWrite : sub === now);
        const end = (now: string | null) => {
          leave();
          stop();
          listeners.tell(waiting.size());
          resolve(now !== null && isSame(now) && browser.now() < giveUpAtMs ? "retry" : error);
        };
        const stop = waitUntil(browser, LONGEST_WAIT_MS, signal, () => end(null));
        const leave = waiting.add(end);
        // Where nobody was ever signed in no session has ended.
        if (problem.reason === "anonymous" && tracker.era === 0) end(null);
        // There may be a session again already.
        follow(tracker.state);
        listeners.tell(waiting.size());
      }),
    giveUp,
    onWaiting: listeners.add,
    size: waiting.size,
  };
}

/** Calls back when the time has passed, or as soon as the caller gives up. Returns what ends that. */
export function waitUntil(
  { after }: Pick<Browser, "after">,
  delayMs: number,
  callersSignal: AbortSignal | null | undefined,
  callback: () => void,
): () => void {
  const stop = () => {
    cancel();
    callersSignal?.removeEventListener("abort", end);
  };
  const end = () => {
    stop();
    callback();
  };
  const cancel = after(callersSignal?.aborted ? 0 : delayMs, end);
  callersSignal?.addEventListener("abort", end);
  return stop;
}
