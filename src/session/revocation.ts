import type { TokenSource } from "../cognito/token-source.js";
import type { Cancel, Clock } from "../model/clock.js";
import type { Log } from "../model/log.js";
import type { Secret } from "../model/secret.js";

const RETRY_AFTER_MS = [1_000, 5_000, 30_000, 120_000, 600_000] as const;
/** In an outage sign-outs go on: beyond this many waiting tokens a failure is only logged. */
const MOST_PENDING = 1_000;

/** Revokes refresh tokens at Cognito; an outage does not stop a sign-out, it is made good in the background. */
export interface Revocation {
  /** Resolves after the first attempt, whatever became of it. */
  revoke(refreshToken: Secret): Promise<void>;
  /** Tries what still waits once more, at once, and says how much could not be revoked. For the end of the process. */
  flush(): Promise<void>;
}

interface Pending {
  readonly refreshToken: Secret;
  readonly cancel: Cancel;
}

export function createRevocation(source: Pick<TokenSource, "revoke">, clock: Clock, log: Log): Revocation {
  const pending = new Set<Pending>();

  async function attempt(refreshToken: Secret, failures: number): Promise<void> {
    const answer = await source.revoke(refreshToken);
    if (answer.kind === "revoked") {
      if (failures > 0) log.info({ attempts: failures + 1 }, "the refresh token is revoked now");
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
      cancel: clock.after(delayMs, () => {
        pending.delete(waiting);
        attempt(refreshToken, failures + 1).catch((error: unknown) => log.error({ error: String(error) }, "revoking failed unexpectedly"));
      }),
    };
    pending.add(waiting);
  }

  return {
    revoke: (refreshToken) => attempt(refreshToken, 0),
    async flush() {
      const waiting = [...pending];
      pending.clear();
      const answers = await Promise.all(
        waiting.map(({ refreshToken, cancel }) => {
          cancel();
          return source.revoke(refreshToken);
        }),
      );
      const failed = answers.filter(({ kind }) => kind !== "revoked").length;
      if (failed > 0)
        log.error({ tokens: failed }, "refresh tokens could not be revoked before the end; they live on at Cognito until they expire");
    },
  };
}
