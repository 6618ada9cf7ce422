import { createHash, randomUUID } from "node:crypto";
import type { LocalCognitoClock } from "../common/clock.js";
import { isObject, type JsonObject } from "../common/json.js";
import { signJwt } from "../common/jwt.js";
import { accessTokenSeconds, idTokenSeconds } from "../common/token-validity.js";
import type { AppClient } from "../pools/app-clients.js";
import type { ClientSettings } from "../pools/client-settings.js";
import { groupsOf, regionOf, type User, type UserPool } from "../pools/user-pool.js";
import type { SignInSession } from "./sign-in-sessions.js";

/** Which `iss` tokens carry: AWS's regional form, its newer `issuer-` form, or this server's own URL. */
export type IssuerForm = "regional" | "global" | "url";

/** What a sign-in or a refresh hands out. Null where the flow gives no such token. */
export interface IssuedTokens {
  readonly accessToken: string;
  readonly idToken: string | null;
  readonly refreshToken: string | null;
  /** Life of the access token in seconds. */
  readonly expiresInSeconds: number;
}

/** Claims that belong to one redemption of an authorization code. */
export interface CodeClaims {
  readonly nonce: string | null;
}

/** OpenID Connect Core 1.0 section 3.1.3.6: the left half of the hash, base64url. */
function atHash(accessToken: string): string {
  return createHash("sha256").update(accessToken, "ascii").digest().subarray(0, 16).toString("base64url");
}

const SCOPE_ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  email: ["email", "email_verified"],
  phone: ["phone_number", "phone_number_verified"],
};

/**
 * The user's attributes that the app client can read and the scopes give. `openid` alone and `profile` give all the client can read; other
 * scopes beside `openid` narrow it: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
 */
export function readableAttributes(user: User, settings: ClientSettings, session: SignInSession): ReadonlyMap<string, string> {
  const narrowing = session.scopes.filter((scope) => scope !== "openid" && scope !== "aws.cognito.signin.user.admin");
  const everything = session.origin === "api" || narrowing.length === 0 || narrowing.includes("profile");
  const byScope = narrowing.flatMap((scope) => SCOPE_ATTRIBUTES[scope] ?? []);
  return new Map(
    [...user.attributes].filter(
      ([name]) =>
        (everything || byScope.includes(name)) && (settings.ReadAttributes === undefined || settings.ReadAttributes.includes(name)),
    ),
  );
}

// Cognito keeps every attribute as text and turns these two into booleans in the ID token.
const BOOLEAN_CLAIMS: readonly string[] = ["email_verified", "phone_number_verified"];

function attributeClaims(attributes: ReadonlyMap<string, string>): JsonObject {
  return Object.fromEntries(
    [...attributes].map(([name, value]) => [name, BOOLEAN_CLAIMS.includes(name) ? value.toLowerCase() === "true" : value]),
  );
}

function groupClaims(pool: UserPool, user: User): { groups: JsonObject; roles: JsonObject } {
  const groups = groupsOf(pool, user);
  const roles = groups.flatMap((group) => group.roleArn ?? []);
  return {
    groups: groups.length === 0 ? {} : { "cognito:groups": groups.map((group) => group.name) },
    roles: roles.length === 0 ? {} : { "cognito:roles": roles, "cognito:preferred_role": roles[0] },
  };
}

/** Makes ID and access tokens. */
export class TokenIssuer {
  readonly #clock: LocalCognitoClock;
  readonly #form: IssuerForm;
  readonly #publicUrl: () => string;

  constructor(clock: LocalCognitoClock, form: IssuerForm, publicUrl: () => string) {
    this.#clock = clock;
    this.#form = form;
    this.#publicUrl = publicUrl;
  }

  /** The `iss` of the pool's tokens. A pool created with `IssuerConfiguration.Type` UPDATED has the newer form. */
  issuerOf(pool: UserPool): string {
    if (this.#form === "url") {
      return `${this.#publicUrl()}/${pool.id}`;
    }
    const configured = pool.settings["IssuerConfiguration"];
    const updated = this.#form === "global" || (isObject(configured) && configured["Type"] === "UPDATED");
    return `https://${updated ? "issuer-cognito-idp" : "cognito-idp"}.${regionOf(pool.id)}.amazonaws.com/${pool.id}`;
  }

  /** Access and, where the session has one, ID token. `code` is null except when an authorization code is redeemed. */
  issue(
    pool: UserPool,
    client: AppClient,
    user: User,
    session: SignInSession,
    code: CodeClaims | null,
  ): Omit<IssuedTokens, "refreshToken"> {
    const issuedAt = Math.floor(this.#clock.now() / 1_000);
    const { groups, roles } = groupClaims(pool, user);
    const shared = {
      iss: this.issuerOf(pool),
      ...(client.settings.EnableTokenRevocation ? { origin_jti: session.originJti } : {}),
      event_id: session.eventId,
      auth_time: Math.floor(session.authTimeMs / 1_000),
      iat: issuedAt,
    };
    const jti = (): JsonObject => (client.settings.EnableTokenRevocation ? { jti: randomUUID() } : {});
    const expiresInSeconds = accessTokenSeconds(client.settings);
    const accessToken = signJwt(
      {
        sub: user.sub,
        ...groups,
        ...(session.deviceKey === null ? {} : { device_key: session.deviceKey }),
        ...shared,
        ...(session.origin === "managed_login" ? { version: 2 } : {}),
        client_id: client.id,
        token_use: "access",
        scope: session.scopes.join(" "),
        exp: issuedAt + expiresInSeconds,
        ...jti(),
        username: user.username,
      },
      pool.keys.access,
    );
    if (session.origin === "managed_login" && !session.scopes.includes("openid")) {
      return { accessToken, idToken: null, expiresInSeconds };
    }
    const idToken = signJwt(
      {
        ...(code === null ? {} : { at_hash: atHash(accessToken) }),
        sub: user.sub,
        ...groups,
        ...roles,
        ...shared,
        "cognito:username": user.username,
        ...(code?.nonce ? { nonce: code.nonce } : {}),
        aud: client.id,
        token_use: "id",
        exp: issuedAt + idTokenSeconds(client.settings),
        ...jti(),
        ...attributeClaims(readableAttributes(user, client.settings, session)),
      },
      pool.keys.id,
    );
    return { accessToken, idToken, expiresInSeconds };
  }
}
