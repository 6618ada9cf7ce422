import { parseRedisUrl } from "../network/redis-place.js";
import type { Config } from "./config.js";
import {
  type ConfigFault,
  type Environment,
  explainBySlips,
  type GivenFrom,
  type GivenSettings,
  givenByEnvironment,
  givenByOptions,
  type ReadFile,
  readTextFile,
} from "./given-settings.js";
import { type Complaint, decodeAs, echo } from "./kinds/kind.js";
import { type BffOptions, optionName } from "./options.js";
import type { Finding } from "./rule.js";
import { judge } from "./rules.js";
import type { Absence, Setting } from "./settings/setting.js";
import { isSettingName, SETTING_NAMES, SETTINGS, type SettingName, type SettingValues } from "./settings/settings.js";
import type { ConfigWarning } from "./warnings.js";

/** One setting as it is in force: what it is, in a form that may be printed, and where it comes from. */
export interface EffectiveSetting {
  readonly name: SettingName;
  /** Secrets: `present`; the address of a shared store without user and password. */
  readonly text: string;
  readonly from: GivenFrom | "default";
}

/** What came of the settings: a configuration that is whole, or everything that keeps it from being so. Warnings come with either. */
export type ConfigParsing =
  | {
      readonly kind: "config";
      readonly config: Config;
      readonly warnings: readonly string[];
      readonly settings: readonly EffectiveSetting[];
    }
  | { readonly kind: "faults"; readonly faults: readonly ConfigFault[]; readonly warnings: readonly string[] };

/** A parsing whose warnings have their names. */
export type ExaminedConfig = WithWarnings<ConfigParsing>;
type WithWarnings<P> = P extends ConfigParsing ? Omit<P, "warnings"> & { readonly warnings: readonly ConfigWarning[] } : never;

function withTexts(examined: ExaminedConfig): ConfigParsing {
  return deepFreeze({ ...examined, warnings: examined.warnings.map(({ text }) => text) });
}

/** What differs between the commands that read the environment. */
export interface EnvironmentReading {
  /** The default of `HOST`: 0.0.0.0 unless given. */
  readonly host?: string;
  /** The default of `MANAGEMENT_HOST`: 127.0.0.1 unless given. */
  readonly managementHost?: string;
  /** Reads a NAME_FILE as UTF-8; throws when it cannot. */
  readonly readFile?: ReadFile;
}

type AnySetting = Setting<unknown, unknown, Absence>;
type Defaults = Partial<Record<SettingName, string>>;

interface Decoding {
  readonly values: Partial<SettingValues>;
  readonly faults: readonly ConfigFault[];
  readonly settings: readonly EffectiveSetting[];
}

/** A complaint as a fault. Whatever a secret setting held stays out of it. */
function toFault(name: SettingName, { secret }: AnySetting, { expected, got }: Complaint, raw: unknown): ConfigFault {
  // An empty `got` is a decoder's word that nothing may be repeated.
  const shown = secret || got === "" ? undefined : echo(got ?? raw);
  return shown === undefined ? { name, expected } : { name, expected, got: shown };
}

function decodeSettings(given: GivenSettings, defaults: Defaults): Decoding {
  const values = new Map<SettingName, unknown>();
  const faults: ConfigFault[] = [];
  const settings: EffectiveSetting[] = [];
  for (const name of SETTING_NAMES) {
    const setting: AnySetting = SETTINGS[name];
    const { absence, kind } = setting;
    const entry = given.values.get(name);
    const from = entry?.from ?? "default";
    const fallback = absence.kind === "default" ? (defaults[name] ?? absence.text) : undefined;
    const raw = entry === undefined ? fallback : entry.raw;
    if (given.unreadable.has(name)) continue;
    if (raw === undefined) {
      if (absence.kind === "required") faults.push({ name, expected: `${kind.expected}; it is not set` });
      if (absence.kind === "nothing") {
        values.set(name, null);
        settings.push({ name, text: `(${absence.means})`, from });
      }
      continue;
    }
    const decoded = decodeAs(kind, raw);
    if (decoded.kind === "refused") {
      faults.push(...decoded.complaints.map((complaint) => toFault(name, setting, complaint, raw)));
    } else {
      values.set(name, decoded.value);
      settings.push({ name, text: kind.show(decoded.value), from });
    }
  }
  // Each value was decoded by the kind of its own row, which is what SettingValues says of it; a loop cannot tell the compiler so.
  return { values: Object.fromEntries(values) as Partial<SettingValues>, faults, settings };
}

