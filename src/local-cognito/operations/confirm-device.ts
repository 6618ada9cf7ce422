import { resourceNotFound } from "../common/exceptions.js";
import { SELF_SERVICE_SCOPE } from "../sign-in/access-tokens.js";
import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";

/** ConfirmDevice: from now on the device's sessions refresh with its key. The secret verifier is not used: there is no device SRP here. */
export function confirmDevice(parts: Pick<CognitoState, "accessTokens" | "sessions">): Operation {
  return (fields, call) => {
    const { pool, user } = parts.accessTokens.verify(fields.text("AccessToken"), SELF_SERVICE_SCOPE);
    call.identify(pool.id, user.username);
    if (!parts.sessions.confirmDevice(pool.id, user.username, fields.text("DeviceKey"))) {
      throw resourceNotFound("Device does not exist.");
    }
    return { UserConfirmationNecessary: false };
  };
}
