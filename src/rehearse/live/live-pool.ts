import {
  type AuthenticationResultType,
  CognitoIdentityProvider,
  type CreateUserPoolClientRequest,
  type UserPoolClientType,
  type UserPoolType,
} from "@aws-sdk/client-cognito-identity-provider";
import { secretHash } from "../../cognito/secret-hash.js";
import { Secret } from "../../model/secret.js";

/** Where the real app client is. */
export interface LiveTarget {
  readonly poolId: string;
  readonly clientId: string;
  readonly region: string;
  /** A profile of AWS's shared files; null: the default chain's. */
  readonly profile: string | null;
  /** COGNITO_ENDPOINT; null: AWS's own. */
  readonly endpoint: string | null;
  /** When the credentials of an emulator are said to end, so that the refusal can be tried there too; null: never. */
  readonly emulatorCredentialsEnd: Date | null;
}

/** An app client that one may sign in with. */
export interface UsableClient {
  readonly clientId: string;
  readonly secret: Secret | null;
}

export interface NamedClient {
  readonly clientId: string;
  readonly name: string;
}

export interface LiveTokens {
  readonly refreshToken: Secret;
  /** The canonical one, of the ID token: what SECRET_HASH is reckoned over. */
  readonly username: string;
  readonly deviceKey: string | null;
}

/** A call that AWS's credentials do not allow. */
export class NotPermitted extends Error {
  constructor(operation: string) {
    super(`the AWS credentials do not allow cognito-idp:${operation}; \`cognito-bff rehearse --live --iam\` prints the policy that does`);
    this.name = "NotPermitted";
  }
}

const NOT_PERMITTED = new Set(["AccessDeniedException", "AccessDenied"]);
/** Most that a page of ListUserPoolClients or ListUsers has. */
const PAGE = 60;
const TIMEOUT_MS = 15_000;

function emulatorCredentials({ emulatorCredentialsEnd }: LiveTarget) {
  const expiration = emulatorCredentialsEnd === null ? {} : { expiration: emulatorCredentialsEnd };
  return { accessKeyId: "local", secretAccessKey: "local", ...expiration };
}

/** A real user pool, over AWS's SDK. */
export class LivePool {
  readonly target: LiveTarget;
  readonly #sdk: CognitoIdentityProvider;