function isComplete(values: Partial<SettingValues>): values is SettingValues {
  return SETTING_NAMES.every((name) => values[name] !== undefined);
}

function parse(given: GivenSettings, defaults: Defaults): ExaminedConfig {
  const { values, faults, settings } = decodeSettings(given, defaults);
  const findings = judge(values);
  const explained = explainBySlips(
    inTableOrder([...given.faults, ...faults, ...findings.filter((finding) => finding.level === "fault").map(withoutLevel)]),
    given,
  );
  const warnings = [
    ...given.warnings,
    ...explained.rest,
    ...findings.filter((finding) => finding.level === "warning").map(({ warning, text }) => ({ warning, text })),
  ];
  if (explained.faults.length > 0 || !isComplete(values)) return deepFreeze({ kind: "faults", faults: explained.faults, warnings });
  return deepFreeze({ kind: "config", config: toConfig(values), warnings, settings });
}

/** All that is wrong with one setting together, in the order of the documentation; options that do not exist come last. */
function inTableOrder(faults: readonly ConfigFault[]): ConfigFault[] {
  const names: readonly string[] = SETTING_NAMES;
  const place = ({ name }: ConfigFault) => {
    const index = names.indexOf(name.replace(/_FILE$/, ""));
    return index === -1 ? names.length : index;
  };
  return faults.toSorted((a, b) => place(a) - place(b));
}

function withoutLevel({ level: _, ...fault }: Extract<Finding, { level: "fault" }>): ConfigFault {
  return fault;
}

/**
 * Reads the configuration from environment variables and the files that NAME_FILE variables name. Never throws: the answer is the frozen
 * configuration with warnings, or every fault at once. Variables that are empty count as unset. No fault or warning holds a secret.
 */
export function parseEnvironment(env: Environment, reading: EnvironmentReading = {}): ConfigParsing {
  return withTexts(examineEnvironment(env, reading));
}

/** The same, with each warning's name. */
export function examineEnvironment(
  env: Environment,
  { host, managementHost, readFile = readTextFile }: EnvironmentReading = {},
): ExaminedConfig {
  const defaults: Defaults = {
    ...(host === undefined ? {} : { HOST: host }),
    ...(managementHost === undefined ? {} : { MANAGEMENT_HOST: managementHost }),
  };
  return parse(givenByEnvironment(env, readFile), defaults);
}

/** The same for the options of `createServer` and of the plugin; faults and warnings speak of the options' names. */
export function parseOptions(options: BffOptions): ConfigParsing {
  const given = givenByOptions(options);
  const parsing = withTexts(parse(given, {}));
  const warnings = parsing.warnings.map(inOptionNames);
  if (parsing.kind === "config") return deepFreeze({ ...parsing, warnings });
  // What the options' own reading found names an option already, perhaps one that is written like a variable.
  const faults = parsing.faults.map((fault) =>
    given.faults.includes(fault) ? fault : { ...fault, name: inOptionNames(fault.name), expected: inOptionNames(fault.expected) },
  );
  return deepFreeze({ kind: "faults", faults, warnings });
}

/** Puts a text of ours that names variables into the names of options. */
function inOptionNames(text: string): string {
  return text.replaceAll(/\b[A-Z]+(?:_[A-Z]+)*\b/g, (word) => (isSettingName(word) ? optionName(word) : word));
}

