import type { JsonObject } from "../common/json.js";
import type { AppClient } from "../pools/app-clients.js";
import type { User, UserPool } from "../pools/user-pool.js";
import { SELF_SERVICE_SCOPE } from "../sign-in/access-tokens.js";
import type { PasswordOutcome } from "../sign-in/authentication.js";
import type { CognitoState } from "../sign-in/state.js";
import { authenticationResult } from "./shapes.js";

/** What signing in through the API needs. */
export type SignInParts = Pick<CognitoState, "clock" | "authentication" | "challenges">;

/** AuthenticationResult for a user who has proven everything. */
export function signedIn(parts: SignInParts, pool: UserPool, client: AppClient, user: User): JsonObject {
  const { tokens, session } = parts.authentication.start({
    pool,
    client,
    user,
    origin: "api",
    scopes: [SELF_SERVICE_SCOPE],
    authTimeMs: parts.clock.now(),
    code: null,
  });
  return { ChallengeParameters: {}, AuthenticationResult: authenticationResult(tokens, session) };
}

/** Tokens, or the challenge that comes before them. */
export function passwordAnswer(parts: SignInParts, pool: UserPool, client: AppClient, outcome: PasswordOutcome): JsonObject {
  const { user } = outcome;
  if (outcome.next === "signed_in") {
    return signedIn(parts, pool, client, user);
  }
  const lifeMs = client.settings.AuthSessionValidity * 60_000;
  return {
    ChallengeName: "NEW_PASSWORD_REQUIRED",
    Session: parts.challenges.put({ poolId: pool.id, clientId: client.id, username: user.username }, lifeMs),
    ChallengeParameters: {
      USER_ID_FOR_SRP: user.username,
      requiredAttributes: "[]",
      userAttributes: JSON.stringify(Object.fromEntries(user.attributes)),
    },
  };
}
