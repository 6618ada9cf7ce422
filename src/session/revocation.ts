import type { TokenSource } from "../cognito/token-source.js";
import type { Cancel, Clock } from "../model/clock.js";
import type { SessionOf, Tell } from "../model/events.js";
import { describeError, type Log } from "../model/log.js";
import type { Secret } from "../model/secret.js";

const RETRY_AFTER_MS = [1_000, 5_000, 30_000, 120_000, 600_000] as const;
/** In an outage sign-outs go on: beyond this many waiting tokens a failure is only logged. */
const MOST_PENDING = 1_000;

/** Revokes refresh tokens at Cognito; an outage does not stop a sign-out, it is made good in the background. */
export interface Revocation {
  /** Resolves after the first attempt, whatever became of it. `session`: whose it is; null while that is not known. */
  revoke(refreshToken: Secret, session: SessionOf | null): Promise<void>;
  /** Tries what still waits once more, at once, and says how much could not be revoked. For the end of the process. */
  flush(): Promise<void>;
}

interface Pending {
  readonly refreshToken: Secret;
  readonly session: SessionOf | null;
  readonly cancel: Cancel;
}

export function createRevocation(source: Pick<TokenSource, "revoke">, clock: Clock, tell: Tell, log: Log): Revocation {
  const pending = new Set<Pending>();
  /** Attempts whose answer is still to come. */
  const underWay = new Set<Promise<void>>();

  function begin(refreshToken: Secret, session: SessionOf | null, failures: number): Promise<void> {
    const done = attempt(refreshToken, session, failures).finally(() => underWay.delete(done));
    underWay.add(done);
    return done;
  }

  async function attempt(refreshToken: Secret, session: SessionOf | null, failures: number): Promise<void> {
    const answer = await source.revoke(refreshToken);
    if (answer.kind === "revoked") {
      tell({ kind: "token_revoked", session });
      return;
    }
    const delayMs = RETRY_AFTER_MS[failures];
    if (answer.kind !== "unavailable" || delayMs === undefined || pending.size >= MOST_PENDING) {
      log.error(
        { outcome: answer.kind, attempts: failures + 1 },
        "a refresh token could not be revoked; it lives on at Cognito until it expires",
      );
      return;
    }
    log.warn({ outcome: answer.reason, next_attempt_seconds: delayMs / 1000 }, "RevokeToken failed and is tried again in the background");
    const waiting: Pending = {
      refreshToken,
      session,
      cancel: clock.after(delayMs, () => {
        pending.delete(waiting);
        begin(refreshToken, session, failures + 1).catch((error: unknown) => {
          log.error({ error: describeError(error) }, "revoking failed unexpectedly");
        });
      }),
    };
    pending.add(waiting);
  }

  return {
    revoke: (refreshToken, session) => begin(refreshToken, session, 0),
    async flush() {
      // One that fails now waits with the others.
      await Promise.allSettled(underWay);
      const waiting = [...pending];
      pending.clear();
      const answers = await Promise.all(
        waiting.map(async ({ refreshToken, session, cancel }) => {
          cancel();
          const answer = await source.revoke(refreshToken);
          if (answer.kind === "revoked") tell({ kind: "token_revoked", session });
          return answer;
        }),
      );
      const failed = answers.filter(({ kind }) => kind !== "revoked").length;
      if (failed > 0)
        log.error({ tokens: failed }, "refresh tokens could not be revoked before the end; they live on at Cognito until they expire");
    },
  };
}
