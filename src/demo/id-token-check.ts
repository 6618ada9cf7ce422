import { createCognitoTime } from "../cognito/cognito-time.js";
import { createTokenVerifier } from "../cognito/token-verifier.js";
import type { Clock } from "../model/clock.js";
import { silentLog } from "../model/log.js";
import type { Caller } from "./sample-api.js";

const KEYS_DEADLINE_MS = 3_000;

/** Which tokens are trusted. */
export interface TrustedClient {
  readonly userPoolId: string;
  readonly region: string;
  readonly clientId: string;
  /** Where the pool's keys are; null: at AWS. */
  readonly endpoint: string | null;
}

/** How the sample API judges a token: it trusts ID tokens of the app client, and asks the user pool for its keys itself, as any API would. */
export function idTokenCheck(client: TrustedClient, clock: Clock): (token: string) => Promise<Caller | null> {
  const verifier = createTokenVerifier({
    ...client,
    time: createCognitoTime(clock, silentLog),
    deadlineMs: KEYS_DEADLINE_MS,
    clock,
    log: silentLog,
  });
  return async (token) => {
    const verdict = await verifier.verify(token, "id", null);
    if (verdict.kind === "undecidable") throw new Error("the keys cannot be had");
    if (verdict.kind === "invalid") return null;
    const { sub, email } = verdict.claims;
    return typeof sub === "string" ? { sub, ...(typeof email === "string" ? { email } : {}) } : null;
  };
}
