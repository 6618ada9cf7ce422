import { OAuthError } from "../common/oauth-error.js";
import { type AppClient, secretMatches } from "../pools/app-clients.js";
import type { CognitoState } from "../sign-in/state.js";

interface Credentials {
  readonly clientId: string;
  readonly secret: string | null;
}

function basicCredentials(authorization: string): Credentials {
  const encoded = /^Basic ([\w+/=-]+)$/i.exec(authorization)?.[1];
  const text = encoded === undefined ? "" : Buffer.from(encoded, "base64").toString();
  const colon = text.indexOf(":");
  if (colon < 1) {
    throw new OAuthError("invalid_client");
  }
  return { clientId: text.slice(0, colon), secret: text.slice(colon + 1) };
}

/** The app client of a request, by Basic or form credentials (RFC 6749 section 2.3.1). OAuthError invalid_client unless it proved itself. */
export function authenticateClient(
  state: Pick<CognitoState, "clients">,
  authorization: string | undefined,
  form: URLSearchParams,
): AppClient {
  const named = form.get("client_id");
  const credentials =
    authorization === undefined ? { clientId: named ?? "", secret: form.get("client_secret") } : basicCredentials(authorization);
  if (named !== null && named !== credentials.clientId) {
    throw new OAuthError("invalid_request", "client_id differs from the authorization header");
  }
  if (authorization !== undefined && form.has("client_secret")) {
    throw new OAuthError("invalid_request", "More than one way of client authentication");
  }
  const client = state.clients.find(credentials.clientId);
  const proven =
    client !== undefined &&
    (client.secrets.length === 0 ? !credentials.secret : credentials.secret !== null && secretMatches(client, credentials.secret));
  if (!proven) {
    throw new OAuthError("invalid_client");
  }
  return client;
}
