import { refusals } from "../common/exceptions.js";
import { requireSecret } from "../pools/client-proof.js";
import { allowsFlow, rotates } from "../pools/client-settings.js";
import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";
import { authenticationResult } from "./shapes.js";

/** GetTokensFromRefreshToken: refreshes with and without rotation. */
export function getTokensFromRefreshToken(parts: Pick<CognitoState, "clients" | "authentication">): Operation {
  return (fields, call) => {
    const client = parts.clients.get(fields.text("ClientId"));
    const refreshToken = fields.text("RefreshToken");
    // Rotation and ALLOW_REFRESH_TOKEN_AUTH exclude each other, so either of them opens this operation.
    if (!rotates(client.settings) && !allowsFlow(client.settings, "REFRESH_TOKEN_AUTH")) {
      throw refusals.flowNotEnabled("REFRESH_TOKEN_AUTH");
    }
    requireSecret(client, fields.optionalText("ClientSecret"));
    const tokens = parts.authentication.refresh(
      client,
      { refreshToken, deviceKey: fields.optionalText("DeviceKey") ?? null, through: "api", requireSecret: () => undefined },
      call,
    );
    return { AuthenticationResult: authenticationResult(tokens, null) };
  };
}
