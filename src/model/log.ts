/** What the lower floors need of a logger; pino's shape. No field may hold a token, an e-mail address or a raw `sub`. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Swallows everything. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

const LONGEST_MESSAGE = 300;
/** E-mail addresses, UUIDs (a `sub` is one), and anything as long as a part of a token. */
const IDENTITIES = /(?<![\w.+-])[\w.+-]+@[\w.-]+|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[\w-]{24,}/gi;

/**
 * What may be said of an error in a log: its name, code and message, never the objects it carries (they may hold a token). A message may quote
 * what somebody sent, so whatever could name a person or be part of a token is left out of it.
 */
export function describeError(error: unknown): { name: string; code?: string; message: string } {
  if (!(error instanceof Error)) return { name: typeof error, message: "not an Error" };
  // V8 quotes the text it could not parse, and that text may hold a token.
  if (error instanceof SyntaxError) return { name: error.name, message: "the answer is not what was expected" };
  const code = (error as NodeJS.ErrnoException).code;
  return {
    name: error.name,
    ...(typeof code === "string" ? { code } : {}),
    message: error.message
      .slice(0, 4 * LONGEST_MESSAGE)
      .replace(IDENTITIES, "…")
      .slice(0, LONGEST_MESSAGE),
  };
}

/**
 * Every `event` of the log, with the fields that its lines carry: programs look for them, so none of either goes without a release that says so
 * (docs/compatibility.md). Those of requests and sign-ins are of OWASP's vocabulary
 * (https://cheatsheetseries.owasp.org/cheatsheets/Logging_Vocabulary_Cheat_Sheet.html).
 */
export const LOG_EVENTS = {
  authn_login_success: ["request_id"],
  authn_login_fail: ["request_id", "reason", "cause"],
  session_created: ["session", "user", "cookie_bytes"],
  session_renewed: ["session", "user", "late"],
  session_expired: ["session", "user", "reason", "cause", "age_seconds", "replaced"],
  session_lost: ["session", "user"],
  authn_token_reuse: ["session", "user"],
  authn_token_revoked: ["session", "user", "everywhere"],
  session_use_after_expire: ["request_id", "reason", "cause", "session"],
  authz_fail: ["request_id", "reason"],
  input_validation_fail: ["request_id", "reason"],
  excess_rate_limit_exceeded: ["request_id", "reason"],
  sys_startup: ["url", "management_url", "public_url", "session_keys"],
  sys_shutdown: ["drain_delay_ms", "shutdown_timeout_ms"],
  sys_clock_followed: ["cognito_endpoint"],
  sys_clock_lost: ["cognito_endpoint"],
  sys_clock_moved: ["moved_ms", "ahead_ms", "now"],
  store_away: ["error"],
  store_back: ["away_ms"],
  store_refuses: ["error"],
  store_evicts: ["maxmemory_policy"],
  store_forgets: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type LogEvent = keyof typeof LOG_EVENTS;
