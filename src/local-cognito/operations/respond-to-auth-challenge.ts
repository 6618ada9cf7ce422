import { invalidParameter, refusals, unsupportedOperation } from "../common/exceptions.js";
import { requireSecretHashAtSignIn } from "../pools/client-proof.js";
import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";
import { type SignInParts, signedIn } from "./sign-in-answer.js";

type Parts = SignInParts & Pick<CognitoState, "clients" | "pools" | "directory">;

/** RespondToAuthChallenge: NEW_PASSWORD_REQUIRED. A refused password may be tried again with the same Session. */
export function respondToAuthChallenge(parts: Parts): Operation {
  return (fields, call) => {
    const challenge = fields.text("ChallengeName");
    call.useFlow(challenge);
    const client = parts.clients.get(fields.text("ClientId"));
    if (challenge !== "NEW_PASSWORD_REQUIRED") {
      throw unsupportedOperation(`Local Cognito does not offer ${challenge.slice(0, 60)}.`);
    }
    const handle = fields.text("Session");
    const pending = parts.challenges.peek(handle);
    if (pending.state === "expired") {
      throw refusals.challengeExpired();
    }
    if (pending.state === "unknown" || pending.value.clientId !== client.id) {
      throw refusals.challengeInvalid();
    }
    const responses = fields.textMap("ChallengeResponses");
    const username = responses.get("USERNAME");
    const password = responses.get("NEW_PASSWORD");
    if (username === undefined || password === undefined) {
      throw invalidParameter(`Missing required parameter ${username === undefined ? "USERNAME" : "NEW_PASSWORD"}`);
    }
    requireSecretHashAtSignIn(client, username, responses.get("SECRET_HASH"));
    const pool = parts.pools.get(pending.value.poolId);
    const user = parts.directory.get(pool, username);
    if (user.username !== pending.value.username) {
      throw refusals.challengeInvalid();
    }
    call.identify(pool.id, user.username);
    if (!user.enabled) {
      throw refusals.userDisabled();
    }
    parts.directory.setPassword(pool, user, password, "CONFIRMED");
    parts.challenges.forget(handle);
    const changes = [...responses].filter(([name]) => name.startsWith("userAttributes."));
    parts.directory.updateAttributes(pool, user, new Map(changes.map(([name, value]) => [name.slice("userAttributes.".length), value])));
    return signedIn(parts, pool, client, user);
  };
}