/** Freezes objects and lists all the way down. A URL's and a Secret's own state is out of reach of freezing. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}

function toConfig(v: SettingValues): Config {
  return {
    publicUrl: v.PUBLIC_URL,
    host: v.HOST,
    port: v.PORT,
    managementHost: v.MANAGEMENT_HOST,
    managementPort: v.MANAGEMENT_PORT,
    managementToken: v.MANAGEMENT_TOKEN,
    hstsMaxAgeMs: v.HSTS_MAX_AGE,
    publicHealthPath: v.PUBLIC_HEALTH_PATH,
    cognitoUserPoolId: v.COGNITO_USER_POOL_ID,
    cognitoRegion: v.COGNITO_USER_POOL_ID.replace(/_.*$/, ""),
    cognitoClientId: v.COGNITO_CLIENT_ID,
    cognitoPreviousClientIds: v.COGNITO_PREVIOUS_CLIENT_IDS ?? [],
    cognitoClientSecrets: v.COGNITO_CLIENT_SECRET ?? [],
    cognitoDomain: v.COGNITO_DOMAIN,
    cognitoTokenUrl: v.COGNITO_TOKEN_URL ?? v.COGNITO_DOMAIN,
    cognitoEndpoint: v.COGNITO_ENDPOINT,
    cognitoScopes: v.COGNITO_SCOPES,
    cognitoRefreshApi: v.COGNITO_REFRESH_API,
    cognitoRefreshTokenValidityMs: v.COGNITO_REFRESH_TOKEN_VALIDITY,
    cognitoFollowClock: v.COGNITO_FOLLOW_CLOCK,
    sessionKeys: v.SESSION_KEYS,
    sessionStore: v.SESSION_STORE,
    sessionStoreCa: v.SESSION_STORE_CA,
    sessionStoreIam: v.SESSION_STORE_IAM && { ...v.SESSION_STORE_IAM, serverless: isServerless(v.SESSION_STORE) },
    sessionStoreStaleMs: v.SESSION_STORE_STALE,
    sessionIdleTimeoutMs: v.SESSION_IDLE_TIMEOUT,
    sessionMaxAgeMs: v.SESSION_MAX_AGE,
    cookieSameSite: v.COOKIE_SAME_SITE,
    cookieHeaderBudgetBytes: v.COOKIE_HEADER_BUDGET,
    sessionCacheBytes: v.SESSION_CACHE_BYTES,
    refreshEarlyMs: v.REFRESH_EARLY,
    refreshRateLimitPerSecond: v.REFRESH_RATE_LIMIT,
    proxyRoutes: v.PROXY_ROUTES ?? [],
    spa: toSpa(v),
    spaCsp: v.SPA_CSP,
    authPrefix: v.AUTH_PREFIX,
    proxyStripHeaders: v.PROXY_STRIP_HEADERS,
    csrfHeader: v.CSRF_HEADER,
    trustProxy: v.TRUST_PROXY,
    httpsProxy: v.HTTPS_PROXY,
    noProxy: v.NO_PROXY,
    upstreamMaxConnections: v.UPSTREAM_MAX_CONNECTIONS,
    upstreamMaxHeaderBytes: v.UPSTREAM_MAX_HEADER_BYTES,
    drainDelayMs: v.DRAIN_DELAY,
    shutdownTimeoutMs: v.SHUTDOWN_TIMEOUT,
    keepAliveTimeoutMs: v.KEEP_ALIVE_TIMEOUT,
    logTime: v.LOG_TIME,
    logLevel: v.LOG_LEVEL,
  };
}

/** As the endpoints of ElastiCache Serverless are named: its tokens say what kind of cache they are for. */
const SERVERLESS = /\.serverless\.[a-z0-9]+\.cache\.amazonaws\.com(?:\.cn)?$/;

function isServerless(store: SettingValues["SESSION_STORE"]): boolean {
  const place = store.kind === "cookie" ? null : parseRedisUrl(store.url.reveal());
  return place?.kind === "cluster" && place.nodes.some(({ host }) => SERVERLESS.test(host));
}

function toSpa({ SPA_DIR, SPA_URL }: SettingValues): Config["spa"] {
  if (SPA_DIR !== null) return { kind: "directory", path: SPA_DIR };
  return SPA_URL === null ? null : { kind: "url", url: SPA_URL };
}
