import { randomUUID } from "node:crypto";
import type { LocalCognitoClock } from "../common/clock.js";
import { refusals } from "../common/exceptions.js";
import { digest, newRefreshToken } from "../common/random-text.js";

/** Where a sign-in came from: it decides about device keys and about the `openid` scope. */
export type SignInOrigin = "api" | "managed_login";

/** What one sign-in started: all its tokens share these facts, whatever refreshes and rotations follow. */
export interface SignInSession {
  readonly poolId: string;
  readonly clientId: string;
  readonly username: string;
  readonly sub: string;
  readonly origin: SignInOrigin;
  readonly scopes: readonly string[];
  readonly authTimeMs: number;
  readonly eventId: string;
  readonly originJti: string;
  readonly deviceKey: string | null;
  /** Fixed at sign-in. Rotation does not move it: a rotated token lives for what remains of the original's life. */
  readonly refreshExpiresAtMs: number;
  deviceConfirmed: boolean;
  revoked: boolean;
  /** Digest of the one refresh token that is not rotated out. */
  newestToken: string;
}

interface IssuedToken {
  readonly session: SignInSession;
  /** When a newer token replaced this one; null while it is the newest. */
  rotatedOutAtMs: number | null;
  /** True for the older child of a fork: it has no grace period, the newest child has won. */
  superseded: boolean;
}

// Far above what a test suite or a day of development needs; the oldest are forgotten first.
const MOST_TOKENS = 100_000;

function forgetOldest<T>(map: Map<string, T>): void {
  const [oldest] = map.keys();
  if (map.size > MOST_TOKENS && oldest !== undefined) {
    map.delete(oldest);
  }
}

/** All refresh tokens ever issued, by digest, with the sign-in each belongs to. Both the API and the OAuth endpoints use this one. */
export class SignInSessions {
  readonly #clock: LocalCognitoClock;
  readonly #tokens = new Map<string, IssuedToken>();
  readonly #byEvent = new Map<string, SignInSession>();

  constructor(clock: LocalCognitoClock) {
    this.#clock = clock;
  }

  /** Starts a session; returns it with its first refresh token. */
  begin(given: {
    poolId: string;
    clientId: string;
    username: string;
    sub: string;
    origin: SignInOrigin;
    scopes: readonly string[];
    authTimeMs: number;
    deviceKey: string | null;
    refreshSeconds: number;
  }): { session: SignInSession; refreshToken: string } {
    const { refreshSeconds, ...facts } = given;
    const session: SignInSession = {
      ...facts,
      eventId: randomUUID(),
      originJti: randomUUID(),
      refreshExpiresAtMs: this.#clock.now() + refreshSeconds * 1_000,
      // Managed login confirms a device by itself; through the API it takes ConfirmDevice.
      deviceConfirmed: given.origin === "managed_login",
      revoked: false,
      newestToken: "",
    };
    this.#byEvent.set(session.eventId, session);
    forgetOldest(this.#byEvent);
    return { session, refreshToken: this.#issue(session) };
  }

  /** The session a refresh token belongs to, whatever its state; undefined for text that was never issued. */
  sessionOf(refreshToken: string): SignInSession | undefined {
    return this.#tokens.get(digest(refreshToken))?.session;
  }

  /** The session an ID or access token belongs to, by its `event_id`. */
  sessionOfEvent(eventId: unknown): SignInSession | undefined {
    return typeof eventId === "string" ? this.#byEvent.get(eventId) : undefined;
  }

  /**
   * Throws RefreshTokenReuseException unless the token may still refresh: the newest one may, and one that was rotated out less than
   * `graceSeconds` ago, unless it is the losing child of a fork.
   */
  requireUsable(refreshToken: string, graceSeconds: number): void {
    const token = this.#tokens.get(digest(refreshToken));
    if (token === undefined) {
      throw refusals.refreshTokenInvalid();
    }
    if (token.rotatedOutAtMs === null) {
      return;
    }
    // Seen on a real pool: the reuse is refused, and the rest of the family goes on.
    if (token.superseded || this.#clock.now() >= token.rotatedOutAtMs + graceSeconds * 1_000) {
      throw refusals.refreshTokenReused();
    }
  }

  /** Replaces a usable token with a new one. Within the grace period this forks the family, and the newest child wins. */
  rotate(refreshToken: string): string {
    const token = this.#tokens.get(digest(refreshToken));
    if (token === undefined) {
      throw refusals.refreshTokenInvalid();
    }
    const newest = this.#tokens.get(token.session.newestToken);
    if (newest !== undefined && newest !== token) {
      newest.superseded = true;
      newest.rotatedOutAtMs ??= this.#clock.now();
    }
    token.rotatedOutAtMs ??= this.#clock.now();
    return this.#issue(token.session);
  }

  /** Ends the session of the token: the live, the original or any token between. Unknown tokens end nothing. */
  revoke(refreshToken: string): void {
    const session = this.sessionOf(refreshToken);
    if (session !== undefined) {
      session.revoked = true;
    }
  }

  /** Ends every session the user has now. */
  revokeAllOf(poolId: string, username: string): void {
    for (const session of this.#byEvent.values()) {
      if (session.poolId === poolId && session.username === username) {
        session.revoked = true;
      }
    }
  }

  /** Marks the user's device as confirmed; false when no session has it. */
  confirmDevice(poolId: string, username: string, deviceKey: string): boolean {
    const sessions = [...this.#byEvent.values()].filter(
      (session) => session.poolId === poolId && session.username === username && session.deviceKey === deviceKey,
    );
    for (const session of sessions) {
      session.deviceConfirmed = true;
    }
    return sessions.length > 0;
  }

  #issue(session: SignInSession): string {
    const refreshToken = newRefreshToken();
    const key = digest(refreshToken);
    this.#tokens.set(key, { session, rotatedOutAtMs: null, superseded: false });
    forgetOldest(this.#tokens);
    session.newestToken = key;
    return refreshToken;
  }
}
