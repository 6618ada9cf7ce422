import type {
  CognitoIdentityProvider,
  DomainDescriptionType,
  GetUserPoolClientSessionConfigurationResponse,
  GetUserPoolMfaConfigResponse,
  GetUserPoolSessionConfigurationResponse,
  UserPoolType,
} from "@aws-sdk/client-cognito-identity-provider";
import { regionalEndpoint } from "../cognito/idp-client.js";
import type { Clock } from "../model/clock.js";
import { HttpsAgentThrough, proxyToCognito, STRAIGHT, type WayOut } from "../network/way-out.js";
import { type AppClient, type ClientSettings, parseAppClient } from "./app-client.js";
import { readWireAnswers } from "./wire-answers.js";

/** What came of a look at Cognito; never an exception for what AWS or the network says. */
export type Looked<T> =
  | { readonly kind: "seen"; readonly value: T }
  /** The credentials are sound and may not do this. */
  | { readonly kind: "not_permitted"; readonly action: string; readonly why: string }
  | { readonly kind: "not_found"; readonly operation: string; readonly why: string }
  /** No credentials, no network, throttled for good, an operation that the endpoint does not know. */
  | { readonly kind: "failed"; readonly operation: string; readonly error: string; readonly why: string };

export type Unseen = Exclude<Looked<never>, { kind: "seen" }>;

export interface ListedClient {
  readonly poolId: string;
  readonly clientId: string;
  readonly name: string;
}

export interface ListedPool {
  readonly poolId: string;
  readonly name: string;
}

/** Where one reads and writes an app client, with AWS's default credential chain. */
export interface CognitoAdmin {
  describeClient(of?: { readonly poolId: string; readonly clientId: string }): Promise<Looked<AppClient>>;
  /** Writes all that is given and nothing else: Cognito puts what is left out back to its default. */
  updateClient(settings: ClientSettings): Promise<Looked<AppClient>>;
  describePool(poolId?: string): Promise<Looked<UserPoolType>>;
  /** The domain as the pool names it: a prefix (`auth-example`) or a custom domain (`auth.example.com`). */
  describeDomain(domain: string): Promise<Looked<DomainDescriptionType>>;
  /** Passkeys, too. */
  describeMfa(): Promise<Looked<GetUserPoolMfaConfigResponse>>;
  poolSessions(): Promise<Looked<GetUserPoolSessionConfigurationResponse>>;
  clientSessions(): Promise<Looked<GetUserPoolClientSessionConfigurationResponse>>;
  /** A page of the pool's app clients; `next` is null on the last. */
  listClients(poolId: string, from: string | null): Promise<Looked<{ clients: readonly ListedClient[]; next: string | null }>>;
  listPools(from: string | null): Promise<Looked<{ pools: readonly ListedPool[]; next: string | null }>>;
  /** How far this machine's clock is ahead of AWS's, by the newest answer; null before the first. */
  clockAheadMs(): number | null;
  close(): void;
}

export interface CognitoAdminOptions {
  /** Null: the one that the pool's id begins with, or AWS's own default where there is no pool. */
  readonly region: string | null;
  /** A profile of AWS's shared files; null: the default chain's. */
  readonly profile: string | null;
  /** COGNITO_ENDPOINT; null: AWS's own. */
  readonly endpoint: string | null;
  readonly poolId: string;
  readonly clientId: string;
  readonly clock: Clock;
  /** HTTPS_PROXY and NO_PROXY; absent: straight. */
  readonly wayOut?: WayOut;
  /** How long one call may take. */
  readonly timeoutMs?: number;
}

/** `us-east-1_Example01` → `us-east-1` (every pool id begins with its Region). */
export function regionOfPool(poolId: string): string | null {
  return /^([\w-]+)_[0-9a-zA-Z]+$/.exec(poolId)?.[1] ?? null;
}

const NOT_PERMITTED = new Set(["AccessDeniedException", "AccessDenied", "UnauthorizedException"]);
const NOT_FOUND = new Set(["ResourceNotFoundException"]);
const NO_CREDENTIALS = new Set(["CredentialsProviderError", "TokenProviderError"]);
/** AWS's common errors: credentials that have ended, or are none of AWS's. */
const CREDENTIALS_REFUSED = new Set([
  "ExpiredTokenException",
  "UnrecognizedClientException",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "MissingAuthenticationTokenException",
]);
const TIMEOUT_MS = 15_000;
// The most that the API gives at once (API reference, ListUserPoolClients and ListUserPools).
const PAGE = 60;

/** One line of an error, without what it carries: a message of AWS's is made for people, and its account and role say which policy to change. */
function lineOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.split("\n", 1)[0]?.slice(0, 300) ?? "";
}

function unseen(operation: string, error: unknown): Unseen {
  const name = error instanceof Error ? error.name : "unknown";
  const why = lineOf(error);
  if (NOT_PERMITTED.has(name)) return { kind: "not_permitted", action: `cognito-idp:${operation}`, why };
  if (NOT_FOUND.has(name)) return { kind: "not_found", operation, why };
  if (NO_CREDENTIALS.has(name))
    return {
      kind: "failed",
      operation,
      error: name,
      why: `no AWS credentials (${why}): sign in with \`aws sso login\`, or give --profile`,
    };
  if (CREDENTIALS_REFUSED.has(name))
    return {
      kind: "failed",
      operation,
      error: name,
      why: `AWS refuses these credentials (${why}): sign in again with \`aws sso login\`, or give --profile`,
    };
  if (error instanceof SyntaxError)
    return {
      kind: "failed",
      operation,
      error: name,
      why: "what answered is no Cognito: the answer is no JSON. Is the endpoint right, and no proxy or sign-in page of this network in between?",
    };
  if (why === "Region is missing")
    return { kind: "failed", operation, error: name, why: "no AWS Region: give --region, or set AWS_REGION" };
  return { kind: "failed", operation, error: name, why };
}

