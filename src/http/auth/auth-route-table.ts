import type { RateLimitOptions } from "@fastify/rate-limit";
import type { FastifyContextConfig } from "fastify";
import { AUTH_PATHS } from "../../wire/paths.js";
import { REFRESH_LIMIT, SESSIONS_LIMIT, SIGN_IN_LIMIT } from "../gate/rate-limits.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether a client may go on asking with a session that has ended, however often. */
    mayHammer?: boolean;
  }
}

export interface AuthRoute {
  /** Below AUTH_PREFIX. */
  readonly path: string;
  /** HEAD: as GET, without the body. */
  readonly methods: readonly ("GET" | "HEAD" | "POST" | "DELETE")[];
  readonly rateLimit?: RateLimitOptions;
  readonly mayHammer?: true;
}

/** Every route of ours below AUTH_PREFIX: registering them, their limits and what other methods and paths are told are read from here. */
export const AUTH_ROUTES = {
  login: { path: AUTH_PATHS.login, methods: ["GET"], rateLimit: SIGN_IN_LIMIT },
  callback: { path: AUTH_PATHS.callback, methods: ["GET"], rateLimit: SIGN_IN_LIMIT },
  resume: { path: AUTH_PATHS.resume, methods: ["GET"], rateLimit: SIGN_IN_LIMIT },
  session: { path: AUTH_PATHS.session, methods: ["GET", "HEAD"] },
  touch: { path: AUTH_PATHS.session, methods: ["POST"] },
  refresh: { path: AUTH_PATHS.refresh, methods: ["POST"], rateLimit: REFRESH_LIMIT },
  sessions: { path: AUTH_PATHS.sessions, methods: ["GET", "HEAD"], rateLimit: SESSIONS_LIMIT },
  endSession: { path: `${AUTH_PATHS.sessions}/:handle`, methods: ["DELETE"], rateLimit: SESSIONS_LIMIT },
  // Whoever asks to leave may do so however often.
  logout: { path: AUTH_PATHS.logout, methods: ["POST"], mayHammer: true },
  client: { path: AUTH_PATHS.client, methods: ["GET", "HEAD"] },
  element: { path: AUTH_PATHS.element, methods: ["GET", "HEAD"] },
  words: { path: `${AUTH_PATHS.words}:lang.js`, methods: ["GET", "HEAD"] },
  problem: { path: `${AUTH_PATHS.problems}/:name`, methods: ["GET", "HEAD"] },
} as const satisfies Readonly<Record<string, AuthRoute>>;

/** What Fastify is told of a route; what is missing is how it is answered. */
export interface Registration {
  readonly url: string;
  readonly method: string[];
  readonly exposeHeadRoute: boolean;
  readonly config: FastifyContextConfig & { rateLimit?: RateLimitOptions };
}

export function registrationOf({ path, methods, rateLimit, mayHammer }: AuthRoute): Registration {
  return {
    url: path,
    method: methods.filter((method) => method !== "HEAD"),
    exposeHeadRoute: methods.includes("HEAD"),
    config: { ...(rateLimit && { rateLimit }), ...(mayHammer && { mayHammer }) },
  };
}

const PATTERNS = Object.values(AUTH_ROUTES).map(({ path, methods }: AuthRoute) => ({
  methods,
  pattern: new RegExp(`^${path.replaceAll(".", "\\.").replace(/:\w+/g, "[^/]+")}$`),
}));

/** The methods of a path below AUTH_PREFIX, for the Allow of a 405 (RFC 9110 section 15.5.6); null where there is nothing. */
export function allowedAt(path: string): string | null {
  const methods = PATTERNS.flatMap((route) => (route.pattern.test(path) ? route.methods : []));
  return methods.length === 0 ? null : methods.join(", ");
}
