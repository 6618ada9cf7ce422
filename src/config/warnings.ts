/** What a warning is about, and when it is given; whoever reads the configuration's reference has not seen its text. */
interface Warned {
  /** The setting to look at; null: any, or one that is none of ours. */
  readonly setting: string | null;
  readonly when: string;
  readonly means: string;
}

/**
 * Everything that is warned of, by a name that `check-config --json` gives and that stays: the log of `start` says the same. None of them keeps
 * the server from starting. docs/configuration.md lists them.
 */
export const WARNINGS = {
  unknown_variable: {
    setting: null,
    when: "The name of a variable is almost one of these: `SESION_MAX_AGE`",
    means: "Write it as the warning does. Where the setting has to be there, it is a fault that names both",
  },
  aws_endpoint_no_effect: {
    setting: null,
    when: "`AWS_ENDPOINT_URL`, `AWS_USE_FIPS_ENDPOINT` and AWS's other variables for endpoints are set",
    means: "They have no effect here: set `COGNITO_ENDPOINT`",
  },
  hsts_no_effect: {
    setting: "HSTS_MAX_AGE",
    when: "`PUBLIC_URL` is not https, or on loopback",
    means: "Nothing is sent",
  },
  trust_proxy_off: {
    setting: "TRUST_PROXY",
    when: "Off, with an https `PUBLIC_URL`",
    means: "Everybody has the address of what is in front, and shares one rate limit: name its networks, or the number of proxies",
  },
  health_path_shadows_route: {
    setting: "PUBLIC_HEALTH_PATH",
    when: "A route would take the path",
    means: "It is answered here and not forwarded: take another path",
  },
  cognito_domain_missing: { setting: "COGNITO_DOMAIN", when: "Not set", means: "Nobody can sign in by redirect" },
  cognito_domain_without_dot: {
    setting: "COGNITO_DOMAIN",
    when: "A host without a dot, such as the prefix alone",
    means: "Write the whole host: `my-app.auth.eu-central-1.amazoncognito.com`",
  },
  clock_followed: {
    setting: "COGNITO_FOLLOW_CLOCK",
    when: "`true`",
    means: "Local Cognito moves this process's clock: for development and tests alone",
  },
  rotation_in_one_process: {
    setting: "COGNITO_REFRESH_API",
    when: "`get_tokens` with `SESSION_STORE=cookie`",
    means: "If the app client rotates refresh tokens, run one process, or a shared store: several would use up each other's tokens",
  },
  session_max_age_no_effect: {
    setting: "SESSION_MAX_AGE",
    when: "Beyond `COGNITO_REFRESH_TOKEN_VALIDITY`",
    means: "Cognito ends the session first",
  },
  refresh_rate_above_quota: {
    setting: "REFRESH_RATE_LIMIT",
    when: "Above 120 a second, Cognito's default quota for the account and Region",
    means: "Cognito throttles first, sign-ins too: have the quota raised, or lower it",
  },
  session_cache_above_heap: {
    setting: "SESSION_CACHE_BYTES",
    when: "More than Node.js lets its heap have",
    means: "A full heap ends the process: lower it, or raise `--max-old-space-size`",
  },
  route_outlasts_balancer: {
    setting: "PROXY_ROUTES",
    when: "A `responseHeaderTimeout` above 60s, with an https `PUBLIC_URL`",
    means: "An AWS load balancer answers first, with a 504 of its own, unless its idle timeout is raised",
  },
  route_proxy_no_effect: {
    setting: "PROXY_ROUTES",
    when: "A route says `proxy: true` without `HTTPS_PROXY`",
    means: "Its calls go straight",
  },
  route_loop: {
    setting: "PROXY_ROUTES",
    when: "A route leads to `PUBLIC_URL`",
    means: "A loop, unless something in front tells them apart",
  },
  spa_never_served: { setting: "PROXY_ROUTES", when: "A route `/` beside `SPA_DIR` or `SPA_URL`", means: "The route takes every path" },
  upstream_connections_above_open_files: {
    setting: "UPSTREAM_MAX_CONNECTIONS",
    when: "More than the limit of open files lets through",
    means: "Connections fail under load: raise `ulimit -n`, or lower it",
  },
  spa_csp_no_effect: { setting: "SPA_CSP", when: "Neither `SPA_DIR` nor `SPA_URL` is set", means: "Nothing is sent" },
  spa_files_unreadable: {
    setting: "SPA_DIR",
    when: "This user may not read some of its files (`check-config` alone looks at each)",
    means: "They are answered with an error: give them to the user that runs this, or `chmod -R a+rX`",
  },
  drain_delay_none: {
    setting: "DRAIN_DELAY",
    when: "`0s`, with an https `PUBLIC_URL`",
    means: "What is in front goes on sending calls to a process that stops, until its probes have failed",
  },
  stop_too_long: {
    setting: "SHUTDOWN_TIMEOUT",
    when: "With `DRAIN_DELAY` above 30s, with an https `PUBLIC_URL`",
    means: "ECS and Kubernetes kill after 30s, unless StopTimeout or terminationGracePeriodSeconds says more",
  },
  keep_alive_too_short: {
    setting: "KEEP_ALIVE_TIMEOUT",
    when: "Not above 60s",
    means: "An AWS load balancer keeps connections that long, and answers some calls with 502",
  },
  file_read_by_all: {
    setting: null,
    when: "The file of a secret (`SESSION_KEYS_FILE`) can be read by every user of the machine",
    means: "`chmod 600`, or 640 with a group. Not where a platform mounts it: below `/run/secrets`, and Kubernetes' volumes",
  },
  file_written_by_all: {
    setting: null,
    when: "A file that a variable names, or `SPA_DIR`, can be written by every user of the machine",
    means: "`chmod o-w`: they decide who is signed in, or what the app is",
  },
} as const satisfies Readonly<Record<string, Warned>>;

export type WarningName = keyof typeof WARNINGS;
export const WARNING_NAMES = Object.keys(WARNINGS) as readonly WarningName[];

/** Something that works and is probably not meant. */
export interface ConfigWarning {
  readonly warning: WarningName;
  /** One line that begins with the variable. */
  readonly text: string;
}

/** The warnings that are about one setting, whichever it is. */
export type WarningOfSetting = { [N in WarningName]: (typeof WARNINGS)[N]["setting"] extends string ? N : never }[WarningName];

export function warningOf(warning: WarningOfSetting, text: string): ConfigWarning {
  return { warning, text: `${WARNINGS[warning].setting}: ${text}` };
}
