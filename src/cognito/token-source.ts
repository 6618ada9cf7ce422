import type { CognitoIdentityProvider, InitiateAuthCommandOutput } from "@aws-sdk/client-cognito-identity-provider";
import type { Clock } from "../model/clock.js";
import type { Log } from "../model/log.js";
import { Secret } from "../model/secret.js";
import type { SessionId } from "../model/session.js";
import { HttpsAgentThrough } from "../network/way-out.js";
import type { Tell } from "../telemetry/events.js";
import type { IssuedTokens, RefreshAnswer, RevokeAnswer, Revoked, Unavailable } from "./answers.js";
import { type AskTurn, createApiCall } from "./api-call.js";
import type { ClientSecrets } from "./client-secrets.js";
import { createIdpClient, regionalEndpoint } from "./idp-client.js";
import { secretHash } from "./secret-hash.js";

export interface RefreshRequest {
  /** Whose it is, for the log. */
  readonly session: SessionId;
  readonly refreshToken: Secret;
  /** The canonical username; see `secretHash`. */
  readonly username: string;
  readonly deviceKey: string | null;
  /** Asked before every request that goes out, so before the second one with another secret or flow as well. */
  readonly turn: AskTurn;
  /** Aborts once it must not be asked any more: the lease that it is asked under is over. Absent: never. */
  readonly signal?: AbortSignal;
}

export interface TokenSourceOptions {
  readonly region: string;
  readonly clientId: string;
  readonly clientSecrets: ClientSecrets;
  /** Null: AWS's own endpoint of the region. */
  readonly endpoint: string | null;
  /** The HTTP proxy on the way there; absent or null: straight. */
  readonly proxy?: URL | null;
  readonly refreshApi: "auto" | "initiate_auth" | "get_tokens";
  /** Longest wait for one answer; the request is aborted then. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly log: Log;
}

/** The calls to Cognito's IDP API. Each makes one attempt and never throws; whether to try again is the caller's decision. */
export interface TokenSource {
  refresh(request: RefreshRequest): Promise<RefreshAnswer>;
  /** RevokeToken: ends the refresh token and what was issued with it. Succeeds for tokens already revoked. */
  revoke(refreshToken: Secret, turn: AskTurn): Promise<RevokeAnswer>;
  /** GlobalSignOut: ends all of the user's sessions; needs an access token with the scope aws.cognito.signin.user.admin. */
  signOutEverywhere(accessToken: Secret, turn: AskTurn): Promise<RevokeAnswer>;
  /** Loads what the first request would load otherwise. Rejects where it cannot be. */
  load(): Promise<void>;
  close(): void;
}

/** The client, made when it is first asked for. */
type Idp = () => Promise<CognitoIdentityProvider>;
type Api = "initiate_auth" | "get_tokens";

/** What both operations answer. */
type Refreshed = Pick<InitiateAuthCommandOutput, "AuthenticationResult">;

/** Judges an answer that arrived. One without tokens (a challenge, an emulator's slip) is no verdict. */
export function judgeTokens(output: Refreshed): IssuedTokens | Unavailable {
  const result = output.AuthenticationResult;
  if (!result?.IdToken) return { kind: "unavailable", reason: "cognito_unavailable", answerLost: false };
  return {
    kind: "issued",
    refresh: result.RefreshToken ? new Secret(result.RefreshToken) : null,
    id: new Secret(result.IdToken),
    access: result.AccessToken ? new Secret(result.AccessToken) : null,
  };
}

const revoked = (): Revoked => ({ kind: "revoked" });

/** The request of one refresh, ready to be sent through either operation. */
function refreshSender(
  idp: Idp,
  { refreshToken, username, deviceKey }: RefreshRequest,
  through: Api,
  clientId: string,
  secret: Secret | undefined,
): (abortSignal: AbortSignal) => Promise<Refreshed> {
  if (through === "get_tokens") {
    const request = {
      RefreshToken: refreshToken.reveal(),
      ClientId: clientId,
      ...(secret ? { ClientSecret: secret.reveal() } : {}),
      ...(deviceKey ? { DeviceKey: deviceKey } : {}),
    };
    return async (abortSignal) => (await idp()).getTokensFromRefreshToken(request, { abortSignal });
  }
  const request = {
    AuthFlow: "REFRESH_TOKEN_AUTH",
    ClientId: clientId,
    AuthParameters: {
      REFRESH_TOKEN: refreshToken.reveal(),
      ...(secret ? { SECRET_HASH: secretHash(secret, username, clientId) } : {}),
      ...(deviceKey ? { DEVICE_KEY: deviceKey } : {}),
    },
  } as const;
  return async (abortSignal) => (await idp()).initiateAuth(request, { abortSignal });
}

export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { region, clientId, clientSecrets, deadlineMs, proxy, clock, log } = options;
  let client: Promise<CognitoIdentityProvider> | null = null;
  const idp: Idp = () => {
    client ??= createIdpClient({
      region,
      endpoint: options.endpoint ?? regionalEndpoint(region),
      httpsAgent: proxy ? new HttpsAgentThrough(proxy, { clock, timeoutMs: deadlineMs }, true) : null,
    });
    return client;
  };
  const call = createApiCall(options);
  // What worked last: learned from "flow not enabled".
  let api: Api = options.refreshApi === "get_tokens" ? "get_tokens" : "initiate_auth";

  const refreshThrough = (request: RefreshRequest, through: Api) =>
    clientSecrets.with<RefreshAnswer>((secret) =>
      call({
        operation: through === "get_tokens" ? "GetTokensFromRefreshToken" : "InitiateAuth",
        session: request.session,
        turn: request.turn,
        ...(request.signal && { signal: request.signal }),
        send: refreshSender(idp, request, through, clientId, secret),
        judge: judgeTokens,
      }),
    );

  return {
    async refresh(request) {
      const through = api;
      const answer = await refreshThrough(request, through);
      const refusedFlow = answer.kind === "misconfigured" && answer.problem === "flow_not_enabled";
      if (!refusedFlow || options.refreshApi !== "auto" || through === "get_tokens") return answer;
      const second = await refreshThrough(request, "get_tokens");
      if (second.kind === "issued" && api === "initiate_auth") {
        api = "get_tokens";
        log.info({}, "REFRESH_TOKEN_AUTH is not enabled for the app client: refreshing through GetTokensFromRefreshToken from now on");
      }
      return second;
    },

    revoke: (refreshToken, turn) =>
      clientSecrets.with<RevokeAnswer>((secret) => {
        const request = {
          Token: refreshToken.reveal(),
          ClientId: clientId,
          ...(secret ? { ClientSecret: secret.reveal() } : {}),
        };
        const send = async (abortSignal: AbortSignal) => (await idp()).revokeToken(request, { abortSignal });
        return call({ operation: "RevokeToken", session: null, turn, send, judge: revoked });
      }),

    signOutEverywhere(accessToken, turn) {
      const request = { AccessToken: accessToken.reveal() };
      const send = async (abortSignal: AbortSignal) => (await idp()).globalSignOut(request, { abortSignal });
      return call({ operation: "GlobalSignOut", session: null, turn, send, judge: revoked });
    },

    load: async () => void (await idp()),

    close() {
      client?.then(
        (made) => made.destroy(),
        () => {},
      );
    },
  };
}
