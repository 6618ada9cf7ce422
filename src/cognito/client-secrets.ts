import type { Log } from "../model/log.js";
import type { Secret } from "../model/secret.js";
import type { RefreshAnswer, RevokeAnswer } from "./answers.js";

/** None, one, or two client secrets while one is being rotated, and which of them works. */
export interface ClientSecrets {
  /** Calls with the secret that worked last; where Cognito says it is wrong, once more with the other one. */
  with<A extends RefreshAnswer | RevokeAnswer>(call: (secret: Secret | undefined) => Promise<A>): Promise<A>;
}

const isOfSecret = (answer: RefreshAnswer | RevokeAnswer): boolean => answer.kind === "misconfigured" && answer.problem === "wrong_secret";

export function createClientSecrets(secrets: readonly Secret[], log: Log): ClientSecrets {
  // Learned from a secret that no longer fits.
  let inUse = 0;
  return {
    async with(call) {
      const first = inUse;
      const answer = await call(secrets[first]);
      const other = first === 0 ? 1 : 0;
      const next = secrets[other];
      if (!isOfSecret(answer) || !next) return answer;
      const second = await call(next);
      // An outage says nothing about the secret.
      if (second.kind === "misconfigured" || second.kind === "unavailable") return second;
      inUse = other;
      log.warn({ secret: other === 0 ? "first" : "second" }, "the other client secret is in use now");
      return second;
    },
  };
}
