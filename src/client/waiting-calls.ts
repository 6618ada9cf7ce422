import type { Browser } from "./browser.js";
import type { OwnProblem } from "./problem.js";
import { SessionEndedError } from "./session-ended-error.js";
import { isSignedIn, type SessionState } from "./session-state.js";
import type { SessionTracker } from "./session-tracker.js";

/** For so long a call waits for the person to sign in. */
const LONGEST_WAIT_MS = 15 * 60 * 1_000;

interface Waiting {
  readonly end: (mayGoOn: boolean) => void;
  readonly sub: string | null;
  /** Whether it may go on only for somebody who is known to be the one who began it. */
  readonly isWrite: boolean;
}

export interface WaitingCalls<Claims> {
  /** Resolves when the call can be sent again, or with the error that says why it cannot. Never rejects. */
  wait(problem: OwnProblem, isWrite: boolean, sub: string | null, signal: AbortSignal | null): Promise<"retry" | SessionEndedError>;
  /** What becomes of them when the state has changed. */
  follow(state: SessionState<Claims>): void;
  /** Nobody is going to sign in. */
  giveUp(): void;
  /** … and no call waits any more. */
  close(): void;
  readonly size: number;
}

/** Calls that met an ended session, and wait for one sign-in together. */
export function createWaitingCalls<Claims>(
  tracker: SessionTracker<Claims>,
  { after, now }: Pick<Browser, "after" | "now">,
): WaitingCalls<Claims> {
  const waiting = new Set<Waiting>();
  let isClosed = false;

  const isSame = ({ sub, isWrite }: Waiting, now: string) => (sub === null ? !isWrite : sub === now);

  function giveUp(): void {
    for (const { end } of [...waiting]) end(false);
  }

  function follow(state: SessionState<Claims>): void {
    if (isClosed || state.status === "signed_out") giveUp();
    if (!isSignedIn(state)) return;
    for (const call of [...waiting]) call.end(isSame(call, state.session.user.sub));
  }

  return {
    wait: (problem, isWrite, sub, signal) =>
      new Promise((resolve) => {
        // Timers stand still while a machine sleeps.
        const giveUpAtMs = now() + LONGEST_WAIT_MS;
        const error = new SessionEndedError(problem, tracker.loginUrl());
        const call: Waiting = {
          sub,
          isWrite,
          end(mayGoOn) {
            waiting.delete(call);
            cancel();
            signal?.removeEventListener("abort", giveUpThis);
            resolve(mayGoOn && now() < giveUpAtMs ? "retry" : error);
          },
        };
        const giveUpThis = () => call.end(false);
        const cancel = after(LONGEST_WAIT_MS, giveUpThis);
        waiting.add(call);
        if (signal?.aborted) giveUpThis();
        else signal?.addEventListener("abort", giveUpThis);
        // There may be a session again already.
        follow(tracker.state);
      }),
    follow,
    giveUp,
    close() {
      isClosed = true;
      giveUp();
    },
    get size() {
      return waiting.size;
    },
  };
}
