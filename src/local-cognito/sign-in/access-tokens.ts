import type { LocalCognitoClock } from "../common/clock.js";
import { refusals } from "../common/exceptions.js";
import { verifyJwt } from "../common/jwt.js";
import type { AppClient, AppClients } from "../pools/app-clients.js";
import type { User, UserPool } from "../pools/user-pool.js";
import type { UserPools } from "../pools/user-pools.js";
import type { Authentication } from "./authentication.js";
import type { SignInSession, SignInSessions } from "./sign-in-sessions.js";
import type { TokenIssuer } from "./token-issuer.js";

/** Who an access token speaks for. */
export interface AccessGrant {
  readonly pool: UserPool;
  readonly client: AppClient;
  readonly user: User;
  readonly session: SignInSession;
}

/** The scope that opens the user's own profile and GlobalSignOut; tokens of API sign-ins always have it. */
export const SELF_SERVICE_SCOPE = "aws.cognito.signin.user.admin";

/** Checks the access tokens that come back to us. */
export class AccessTokens {
  readonly #clock: LocalCognitoClock;
  readonly #pools: UserPools;
  readonly #clients: AppClients;
  readonly #sessions: SignInSessions;
  readonly #issuer: TokenIssuer;
  readonly #authentication: Authentication;

  constructor(parts: {
    clock: LocalCognitoClock;
    pools: UserPools;
    clients: AppClients;
    sessions: SignInSessions;
    issuer: TokenIssuer;
    authentication: Authentication;
  }) {
    this.#clock = parts.clock;
    this.#pools = parts.pools;
    this.#clients = parts.clients;
    this.#sessions = parts.sessions;
    this.#issuer = parts.issuer;
    this.#authentication = parts.authentication;
  }

  /** Whether the text is a JWT of ours, of any kind and age: RevokeToken refuses those. */
  isOurJwt(token: string): boolean {
    return this.#claims(token) !== null;
  }

  /** The grant of a live access token with the scope. Throws NotAuthorizedException for an ID token, an expired or a revoked one. */
  verify(token: string, scope: string): AccessGrant {
    const found = this.#claims(token);
    const session = this.#sessions.sessionOfEvent(found?.claims["event_id"]);
    if (found === null || session === undefined || found.claims["token_use"] !== "access") {
      throw refusals.accessTokenInvalid();
    }
    const { exp } = found.claims;
    if (typeof exp !== "number" || this.#clock.now() >= exp * 1_000) {
      throw refusals.accessTokenExpired();
    }
    const user = this.#authentication.ownerOf(session);
    if (!user.enabled) {
      throw refusals.userDisabled();
    }
    if (session.revoked) {
      throw refusals.accessTokenRevoked();
    }
    if (!session.scopes.includes(scope)) {
      throw refusals.accessTokenScopes();
    }
    return { pool: found.pool, client: this.#clients.get(session.clientId), user, session };
  }

  #claims(token: string): { claims: Readonly<Record<string, unknown>>; pool: UserPool } | null {
    let pool: UserPool | undefined;
    const claims = verifyJwt(token, (kid, unverified) => {
      pool = this.#pools.list().find((candidate) => this.#issuer.issuerOf(candidate) === unverified["iss"]);
      return pool?.keys.find(kid);
    });
    return claims === null || pool === undefined ? null : { claims, pool };
  }
}
