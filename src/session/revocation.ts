import type { RevokeAnswer } from "../cognito/answers.js";
import type { AskTurn } from "../cognito/api-call.js";
import type { TokenSource } from "../cognito/token-source.js";
import type { Cancel, Clock } from "../model/clock.js";
import { describeError, type Log } from "../model/log.js";
import { RETRY_AFTER_MS } from "../model/retry-after.js";
import type { Secret } from "../model/secret.js";
import { type SessionId, sessionPseudonym } from "../model/session.js";
import type { SessionOf, Tell } from "../telemetry/events.js";

/** In an outage sign-outs go on: beyond this many that wait a failure is only logged. */
const MOST_PENDING = 1_000;

/** What is to be ended at Cognito. */
export interface Errand {
  readonly operation: "RevokeToken" | "GlobalSignOut";
  /** Whose it is; null while that is not known. */
  readonly session: SessionOf | null;
  attempt(): Promise<RevokeAnswer>;
  /** Once it is done or given up. */
  over?(): Promise<unknown>;
}

/** `pending`: Cognito could not be reached, and is asked again in the background. */
export type ErrandResult = "done" | "pending" | "failed";

/** Ends tokens at Cognito; an outage does not stop a sign-out, it is made good in the background. */
export interface Revocation {
  /** Resolves after the first attempt, whatever became of it. `session`: whose it is; null while that is not known. */
  revoke(refreshToken: Secret, session: SessionOf | null): Promise<ErrandResult>;
  /** The same for any errand. */
  run(errand: Errand): Promise<ErrandResult>;
  /** Tries what still waits once more, at once, and says how much could not be done. For the end of the process. */
  flush(): Promise<void>;
}

export interface RevocationOptions {
  readonly source: Pick<TokenSource, "revoke">;
  /** A rate of their own: a wave of sign-outs must not hold up refreshes, nor the other way round. */
  readonly turn: AskTurn;
  /** Cognito has confirmed it: nothing of the session can be refreshed any more. */
  readonly confirmed?: (id: SessionId) => void;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly log: Log;
}

interface Pending {
  readonly errand: Errand;
  readonly cancel: Cancel;
}

const GIVEN_UP = {
  RevokeToken: "a refresh token could not be revoked; it lives on at Cognito until it expires",
  GlobalSignOut:
    "GlobalSignOut failed: this session is over, the person's others are not (where Cognito refused it: it needs the scope aws.cognito.signin.user.admin)",
} as const;

export function createRevocation({ source, turn, confirmed = () => {}, clock, tell, log }: RevocationOptions): Revocation {
  const pending = new Set<Pending>();
  /** Attempts whose answer is still to come. */
  const underWay = new Set<Promise<ErrandResult>>();

  function begin(errand: Errand, failures = 0): Promise<ErrandResult> {
    const done = attempt(errand, failures).finally(() => underWay.delete(done));
    underWay.add(done);
    return done;
  }

  async function attempt(errand: Errand, failures: number): Promise<ErrandResult> {
    const { operation } = errand;
    // Whose token lives on is what an operator has to know.
    const whose = errand.session ? { session: sessionPseudonym(errand.session.id) } : {};
    const answer = await errand.attempt();
    if (answer.kind === "revoked") return finish(errand, "done");
    const delayMs = RETRY_AFTER_MS[failures];
    if (answer.kind !== "unavailable" || delayMs === undefined || pending.size >= MOST_PENDING) {
      log.error({ operation, ...whose, outcome: answer.kind, attempts: failures + 1 }, GIVEN_UP[operation]);
      return finish(errand, "failed");
    }
    const fields = { operation, ...whose, outcome: answer.reason, next_attempt_seconds: delayMs / 1000 };
    log.warn(fields, `${operation} failed and is tried again in the background`);
    const waiting: Pending = {
      errand,
      cancel: clock.after(delayMs, () => {
        pending.delete(waiting);
        begin(errand, failures + 1).catch((error: unknown) => {
          log.error({ operation, error: describeError(error) }, "revoking failed unexpectedly");
        });
      }),
    };
    pending.add(waiting);
    return "pending";
  }

  async function finish(errand: Errand, result: "done" | "failed"): Promise<"done" | "failed"> {
    if (result === "done")
      tell({ kind: errand.operation === "RevokeToken" ? "token_revoked" : "signed_out_everywhere", session: errand.session });
    if (result === "done" && errand.session) confirmed(errand.session.id);
    await errand.over?.();
    return result;
  }

  const revoke = (refreshToken: Secret, session: SessionOf | null) =>
    begin({ operation: "RevokeToken", session, attempt: () => source.revoke(refreshToken, turn) });

  return {
    revoke,
    run: (errand) => begin(errand),
    async flush() {
      // One that fails now waits with the others.
      await Promise.allSettled(underWay);
      const waiting = [...pending];
      pending.clear();
      const results = await Promise.all(
        waiting.map(async ({ errand, cancel }) => {
          cancel();
          const answer = await errand.attempt();
          return finish(errand, answer.kind === "revoked" ? "done" : "failed");
        }),
      );
      const failed = results.filter((result) => result === "failed").length;
      if (failed > 0)
        log.error(
          { errands: failed },
          "refresh tokens could not be revoked, or people not signed out everywhere, before the end: their tokens live on at Cognito until they expire",
        );
    },
  };
}
