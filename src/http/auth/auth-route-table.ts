import type { RateLimitOptions } from "@fastify/rate-limit";
import { AUTH_PATHS } from "../../wire/paths.js";
import { REFRESH_LIMIT, SIGN_IN_LIMIT } from "../gate/rate-limits.js";

export interface AuthRoute {
  /** Below AUTH_PREFIX. */
  readonly path: string;
  /** The Allow of the 405 that all other methods get (RFC 9110 section 15.5.6). */
  readonly allow: string;
  readonly rateLimit?: RateLimitOptions;
  /** Whether a client may go on asking with a session that has ended, however often. */
  readonly mayHammer?: true;
}

/** Every route of ours below AUTH_PREFIX: registering them, their limits and what other methods and paths are told are read from here. */
export const AUTH_ROUTES = {
  login: { path: AUTH_PATHS.login, allow: "GET", rateLimit: SIGN_IN_LIMIT },
  callback: { path: AUTH_PATHS.callback, allow: "GET", rateLimit: SIGN_IN_LIMIT },
  resume: { path: AUTH_PATHS.resume, allow: "GET", rateLimit: SIGN_IN_LIMIT },
  session: { path: AUTH_PATHS.session, allow: "GET, HEAD, POST" },
  refresh: { path: AUTH_PATHS.refresh, allow: "POST", rateLimit: REFRESH_LIMIT },
  // Whoever asks to leave may do so however often.
  logout: { path: AUTH_PATHS.logout, allow: "POST", mayHammer: true },
  problem: { path: `${AUTH_PATHS.problems}/:name`, allow: "GET, HEAD" },
} as const satisfies Readonly<Record<string, AuthRoute>>;

/** What Fastify is to know of a route beside its path. */
export function configOf({ rateLimit, mayHammer }: AuthRoute): { rateLimit?: RateLimitOptions; mayHammer?: true } {
  return { ...(rateLimit && { rateLimit }), ...(mayHammer && { mayHammer }) };
}

const PATTERNS = Object.values(AUTH_ROUTES).map((route: AuthRoute) => ({
  route,
  pattern: new RegExp(`^${route.path.replace(/:\w+/g, "[^/]+")}$`),
}));

/** The route that has a path below AUTH_PREFIX, whatever the method; null where none has. */
export function authRouteOf(path: string): AuthRoute | null {
  return PATTERNS.find(({ pattern }) => pattern.test(path))?.route ?? null;
}
