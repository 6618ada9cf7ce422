import { byteSize, choice, duration, flag, integer, listenHost, orOff, secretText, text } from "../kinds/basic-kinds.js";
import { clientId, clientIds, clientSecrets, scopes, userPoolId } from "../kinds/cognito-kinds.js";
import { contentSecurityPolicy } from "../kinds/csp-kind.js";
import { sessionKeys } from "../kinds/session-kinds.js";
import { trustProxy } from "../kinds/trust-proxy.js";
import { baseUrl, managedLoginDomain, path, publicOrigin, serverOrigin } from "../kinds/url-kinds.js";
import { PROCESS_SETTINGS } from "./process-settings.js";
import { PROXY_SETTINGS } from "./proxy-settings.js";
import { byDefault, nothing, open, REQUIRED, type Setting, secret } from "./setting.js";
import { STORE_SETTINGS } from "./store-settings.js";
import { UPSTREAM_SETTINGS } from "./upstream-settings.js";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** The browsers' upper limit for a cookie's life (draft RFC 6265bis, 5.5), which is what the session cookie asks for. */
const LONGEST_SESSION_MS = 400 * DAY_MS;

/** Every setting by the name of its variable, in the order of the documentation. */
export const SETTINGS = {
  PUBLIC_URL: open({
    group: "public",
    kind: publicOrigin,
    absence: REQUIRED,
    meaning: "The origin the browser sees. `http://` for localhost only: the cookies need a secure context.",
    example: "https://app.example.com",
  }),
  HOST: open({
    group: "public",
    kind: listenHost,
    absence: byDefault("0.0.0.0"),
    meaning: "The address to listen on; `cognito-bff demo` listens on 127.0.0.1 unless told otherwise.",
    example: "127.0.0.1",
  }),
  PORT: open({
    group: "public",
    kind: integer({ min: 0, max: 65_535, what: "a port" }),
    absence: byDefault("3000"),
    meaning: "The port to listen on; 0 takes any free one.",
    example: "8080",
  }),
  PUBLIC_HEALTH_PATH: open({
    group: "public",
    kind: orOff(path),
    absence: byDefault("off"),
    meaning: "Answers liveness on the public port too, for platforms that probe nothing else.",
    example: "/healthz",
  }),
  HSTS_MAX_AGE: open({
    group: "public",
    kind: orOff(duration({ minMs: 0, maxMs: 3_650 * DAY_MS })),
    absence: byDefault("off"),
    meaning:
      "Strict-Transport-Security on every answer that has none of its own, for an https `PUBLIC_URL` that is not on loopback. Browsers keep it for so long: begin with an hour. `0s` takes it back.",
    example: "365d",
  }),
  TRUST_PROXY: open({
    group: "public",
    kind: trustProxy,
    absence: byDefault("off"),
    meaning: "Whose X-Forwarded-* are believed: a count of proxies in front, or their CIDRs.",
    example: "10.0.0.0/8",
  }),
  MANAGEMENT_HOST: open({
    group: "management",
    kind: listenHost,
    absence: byDefault("127.0.0.1"),
    meaning: "The address of `/livez`, `/readyz` and `/metrics`; the container image sets 0.0.0.0.",
    example: "0.0.0.0",
  }),
  MANAGEMENT_PORT: open({
    group: "management",
    kind: integer({ min: 0, max: 65_535, what: "a port" }),
    absence: byDefault("9000"),
    meaning: "Their port; 0 takes any free one.",
    example: "9090",
  }),
  MANAGEMENT_TOKEN: secret({
    group: "management",
    // RFC 6750 2.1 has fewer characters; what a header can carry is what a client can send. 32 bytes: nobody guesses them over a network.
    kind: secretText("32 to 512 characters without spaces, such as the output of `openssl rand -base64 32`", (raw) =>
      /^[\x21-\x7e]{32,512}$/.test(raw),
    ),
    absence: nothing("no session routes"),
    meaning:
      "Opens the session routes of the management port (`/sessions`; with `SESSION_STORE=cookie` its summary alone) to whoever sends it as `Authorization: Bearer`; `cognito-bff sessions` does.",
    example: "(the output of `openssl rand -base64 32`)",
  }),
  COGNITO_USER_POOL_ID: open({
    group: "cognito",
    kind: userPoolId,
    absence: REQUIRED,
    meaning: "The user pool; its first part is the Region, or `local` with cognito-local on this machine.",
    example: "eu-central-1_AbCdEf123",
  }),
  COGNITO_CLIENT_ID: open({
    group: "cognito",
    kind: clientId,
    absence: REQUIRED,
    meaning: "The app client.",
    example: "3n4b5urk1ft4fl3mg5e62d9ado",
  }),
  COGNITO_PREVIOUS_CLIENT_IDS: open({
    group: "cognito",
    kind: clientIds,
    absence: nothing("none"),
    meaning:
      "App clients that `COGNITO_CLIENT_ID` has taken the place of: their sessions end as `client_replaced`, and people sign in again. A session of any other " +
      "client is a mistake of the configuration.",
    example: "2m3n4b5urk1ft4fl3mg5e62d9a",
  }),
  COGNITO_CLIENT_SECRET: secret({
    group: "cognito",
    kind: clientSecrets,
    absence: nothing("required, unless `COGNITO_PUBLIC_CLIENT=true`"),
    meaning: "The app client's secret, or two, comma separated, while it is being rotated.",
    example: "(from the app client's page in the console)",
  }),
  COGNITO_PUBLIC_CLIENT: open({
    group: "cognito",
    kind: flag,
    absence: byDefault("false"),
    meaning: "Accepts an app client without a secret, although a BFF must be a confidential client (RFC 10017).",
    example: "true",
  }),
  COGNITO_DOMAIN: open({
    group: "cognito",
    kind: managedLoginDomain,
    absence: nothing("no redirect sign-in"),
    meaning: "Managed login as the browser reaches it, a host or a URL.",
    example: "my-app.auth.eu-central-1.amazoncognito.com",
  }),
  COGNITO_TOKEN_URL: open({
    group: "cognito",
    kind: baseUrl("/oauth2/token"),
    absence: nothing("`COGNITO_DOMAIN`"),
    meaning: "The base of `/oauth2/token` as this process reaches it.",
    example: "http://local-cognito:9229",
  }),
  COGNITO_ENDPOINT: open({
    group: "cognito",
    kind: baseUrl(),
    absence: nothing("AWS's own for the Region"),
    meaning:
      "Another endpoint of the user pools API, such as a FIPS one; its keys and own issuer are taken, too. `AWS_ENDPOINT_URL` has no effect.",
    example: "http://127.0.0.1:9229",
  }),
  COGNITO_SCOPES: open({
    group: "cognito",
    kind: scopes,
    absence: byDefault("openid email profile"),
    meaning: "What sign-in asks for. Add `aws.cognito.signin.user.admin` for sign-out everywhere: GlobalSignOut needs it.",
    example: "openid email aws.cognito.signin.user.admin",
  }),
  COGNITO_REFRESH_API: open({
    group: "cognito",
    kind: choice("auto", "initiate_auth", "get_tokens"),
    absence: byDefault("auto"),
    meaning:
      "`initiate_auth`: InitiateAuth with REFRESH_TOKEN_AUTH. `get_tokens`: GetTokensFromRefreshToken, which refresh token rotation needs. " +
      "`auto`: the first, and the second once Cognito says that the flow is not enabled.",
    example: "get_tokens",
  }),
  COGNITO_REFRESH_TOKEN_VALIDITY: open({
    group: "cognito",
    kind: duration({ minMs: SECOND_MS, maxMs: 3_650 * DAY_MS }),
    absence: nothing("unknown: `session_ends_at` is null, unless `SESSION_MAX_AGE` tells"),
    meaning:
      "The app client's refresh token validity. It only tells: people when their session must end, operators when many end at once (`sessions summary`). Cognito gives the verdict.",
    example: "12h",
  }),
  COGNITO_FOLLOW_CLOCK: open({
    group: "cognito",
    kind: flag,
    absence: byDefault("false"),
    meaning:
      "Takes the time from local Cognito, so that sessions expire here when its clock is moved: [Testing](testing.md#separate-processes). Only with " +
      "`PUBLIC_URL` on `http://localhost` and `COGNITO_ENDPOINT` at a loopback address.",
    example: "true",
  }),
  SESSION_KEYS: secret({
    group: "session",
    kind: sessionKeys,
    absence: REQUIRED,
    meaning: "The keys of the session cookie: the first seals, all open. `cognito-bff keygen` makes one and says how to roll it out.",
    example: "(the output of `cognito-bff keygen`)",
  }),
  ...STORE_SETTINGS,
  SESSION_IDLE_TIMEOUT: open({
    group: "session",
    kind: orOff(duration({ minMs: SECOND_MS, maxMs: LONGEST_SESSION_MS })),
    absence: byDefault("off"),
    meaning: "Ends a session after so long without activity; to within a tenth of it, and exactly with a shared store.",
    example: "30m",
  }),
  SESSION_MAX_AGE: open({
    group: "session",
    kind: orOff(duration({ minMs: SECOND_MS, maxMs: LONGEST_SESSION_MS })),
    absence: byDefault("off"),
    meaning: "Ends a session so long after sign-in, whatever happens. Not shorter than `SESSION_IDLE_TIMEOUT`.",
    example: "12h",
  }),
  COOKIE_SAME_SITE: open({
    group: "session",
    kind: choice("strict", "lax"),
    absence: byDefault("strict"),
    meaning: "SameSite of the session cookie; `lax` for apps whose e-mails link to API paths.",
    example: "lax",
  }),
  COOKIE_HEADER_BUDGET: open({
    group: "session",
    kind: byteSize({ min: 4_000, max: 12_000, such: "6000 or 6KiB" }),
    absence: byDefault("8000"),
    meaning: "Bytes of all our cookie pairs in a request; a session that would not fit is refused at sign-in.",
    example: "6000",
  }),
  SESSION_CACHE_BYTES: open({
    group: "session",
    kind: byteSize({ min: 1_048_576, max: 17_179_869_184, such: "67108864, 65536KiB or 64MiB" }),
    absence: byDefault("64MiB"),
    meaning: "Memory for opened sessions, so that a cookie is not opened again on every call: about 4.6 KiB each, 14,000 in 64 MiB.",
    example: "256MiB",
  }),
  REFRESH_EARLY: open({
    group: "refresh",
    kind: duration({ minMs: 0, maxMs: 24 * HOUR_MS }),
    absence: byDefault("5m"),
    meaning: "Refreshes so long before a token expires, but never more than a quarter of its life ahead.",
    example: "2m",
  }),
  REFRESH_RATE_LIMIT: open({
    group: "refresh",
    kind: integer({ min: 1, max: 10_000, what: "requests a second" }),
    absence: byDefault("20"),
    meaning:
      "Requests to Cognito a second for refreshes, retries included: of this process, or of all processes together where SESSION_STORE is shared; calls that wait go before background ones. Revocations have as many of their own.",
    example: "50",
  }),
  ...PROXY_SETTINGS,
  ...UPSTREAM_SETTINGS,
  SPA_DIR: open({
    group: "spa",
    kind: text("a directory's path, without control characters", (raw) => !/\p{Cc}/u.test(raw)),
    absence: nothing("no static files"),
    meaning: "The directory of the built single-page app. Whether it exists is looked at when the server starts, not by `check-config`.",
    example: "/srv/app",
  }),
  SPA_URL: open({
    group: "spa",
    kind: serverOrigin,
    absence: nothing("no development server"),
    meaning: "Instead of `SPA_DIR`: a development server to pass through, with its WebSocket.",
    example: "http://localhost:5173",
  }),
  SPA_CSP: open({
    group: "spa",
    kind: orOff(contentSecurityPolicy),
    absence: byDefault("off"),
    meaning:
      "The Content-Security-Policy that the single-page app is sent with; off, because yours may need anything. With `report-only:` before " +
      "it, browsers report what it would block and block nothing: the way to begin.",
    example: "report-only: default-src 'self'",
  }),
  ...PROCESS_SETTINGS,
} as const;

type Table = typeof SETTINGS;
export type SettingName = keyof Table;

type ValueOf<R> = R extends Setting<infer _S, infer T, infer A> ? (A extends { readonly kind: "nothing" } ? T | null : T) : never;

/** The decoded values by the names of their variables, defaults filled in; null where nothing is set and there is no default. */
export type SettingValues = { readonly [N in SettingName]: ValueOf<Table[N]> };

/** The names of all variables, in the order of the documentation. */
export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS).filter(isSettingName);

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}
