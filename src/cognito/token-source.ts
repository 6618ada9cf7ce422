import {
  GetTokensFromRefreshTokenCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  type InitiateAuthCommandOutput,
  RevokeTokenCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { describeError, type Log } from "../model/log.js";
import { Secret } from "../model/secret.js";
import { type SessionId, sessionPseudonym } from "../model/session.js";
import { HttpsAgentThrough } from "../network/way-out.js";
import type { CognitoOperation, Tell } from "../telemetry/events.js";
import { createIdpClient, regionalEndpoint } from "./idp-client.js";
import { told } from "./outcome.js";
import { judgeRefusal, type Refusal } from "./rejection.js";
import { secretHash } from "./secret-hash.js";

/** What Cognito issued, still unverified. `refresh` is null unless rotation is on: the old one then stays. */
export interface IssuedTokens {
  readonly kind: "issued";
  readonly refresh: Secret | null;
  readonly id: Secret;
  readonly access: Secret | null;
}

export type RefreshAnswer = IssuedTokens | Refusal;
export type RevokeAnswer = { readonly kind: "revoked" } | Refusal;

/** Waits for the turn of one request under a rate of ours. */
export type AskTurn = () => Promise<"granted" | "timed_out">;

export interface RefreshRequest {
  /** Whose it is, for the log. */
  readonly session: SessionId;
  readonly refreshToken: Secret;
  /** The canonical username; see `secretHash`. */
  readonly username: string;
  readonly deviceKey: string | null;
  /** Asked before every request that goes out, so before the second one with another secret or flow as well. */
  readonly turn: AskTurn;
}

export interface TokenSourceOptions {
  readonly region: string;
  readonly clientId: string;
  /** None, one, or two while one is being rotated. */
  readonly clientSecrets: readonly Secret[];
  /** Null: AWS's own endpoint of the region. */
  readonly endpoint: string | null;
  /** The HTTP proxy on the way there; absent or null: straight. */
  readonly proxy?: URL | null;
  readonly refreshApi: "auto" | "initiate_auth" | "get_tokens";
  /** Longest wait for one answer; the request is aborted then. */
  readonly deadlineMs: number;
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
  close(): void;
}

type Api = "initiate_auth" | "get_tokens";

/** Nothing was sent: our own limit. */
const NO_TURN: Refusal = { kind: "unavailable", reason: "cognito_throttled", answerLost: false };

/** Judges an answer that arrived. One without tokens (a challenge, an emulator's slip) is no verdict. */
export function judgeTokens(output: Pick<InitiateAuthCommandOutput, "AuthenticationResult">): RefreshAnswer {
  const result = output.AuthenticationResult;
  if (!result?.IdToken) return { kind: "unavailable", reason: "cognito_unavailable", answerLost: true };
  return {
    kind: "issued",
    refresh: result.RefreshToken ? new Secret(result.RefreshToken) : null,
    id: new Secret(result.IdToken),
    access: result.AccessToken ? new Secret(result.AccessToken) : null,
  };
}

/** Cognito's own id of a request, which AWS asks for; nothing else that may stand in its place. */
function requestIdOf(error: unknown): string | undefined {
  const id = (error as { $metadata?: { requestId?: unknown } } | null)?.$metadata?.requestId;
  return typeof id === "string" && /^[\w-]{1,64}$/.test(id) ? id : undefined;
}

/** The text of a trigger's refusal is the trigger's: whom it names is nobody's business here. */
function describeRefusal(error: unknown, refused: Refusal): object {
  const described = describeError(error);
  return refused.kind === "denied" || described.name.includes("Lambda") ? { name: described.name } : described;
}

export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { clientId, tell, log } = options;
  const { proxy } = options;
  const client = createIdpClient({
    ...{
      region: options.region,
      deadlineMs: options.deadlineMs,
      httpsAgent: proxy ? new HttpsAgentThrough(proxy, options.deadlineMs, true) : null,
    },
    endpoint: options.endpoint ?? regionalEndpoint(options.region),
  });

  // What worked last. Both are learned: from "flow not enabled" and from a secret that no longer fits.
  let api: Api = options.refreshApi === "get_tokens" ? "get_tokens" : "initiate_auth";
  let secretIndex = 0;

  /** Sends with a deadline that really aborts: a timeout of the SDK's request handler alone only warns. */
  async function attempt<T>(send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    // The race covers an answer whose head came and whose body hangs, which the signal alone may not end.
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        controller.abort();
        reject(Object.assign(new Error(`Cognito did not answer within ${options.deadlineMs} ms`), { name: "TimeoutError" }));
      }, options.deadlineMs);
    });
    try {
      return await Promise.race([send(controller.signal), deadline]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends one request when its turn has come and judges what came back. */
  async function judged<T, A extends RefreshAnswer | RevokeAnswer>(
    operation: CognitoOperation,
    { session, turn }: { readonly session: SessionId | null; readonly turn: AskTurn },
    send: () => Promise<T>,
    judge: (output: T) => A,
  ): Promise<A | Refusal> {
    if ((await turn()) === "timed_out") return NO_TURN;
    return told<A | Refusal>(operation, tell, async () => {
      try {
        return judge(await send());
      } catch (error) {
        return refusal(operation, session, error);
      }
    });
  }

  function refusal(operation: CognitoOperation, session: SessionId | null, error: unknown): Refusal {
    const refused = judgeRefusal(error);
    const whose = session === null ? {} : { session: sessionPseudonym(session) };
    const fields = {
      operation,
      ...whose,
      cognito_request_id: requestIdOf(error),
      error: describeRefusal(error, refused),
      outcome: refused,
    };
    if (refused.kind === "rejected") log.info(fields, "Cognito rejected the session");
    else log.warn(fields, "a call to Cognito failed");
    return refused;
  }

  function send({ refreshToken, username, deviceKey }: RefreshRequest, through: Api, secret: Secret | undefined) {
    if (through === "get_tokens") {
      const command = new GetTokensFromRefreshTokenCommand({
        RefreshToken: refreshToken.reveal(),
        ClientId: clientId,
        ...(secret ? { ClientSecret: secret.reveal() } : {}),
        ...(deviceKey ? { DeviceKey: deviceKey } : {}),
      });
      return attempt((abortSignal) => client.send(command, { abortSignal }));
    }
    const command = new InitiateAuthCommand({
      AuthFlow: "REFRESH_TOKEN_AUTH",
      ClientId: clientId,
      AuthParameters: {
        REFRESH_TOKEN: refreshToken.reveal(),
        ...(secret ? { SECRET_HASH: secretHash(secret, username, clientId) } : {}),
        ...(deviceKey ? { DEVICE_KEY: deviceKey } : {}),
      },
    });
    return attempt((abortSignal) => client.send(command, { abortSignal }));
  }

  /** Calls with the secret that worked last; where Cognito says it is wrong, once more with the other one. */
  async function withSecrets<T extends { readonly kind: string }>(
    call: (secret: Secret | undefined) => Promise<T | Refusal>,
  ): Promise<T | Refusal> {
    const first = secretIndex;
    const answer = await call(options.clientSecrets[first]);
    const other = first === 0 ? 1 : 0;
    const next = options.clientSecrets[other];
    if (answer.kind !== "misconfigured" || (answer as Refusal & { kind: "misconfigured" }).problem !== "wrong_secret" || !next)
      return answer;
    const second = await call(next);
    // An outage says nothing about the secret.
    if (second.kind === "misconfigured" || second.kind === "unavailable") return second;
    secretIndex = other;
    log.warn({ secret: other === 0 ? "first" : "second" }, "the other client secret is in use now");
    return second;
  }

  const refreshThrough = (request: RefreshRequest, through: Api) =>
    withSecrets<IssuedTokens>((secret) => {
      const operation = through === "get_tokens" ? "GetTokensFromRefreshToken" : "InitiateAuth";
      return judged(operation, request, () => send(request, through, secret), judgeTokens);
    });

  const call = (operation: CognitoOperation, turn: AskTurn, run: (signal: AbortSignal) => Promise<unknown>) =>
    judged(
      operation,
      { session: null, turn },
      () => attempt(run),
      (): RevokeAnswer => ({ kind: "revoked" }),
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
      withSecrets<{ kind: "revoked" }>((secret) => {
        const command = new RevokeTokenCommand({
          Token: refreshToken.reveal(),
          ClientId: clientId,
          ...(secret ? { ClientSecret: secret.reveal() } : {}),
        });
        return call("RevokeToken", turn, (abortSignal) => client.send(command, { abortSignal }));
      }),

    signOutEverywhere(accessToken, turn) {
      const command = new GlobalSignOutCommand({ AccessToken: accessToken.reveal() });
      return call("GlobalSignOut", turn, (abortSignal) => client.send(command, { abortSignal }));
    },

    close: () => client.destroy(),
  };
}
