import type { Log } from "../model/log.js";
import type { Secret } from "../model/secret.js";
import type { CognitoAnswer } from "./answers.js";

/** None, one, or two client secrets of one app client while one is being rotated, and which of them works: whoever learns it, all know. */
export interface ClientSecrets {
  /** Calls with the secret that worked last; where Cognito says it is wrong, once more with the other one. */
  with<A extends CognitoAnswer>(call: (secret: Secret | undefined) => Promise<A>): Promise<A>;
}

/** The user pools API's refusal of a secret, as it is judged, and the token endpoint's own (RFC 6749 5.2). */
const OF_SECRET: ReadonlySet<string> = new Set(["wrong_secret", "invalid_client"]);

export function createClientSecrets(secrets: readonly Secret[], log: Log): ClientSecrets {
  // Learned from a secret that no longer fits.
  let inUse = 0;
  return {
    async with(call) {
      const first = inUse;
      const answer = await call(secrets[first]);
      const other = first === 0 ? 1 : 0;
      const next = secrets[other];
      if (answer.kind !== "misconfigured" || !OF_SECRET.has(answer.problem) || !next) return answer;
      const second = await call(next);
      // An outage says nothing about the secret.
      if (second.kind === "misconfigured" || second.kind === "unavailable" || inUse === other) return second;
      inUse = other;
      log.warn({ secret: other === 0 ? "first" : "second" }, "the other client secret is in use now");
      return second;
    },
  };
}
