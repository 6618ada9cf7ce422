import type { JsonObject } from "../common/json.js";
import type { AppClient, ClientSecret } from "../pools/app-clients.js";
import type { Group, User, UserPool } from "../pools/user-pool.js";
import type { PoolDomain } from "../pools/user-pools.js";
import type { SignInSession } from "../sign-in/sign-in-sessions.js";
import type { IssuedTokens } from "../sign-in/token-issuer.js";

// The structures of the API reference, under their names there. JSON 1.1 carries timestamps as seconds since 1970.

function timestamp(ms: number): number {
  return ms / 1_000;
}

function attributeList(user: User): readonly JsonObject[] {
  return [["sub", user.sub], ...user.attributes].map(([Name, Value]) => ({ Name, Value }));
}

/** UserType. `attributesToGet` narrows the attributes. */
export function userType(user: User, attributesToGet?: readonly string[]): JsonObject {
  return {
    Username: user.username,
    Attributes: attributeList(user).filter(({ Name }) => attributesToGet === undefined || attributesToGet.includes(String(Name))),
    UserCreateDate: timestamp(user.createdAtMs),
    UserLastModifiedDate: timestamp(user.modifiedAtMs),
    Enabled: user.enabled,
    UserStatus: user.status,
  };
}

/** The answer of AdminGetUser; that of GetUser is the part without the administrator's view. */
export function userProfile(user: User): { readonly own: JsonObject; readonly admin: JsonObject } {
  const own = { Username: user.username, UserAttributes: attributeList(user) };
  const { Username, Attributes, ...state } = userType(user);
  return { own, admin: { ...own, ...state } };
}

/** UserPoolType; a custom domain stands beside the prefix. */
export function userPoolType(pool: UserPool, domains: readonly PoolDomain[] = []): JsonObject {
  return {
    ...pool.settings,
    Domain: domains.find(({ certificateArn }) => certificateArn === null)?.domain,
    CustomDomain: domains.find(({ certificateArn }) => certificateArn !== null)?.domain,
    Id: pool.id,
    Name: pool.name,
    CreationDate: timestamp(pool.createdAtMs),
    LastModifiedDate: timestamp(pool.createdAtMs),
    EstimatedNumberOfUsers: pool.users.size,
  };
}

/** DomainDescriptionType; of a domain that nobody has, nothing is told, and that is no error. */
export function domainDescription(domain: PoolDomain | undefined): JsonObject {
  if (domain === undefined) return {};
  return {
    Domain: domain.domain,
    UserPoolId: domain.poolId,
    Status: "ACTIVE",
    ManagedLoginVersion: domain.managedLoginVersion,
    CustomDomainConfig: domain.certificateArn === null ? undefined : { CertificateArn: domain.certificateArn },
  };
}

/** UserPoolDescriptionType. */
export function userPoolDescription(pool: UserPool): JsonObject {
  return {
    Id: pool.id,
    Name: pool.name,
    CreationDate: timestamp(pool.createdAtMs),
    LastModifiedDate: timestamp(pool.createdAtMs),
  };
}

/** UserPoolClientType; includes the client secret, as Cognito's does. */
export function userPoolClientType(client: AppClient): JsonObject {
  return {
    ...client.settings,
    UserPoolId: client.poolId,
    ClientId: client.id,
    ClientSecret: client.secrets[0]?.value,
    CreationDate: timestamp(client.createdAtMs),
    LastModifiedDate: timestamp(client.modifiedAtMs),
  };
}

/** ClientSecretDescriptorType, without the value: only AddUserPoolClientSecret shows it, once. */
export function clientSecretDescriptor(secret: ClientSecret): JsonObject {
  return { ClientSecretId: secret.id, ClientSecretCreateDate: timestamp(secret.createdAtMs) };
}

/** GroupType. */
export function groupType(pool: UserPool, group: Group): JsonObject {
  return {
    GroupName: group.name,
    UserPoolId: pool.id,
    Description: group.description,
    RoleArn: group.roleArn,
    Precedence: group.precedence,
    CreationDate: timestamp(group.createdAtMs),
    LastModifiedDate: timestamp(group.createdAtMs),
  };
}

/** AuthenticationResultType. `session` is given at sign-in only: then a new device is announced. */
export function authenticationResult(tokens: IssuedTokens, session: SignInSession | null): JsonObject {
  return {
    AccessToken: tokens.accessToken,
    ExpiresIn: tokens.expiresInSeconds,
    TokenType: "Bearer",
    RefreshToken: tokens.refreshToken ?? undefined,
    IdToken: tokens.idToken ?? undefined,
    NewDeviceMetadata: session?.deviceKey ? { DeviceKey: session.deviceKey, DeviceGroupKey: session.poolId } : undefined,
  };
}
