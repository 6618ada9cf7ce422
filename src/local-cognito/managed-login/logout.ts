import { type Answer, redirectAnswer, withParameters } from "../common/answer.js";
import type { CognitoState } from "../sign-in/state.js";
import { AUTHORIZATION_PARAMETERS } from "./authorization-request.js";
import type { BrowserSessions } from "./browser-session.js";
import type { BrowserRequest } from "./login.js";
import { errorPage } from "./pages.js";

/**
 * `GET /logout`: ends managed login's session and redirects to `logout_uri`, or with `redirect_uri` and `response_type` to the sign-in
 * form for that app (https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html). Both must be registered.
 */
export function logout(
  state: Pick<CognitoState, "clients" | "pools">,
  browserSessions: BrowserSessions,
  { parameters, cookie }: BrowserRequest,
): Answer {
  const client = state.clients.find(parameters.get("client_id") ?? "");
  if (client === undefined) {
    return errorPage("invalid_client", "There is no app client with this client_id.");
  }
  const logoutUri = parameters.get("logout_uri");
  const redirectUri = parameters.get("redirect_uri");
  const target =
    logoutUri !== null
      ? allowed(logoutUri, client.settings.LogoutURLs)
      : redirectUri !== null && parameters.has("response_type") && allowed(redirectUri, client.settings.CallbackURLs) !== null
        ? withParameters("/login", Object.fromEntries([...parameters].filter(([name]) => AUTHORIZATION_PARAMETERS.includes(name))))
        : null;
  if (target === null) {
    return errorPage(
      logoutUri === null ? "invalid_request" : "redirect_mismatch",
      "Signing out needs a logout_uri among the app client’s sign-out URLs, or a redirect_uri among its callback URLs with a response_type.",
    );
  }
  return redirectAnswer(target, { "set-cookie": browserSessions.end(state.pools.get(client.poolId), cookie) });
}

function allowed(uri: string, registered: readonly string[] | undefined): string | null {
  return registered?.includes(uri) ? uri : null;
}
