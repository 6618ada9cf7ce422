import { randomUUID } from "node:crypto";
import type { CallContext } from "../common/call-context.js";
import type { LocalCognitoClock } from "../common/clock.js";
import { refusals } from "../common/exceptions.js";
import { isObject } from "../common/json.js";
import { refreshTokenSeconds } from "../common/token-validity.js";
import type { AppClient } from "../pools/app-clients.js";
import { rotates } from "../pools/client-settings.js";
import { passwordMatches } from "../pools/password.js";
import type { UserDirectory } from "../pools/user-directory.js";
import { regionOf, type User, type UserPool } from "../pools/user-pool.js";
import type { UserPools } from "../pools/user-pools.js";
import type { SignInOrigin, SignInSession, SignInSessions } from "./sign-in-sessions.js";
import type { CodeClaims, IssuedTokens, TokenIssuer } from "./token-issuer.js";

/** A user whose password was right: signed in, or owing a new password first. */
export type PasswordOutcome = { readonly next: "signed_in" | "new_password_required"; readonly user: User };

/** What a refresh proves besides the token. */
export interface RefreshProof {
  readonly refreshToken: string;
  readonly deviceKey: string | null;
  /** `token_endpoint` asks managed login's sessions for no device key, and refuses those of the API where devices are remembered. */
  readonly through: "api" | "token_endpoint";
  /** Throws when the client's secret was not proven; gets the canonical username, over which SECRET_HASH is computed. */
  requireSecret(canonicalUsername: string): void;
}

const DAY_MS = 86_400_000;

function temporaryPasswordLifeMs(pool: UserPool): number {
  const policies = pool.settings["Policies"];
  const policy = isObject(policies) ? policies["PasswordPolicy"] : null;
  const days = isObject(policy) ? policy["TemporaryPasswordValidityDays"] : null;
  return (typeof days === "number" ? days : 7) * DAY_MS;
}

/** Throws what Cognito says about a user who may not have tokens now. */
function requireActive(user: User): void {
  if (!user.enabled) {
    throw refusals.userDisabled();
  }
  if (user.status === "UNCONFIRMED") {
    throw refusals.userNotConfirmed();
  }
  if (user.status === "RESET_REQUIRED") {
    throw refusals.passwordResetRequired();
  }
}

/** Signing in and refreshing: the rules that the API and managed login share. */
export class Authentication {
  readonly #clock: LocalCognitoClock;
  readonly #pools: UserPools;
  readonly #directory: UserDirectory;
  readonly #sessions: SignInSessions;
  readonly #issuer: TokenIssuer;

  constructor(parts: {
    clock: LocalCognitoClock;
    pools: UserPools;
    directory: UserDirectory;
    sessions: SignInSessions;
    issuer: TokenIssuer;
  }) {
    this.#clock = parts.clock;
    this.#pools = parts.pools;
    this.#directory = parts.directory;
    this.#sessions = parts.sessions;
    this.#issuer = parts.issuer;
  }

  /** Checks a password. Throws with Cognito's text for a wrong one and for a user who may not sign in. */
  checkPassword(pool: UserPool, client: AppClient, name: string, password: string, call: CallContext): PasswordOutcome {
    const user = this.#directory.find(pool, name);
    if (user === undefined) {
      throw client.settings.PreventUserExistenceErrors === "ENABLED" ? refusals.credentials() : refusals.userNotFound();
    }
    call.identify(pool.id, user.username);
    if (!user.enabled) {
      throw refusals.userDisabled();
    }
    if (user.password === null || !passwordMatches(password, user.password)) {
      throw refusals.credentials();
    }
    requireActive(user);
    if (user.status !== "FORCE_CHANGE_PASSWORD") {
      return { next: "signed_in", user };
    }
    if (this.#clock.now() >= user.passwordSetAtMs + temporaryPasswordLifeMs(pool)) {
      throw refusals.temporaryPasswordExpired();
    }
    return { next: "new_password_required", user };
  }

  /** Starts a session and issues its first tokens. */
  start(given: {
    pool: UserPool;
    client: AppClient;
    user: User;
    origin: SignInOrigin;
    scopes: readonly string[];
    authTimeMs: number;
    code: CodeClaims | null;
  }): { tokens: IssuedTokens; session: SignInSession } {
    const { pool, client, user, code } = given;
    const { session, refreshToken } = this.#sessions.begin({
      poolId: pool.id,
      clientId: client.id,
      username: user.username,
      sub: user.sub,
      origin: given.origin,
      scopes: given.scopes,
      authTimeMs: given.authTimeMs,
      deviceKey: pool.remembersDevices ? `${regionOf(pool.id)}_${randomUUID()}` : null,
      refreshSeconds: refreshTokenSeconds(client.settings),
    });
    return { tokens: { ...this.#issuer.issue(pool, client, user, session, code), refreshToken }, session };
  }

  /** New tokens for a refresh token; a new refresh token only where the client rotates them. Throws with Cognito's exact text. */
  refresh(client: AppClient, proof: RefreshProof, call: CallContext): IssuedTokens {
    const session = this.#sessions.sessionOf(proof.refreshToken);
    if (session === undefined) {
      throw refusals.refreshTokenInvalid();
    }
    call.identify(session.poolId, session.username);
    if (session.clientId !== client.id) {
      throw refusals.refreshTokenClient();
    }
    proof.requireSecret(session.username);
    requireDevice(session, proof);
    if (this.#clock.now() >= session.refreshExpiresAtMs) {
      throw refusals.refreshTokenExpired();
    }
    const pool = this.#pools.get(session.poolId);
    const user = this.ownerOf(session);
    requireActive(user);
    if (session.revoked) {
      throw refusals.refreshTokenRevoked();
    }
    this.#sessions.requireUsable(proof.refreshToken, client.settings.RefreshTokenRotation?.RetryGracePeriodSeconds ?? 0);
    const refreshToken = rotates(client.settings) ? this.#sessions.rotate(proof.refreshToken) : null;
    return { ...this.#issuer.issue(pool, client, user, session, null), refreshToken };
  }

  /** The user of a session. Throws when it was deleted, even if another has the same name since. */
  ownerOf(session: SignInSession): User {
    const user = this.#pools.get(session.poolId).users.get(session.username);
    if (user === undefined || user.sub !== session.sub) {
      throw refusals.userNotFound();
    }
    return user;
  }
}

// https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html: managed login's sessions can always refresh at the token
// endpoint, those of the API only where remembered devices are off. A missing device key looks like a broken token (amplify-js#498).
function requireDevice(session: SignInSession, proof: RefreshProof): void {
  if (session.deviceKey === null || (session.origin === "managed_login" && proof.through === "token_endpoint")) {
    return;
  }
  if (!session.deviceConfirmed || proof.deviceKey !== session.deviceKey) {
    throw refusals.refreshTokenInvalid();
  }
}