function isEmulator(endpoint: string | null): boolean {
  return endpoint !== null && new URL(endpoint).protocol === "http:";
}

/** What is not answered over TLS is an emulator, and no place to take real credentials to: a client secret would come back in the clear. */
function credentialsFor(endpoint: string | null): { credentials?: { accessKeyId: string; secretAccessKey: string } } {
  return isEmulator(endpoint) ? { credentials: { accessKeyId: "local", secretAccessKey: "local" } } : {};
}

/** Opens the API of user pools for one app client. Loads AWS's SDK, which takes a moment. */
export async function openCognitoAdmin(options: CognitoAdminOptions): Promise<CognitoAdmin> {
  const { endpoint, profile, poolId, clientId, clock, wayOut = STRAIGHT, timeoutMs = TIMEOUT_MS } = options;
  const region = options.region ?? regionOfPool(poolId) ?? (isEmulator(endpoint) ? "us-east-1" : null);
  const proxy = proxyToCognito(wayOut, endpoint ?? regionalEndpoint(region ?? "us-east-1"));
  const { CognitoIdentityProvider } = await import("@aws-sdk/client-cognito-identity-provider");
  const sdk: CognitoIdentityProvider = new CognitoIdentityProvider({
    ...(region === null ? {} : { region }),
    ...(profile === null ? {} : { profile }),
    ...(endpoint === null ? {} : { endpoint }),
    ...credentialsFor(endpoint),
    // Slows down by itself once Cognito says that it is too much: operations of administrators have a few calls a second per account.
    retryMode: "adaptive",
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      // Without it the SDK only writes a warning, and waits on.
      throwOnRequestTimeout: true,
      ...(proxy === null ? {} : { httpsAgent: new HttpsAgentThrough(proxy, { clock, timeoutMs }, true) }),
    },
  });
  const wire = readWireAnswers(sdk, clock);
  const pool = { UserPoolId: poolId };
  const client = { ...pool, ClientId: clientId };

  async function look<T>(operation: string, ask: () => Promise<T>): Promise<Looked<T>> {
    try {
      return { kind: "seen", value: await ask() };
    } catch (error) {
      return unseen(operation, error);
    }
  }
  /** The client in the answer, as it stood on the wire. */
  async function askedForClient(ask: () => Promise<unknown>): Promise<AppClient> {
    const raw = (await wire.asked(ask))?.["UserPoolClient"];
    if (typeof raw !== "object" || raw === null) throw new Error("the answer has no UserPoolClient");
    return parseAppClient({ ...raw });
  }
  function given<T>(value: T | undefined, name: string): T {
    if (value === undefined) throw new Error(`the answer has no ${name}`);
    return value;
  }

  return {
    describeClient: (of) => {
      const asked = of === undefined ? client : { UserPoolId: of.poolId, ClientId: of.clientId };
      return look("DescribeUserPoolClient", () => askedForClient(() => sdk.describeUserPoolClient(asked)));
    },
    updateClient: (settings) =>
      look("UpdateUserPoolClient", () => askedForClient(() => sdk.updateUserPoolClient({ ...settings, ...client }))),
    describePool: (id = poolId) =>
      look("DescribeUserPool", async () => given((await sdk.describeUserPool({ UserPoolId: id })).UserPool, "UserPool")),
    describeDomain: (domain) =>
      look("DescribeUserPoolDomain", async () => given((await sdk.describeUserPoolDomain({ Domain: domain })).DomainDescription, "domain")),
    describeMfa: () => look("GetUserPoolMfaConfig", () => sdk.getUserPoolMfaConfig(pool)),
    poolSessions: () => look("GetUserPoolSessionConfiguration", () => sdk.getUserPoolSessionConfiguration(pool)),
    clientSessions: () => look("GetUserPoolClientSessionConfiguration", () => sdk.getUserPoolClientSessionConfiguration(client)),
    listClients: (id, from) =>
      look("ListUserPoolClients", async () => {
        const page = await sdk.listUserPoolClients({ UserPoolId: id, MaxResults: PAGE, ...(from === null ? {} : { NextToken: from }) });
        const clients = (page.UserPoolClients ?? []).flatMap(({ ClientId, ClientName = "" }) =>
          ClientId === undefined ? [] : [{ poolId: id, clientId: ClientId, name: ClientName }],
        );
        return { clients, next: page.NextToken ?? null };
      }),
    listPools: (from) =>
      look("ListUserPools", async () => {
        const page = await sdk.listUserPools({ MaxResults: PAGE, ...(from === null ? {} : { NextToken: from }) });
        const pools = (page.UserPools ?? []).flatMap(({ Id, Name = "" }) => (Id === undefined ? [] : [{ poolId: Id, name: Name }]));
        return { pools, next: page.NextToken ?? null };
      }),
    clockAheadMs: wire.clockAheadMs,
    close: () => sdk.destroy(),
  };
}
