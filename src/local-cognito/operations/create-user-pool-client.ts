import { invalidParameter } from "../common/exceptions.js";
import { newClientSecret } from "../common/random-text.js";
import { readClientSettings } from "../pools/client-settings.js";
import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";
import { userPoolClientType } from "./shapes.js";

/** CreateUserPoolClient: public, or confidential with GenerateSecret or a ClientSecret of one's own. */
export function createUserPoolClient(parts: Pick<CognitoState, "pools" | "clients" | "floor">): Operation {
  return (fields) => {
    const pool = parts.pools.get(fields.text("UserPoolId"));
    const settings = readClientSettings(fields, parts.floor, null);
    const own = fields.optionalText("ClientSecret");
    const generate = fields.flag("GenerateSecret") === true;
    if (generate && own !== undefined) {
      throw invalidParameter("GenerateSecret and ClientSecret cannot both be given.");
    }
    const secret = generate ? newClientSecret() : own;
    const client = parts.clients.create({ poolId: pool.id, clientId: null, settings, secrets: secret === undefined ? [] : [secret] });
    return { UserPoolClient: userPoolClientType(client) };
  };
}
