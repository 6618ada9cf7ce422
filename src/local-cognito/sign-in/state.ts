import type { LocalCognitoClock } from "../common/clock.js";
import { ExpiringValues } from "../common/expiring-values.js";
import { RateLimits } from "../common/rate-limits.js";
import { type ValidityFloor, validityFloor } from "../common/token-validity.js";
import { AppClients } from "../pools/app-clients.js";
import { UserDirectory } from "../pools/user-directory.js";
import { UserPools } from "../pools/user-pools.js";
import { AccessTokens } from "./access-tokens.js";
import { Authentication } from "./authentication.js";
import { SignInSessions } from "./sign-in-sessions.js";
import { type IssuerForm, TokenIssuer } from "./token-issuer.js";

/** A sign-in that waits for a new password. */
export interface PendingChallenge {
  readonly poolId: string;
  readonly clientId: string;
  readonly username: string;
}

/** An authorization code that waits to be redeemed. */
export interface AuthorizationCode {
  readonly poolId: string;
  readonly clientId: string;
  readonly username: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly nonce: string | null;
  /** S256 challenge (RFC 7636); null when the request had none. */
  readonly codeChallenge: string | null;
  readonly authTimeMs: number;
}

/** Managed login's own session in the browser. */
export interface BrowserSession {
  readonly poolId: string;
  readonly username: string;
  readonly sub: string;
  readonly authTimeMs: number;
}

/** Everything local Cognito knows. The API and the OAuth endpoints share it, so that tokens of one work at the other. */
export interface CognitoState {
  readonly clock: LocalCognitoClock;
  readonly floor: ValidityFloor;
  readonly pools: UserPools;
  readonly clients: AppClients;
  readonly directory: UserDirectory;
  readonly sessions: SignInSessions;
  readonly issuer: TokenIssuer;
  readonly authentication: Authentication;
  readonly accessTokens: AccessTokens;
  readonly challenges: ExpiringValues<PendingChallenge>;
  readonly codes: ExpiringValues<AuthorizationCode>;
  readonly browserSessions: ExpiringValues<BrowserSession>;
  readonly limits: RateLimits;
}

/** An empty state. `publicUrl` is asked when a token or a document needs it. */
export function createState(given: {
  clock: LocalCognitoClock;
  region: string;
  minTokenValidityMs: number;
  issuerForm: IssuerForm;
  publicUrl: () => string;
  rateLimits: boolean;
}): CognitoState {
  const { clock } = given;
  const pools = new UserPools(clock, given.region);
  const clients = new AppClients(clock);
  const directory = new UserDirectory(clock);
  const sessions = new SignInSessions(clock);
  const issuer = new TokenIssuer(clock, given.issuerForm, given.publicUrl);
  const authentication = new Authentication({ clock, pools, directory, sessions, issuer });
  return {
    clock,
    floor: validityFloor(given.minTokenValidityMs),
    pools,
    clients,
    directory,
    sessions,
    issuer,
    authentication,
    accessTokens: new AccessTokens({ clock, pools, clients, sessions, issuer, authentication }),
    challenges: new ExpiringValues(clock, 600),
    codes: new ExpiringValues(clock, 27),
    browserSessions: new ExpiringValues(clock, 32),
    limits: new RateLimits(clock, given.rateLimits),
  };
}
