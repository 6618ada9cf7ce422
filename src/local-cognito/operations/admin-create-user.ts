import { unsupportedOperation } from "../common/exceptions.js";
import { newTemporaryPassword } from "../common/random-text.js";
import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";
import { userType } from "./shapes.js";

/**
 * AdminCreateUser: the user has a temporary password and must choose another at the first sign-in. No message is ever sent, whatever
 * `MessageAction` says; RESEND, which would do nothing else, is UnsupportedOperationException.
 */
export function adminCreateUser(parts: Pick<CognitoState, "pools" | "directory">): Operation {
  return (fields, call) => {
    const pool = parts.pools.get(fields.text("UserPoolId"));
    if (fields.oneOf("MessageAction", ["RESEND", "SUPPRESS"]) === "RESEND") {
      throw unsupportedOperation("Local Cognito sends no messages.");
    }
    const user = parts.directory.create(pool, {
      name: fields.text("Username"),
      attributes: fields.attributes("UserAttributes"),
      password: fields.optionalText("TemporaryPassword") ?? newTemporaryPassword(),
      status: "FORCE_CHANGE_PASSWORD",
      sub: null,
    });
    call.identify(pool.id, user.username);
    return { User: userType(user) };
  };
}
