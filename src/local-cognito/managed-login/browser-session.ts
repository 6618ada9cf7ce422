import type { User, UserPool } from "../pools/user-pool.js";
import type { BrowserSession, CognitoState } from "../sign-in/state.js";

/** One hour: managed login's session cookie by default. */
const COOKIE_LIFE_MS = 3_600_000;

// Pools share this server's origin, so each has a cookie of its own.
function cookieName(pool: UserPool): string {
  return `cognito-${pool.id}`;
}

function readCookie(header: string | undefined, name: string): string | undefined {
  return header
    ?.split(";")
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

/** Managed login's own session: with it a person who comes again is signed in without a form. */
export class BrowserSessions {
  readonly #state: Pick<CognitoState, "clock" | "browserSessions">;
  readonly #secure: () => boolean;
  readonly #latestMs = new WeakMap<User, number>();

  /** `secure`: whether the browser reaches us over https. */
  constructor(state: Pick<CognitoState, "clock" | "browserSessions">, secure: () => boolean) {
    this.#state = state;
    this.#secure = secure;
  }

  /** Starts a session now; returns it and its Set-Cookie. */
  start(pool: UserPool, user: User): { session: BrowserSession; setCookie: string } {
    const session = { poolId: pool.id, username: user.username, sub: user.sub, authTimeMs: this.#authTimeMs(user) };
    return { session, setCookie: this.#cookie(pool, this.#state.browserSessions.put(session, COOKIE_LIFE_MS), COOKIE_LIFE_MS / 1_000) };
  }

  /**
   * `auth_time` is in whole seconds. No person signs in twice within one, but scripts do, and whoever compares the two times (max_age, a new
   * sign-in demanded) could not tell the second sign-in from the first.
   */
  #authTimeMs(user: User): number {
    const latestMs = this.#latestMs.get(user);
    const nextMs = latestMs === undefined ? 0 : Math.floor(latestMs / 1_000) * 1_000 + 1_000;
    const authTimeMs = Math.max(this.#state.clock.now(), nextMs);
    this.#latestMs.set(user, authTimeMs);
    return authTimeMs;
  }

  /** The live session of the browser and its user; null when there is none or the user may not sign in any more. */
  find(pool: UserPool, cookieHeader: string | undefined): { session: BrowserSession; user: User } | null {
    const found = this.#state.browserSessions.peek(readCookie(cookieHeader, cookieName(pool)) ?? "");
    if (found.state !== "found" || found.value.poolId !== pool.id) {
      return null;
    }
    const user = pool.users.get(found.value.username);
    const active = user !== undefined && user.sub === found.value.sub && user.enabled && user.status === "CONFIRMED";
    return active ? { session: found.value, user } : null;
  }

  /** Ends the browser's session; returns the Set-Cookie that removes it. */
  end(pool: UserPool, cookieHeader: string | undefined): string {
    this.#state.browserSessions.forget(readCookie(cookieHeader, cookieName(pool)) ?? "");
    return this.#cookie(pool, "", 0);
  }

  #cookie(pool: UserPool, value: string, maxAgeSeconds: number): string {
    // Lax: the browser comes from the app's site, by a top-level navigation.
    const attributes = `Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}`;
    return `${cookieName(pool)}=${value}; ${attributes}${this.#secure() ? "; Secure" : ""}`;
  }
}