  constructor(target: LiveTarget) {
    const { region, endpoint, profile } = target;
    this.target = target;
    this.#sdk = new CognitoIdentityProvider({
      region,
      ...(profile === null ? {} : { profile }),
      ...(endpoint === null ? {} : { endpoint }),
      // What is not answered over TLS is an emulator, which looks at no signature: no place to take real credentials to.
      ...(endpoint?.startsWith("http:") ? { credentials: emulatorCredentials(target) } : {}),
      // Deleting must not fail of a moment's throttling.
      maxAttempts: 5,
      // Nor may a connection that hangs hold up a deletion for good; without throwOnRequestTimeout the SDK only writes a warning.
      requestHandler: { connectionTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true },
    });
  }

  /** When AWS's credentials end; undefined: never, as far as they say. */
  async credentialsEnd(): Promise<Date | undefined> {
    return (await this.#sdk.config.credentials()).expiration;
  }

  async describeClient(): Promise<UserPoolClientType> {
    const { poolId, clientId } = this.target;
    const { UserPoolClient } = await this.#call("DescribeUserPoolClient", () =>
      this.#sdk.describeUserPoolClient({ UserPoolId: poolId, ClientId: clientId }),
    );
    if (UserPoolClient === undefined) throw new Error("DescribeUserPoolClient: the answer has no client");
    return UserPoolClient;
  }

  /** Null where the credentials do not allow it. */
  async describePool(): Promise<UserPoolType | null> {
    try {
      return (await this.#call("DescribeUserPool", () => this.#sdk.describeUserPool({ UserPoolId: this.target.poolId }))).UserPool ?? null;
    } catch (error) {
      if (error instanceof NotPermitted) return null;
      throw error;
    }
  }

  async createClient(settings: CreateUserPoolClientRequest): Promise<UsableClient> {
    const { UserPoolClient: { ClientId, ClientSecret } = {} } = await this.#call("CreateUserPoolClient", () =>
      this.#sdk.createUserPoolClient(settings),
    );
    if (ClientId === undefined) throw new Error("CreateUserPoolClient: the answer has no client");
    return { clientId: ClientId, secret: ClientSecret === undefined ? null : new Secret(ClientSecret) };
  }

  async deleteClient(clientId: string): Promise<void> {
    await this.#unlessGone("DeleteUserPoolClient", "ResourceNotFoundException", () =>
      this.#sdk.deleteUserPoolClient({ UserPoolId: this.target.poolId, ClientId: clientId }),
    );
  }

  async listClients(): Promise<readonly NamedClient[]> {
    const found: NamedClient[] = [];
    const places = new Set<string>();
    let NextToken: string | undefined;
    do {
      const page = await this.#call("ListUserPoolClients", () =>
        this.#sdk.listUserPoolClients({
          UserPoolId: this.target.poolId,
          MaxResults: PAGE,
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      );
      for (const { ClientId, ClientName } of page.UserPoolClients ?? [])
        if (ClientId !== undefined && ClientName !== undefined) found.push({ clientId: ClientId, name: ClientName });
      NextToken = page.NextToken;
      // An endpoint that names a place a second time would be read for ever.
      if (NextToken !== undefined && places.has(NextToken)) break;
      if (NextToken !== undefined) places.add(NextToken);
    } while (NextToken !== undefined);
    return found;
  }

  /** A confirmed user whom nobody is told of. */
  async createUser(username: string, password: Secret): Promise<void> {
    const user = { UserPoolId: this.target.poolId, Username: username };
    await this.#call("AdminCreateUser", () => this.#sdk.adminCreateUser({ ...user, MessageAction: "SUPPRESS" }));
    await this.#call("AdminSetUserPassword", () =>
      this.#sdk.adminSetUserPassword({ ...user, Password: password.reveal(), Permanent: true }),
    );
  }

  async deleteUser(username: string): Promise<void> {
    await this.#unlessGone("AdminDeleteUser", "UserNotFoundException", () =>
      this.#sdk.adminDeleteUser({ UserPoolId: this.target.poolId, Username: username }),
    );
  }

  /** The names under which users can be signed in, of those that begin so. @param by what the pool knows people by. */
  async listUsers(by: "email" | "username", prefix: string): Promise<readonly string[]> {
    const found: string[] = [];
    let PaginationToken: string | undefined;
    do {
      const page = await this.#call("ListUsers", () =>
        this.#sdk.listUsers({
          UserPoolId: this.target.poolId,
          Filter: `${by} ^= "${prefix}"`,
          Limit: PAGE,
          ...(PaginationToken === undefined ? {} : { PaginationToken }),
        }),
      );
      for (const { Username, Attributes = [] } of page.Users ?? []) {
        const name = by === "username" ? Username : Attributes.find(({ Name }) => Name === "email")?.Value;
        if (name !== undefined) found.push(name);
      }
      PaginationToken = page.PaginationToken;
    } while (PaginationToken !== undefined);
    return found;
  }

  async signIn({ clientId, secret }: UsableClient, username: string, password: Secret): Promise<LiveTokens> {
    const { AuthenticationResult, ChallengeName } = await this.#call("AdminInitiateAuth", () =>
      this.#sdk.adminInitiateAuth({
        UserPoolId: this.target.poolId,
        ClientId: clientId,
        AuthFlow: "ADMIN_USER_PASSWORD_AUTH",
        AuthParameters: {
          USERNAME: username,
          PASSWORD: password.reveal(),
          ...(secret === null ? {} : { SECRET_HASH: secretHash(secret, username, clientId) }),
        },
      }),
    );
    if (AuthenticationResult === undefined) throw new Error(`Cognito asks for more than a password: ${ChallengeName ?? "no tokens came"}`);
    return tokensOf(AuthenticationResult);
  }

  /** A refresh, as the proxy makes it. Throws what Cognito says. */
  async refresh(client: UsableClient, tokens: LiveTokens, api: "initiate_auth" | "get_tokens"): Promise<LiveTokens> {
    const { AuthenticationResult = {} } = await (api === "get_tokens"
      ? this.#getTokens(client, tokens)
      : this.#initiateAuth(client, tokens));
    // With rotation a new one comes; it does not live longer than the first.
    const next = AuthenticationResult.RefreshToken;
    return next === undefined ? tokens : { ...tokens, refreshToken: new Secret(next) };
  }

  close(): void {
    this.#sdk.destroy();
  }

  #initiateAuth({ clientId, secret }: UsableClient, { refreshToken, username, deviceKey }: LiveTokens) {
    return this.#sdk.initiateAuth({
      AuthFlow: "REFRESH_TOKEN_AUTH",
      ClientId: clientId,
      AuthParameters: {
        REFRESH_TOKEN: refreshToken.reveal(),
        ...(secret === null ? {} : { SECRET_HASH: secretHash(secret, username, clientId) }),
        ...(deviceKey === null ? {} : { DEVICE_KEY: deviceKey }),
      },
    });
  }

  #getTokens({ clientId, secret }: UsableClient, { refreshToken, deviceKey }: LiveTokens) {
    return this.#sdk.getTokensFromRefreshToken({
      RefreshToken: refreshToken.reveal(),
      ClientId: clientId,
      ...(secret === null ? {} : { ClientSecret: secret.reveal() }),
      ...(deviceKey === null ? {} : { DeviceKey: deviceKey }),
    });
  }

  async #call<T>(operation: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof Error && NOT_PERMITTED.has(error.name)) throw new NotPermitted(operation);
      throw error;
    }
  }

  async #unlessGone(operation: string, gone: string, call: () => Promise<unknown>): Promise<void> {
    try {
      await this.#call(operation, call);
    } catch (error) {
      if (!(error instanceof Error && error.name === gone)) throw error;
    }
  }
}

function tokensOf({ IdToken = "", RefreshToken, NewDeviceMetadata }: AuthenticationResultType): LiveTokens {
  if (RefreshToken === undefined) throw new Error("Cognito issued no refresh token");
  // Straight from Cognito over TLS, and only its username is wanted: nothing to verify.
  const claims: unknown = JSON.parse(Buffer.from(IdToken.split(".")[1] ?? "", "base64url").toString() || "{}");
  const username = typeof claims === "object" && claims !== null && "cognito:username" in claims ? claims["cognito:username"] : null;
  if (typeof username !== "string") throw new Error("Cognito issued no ID token that names the user");
  return { refreshToken: new Secret(RefreshToken), username, deviceKey: NewDeviceMetadata?.DeviceKey ?? null };
}
