import t from "tap";
import { CHECK_GROUPS, CHECKS, judgeAll } from "../../src/doctor/checks/checks.js";
import { afterMondayAtNine } from "../../src/doctor/checks/monday.js";
import { SEVERITIES } from "../../src/doctor/finding.js";
import { factsWith, found, type GivenFacts, UNKNOWN } from "./facts.js";

interface Case {
  readonly says: string;
  readonly given: GivenFacts;
  /** Null: nothing is wrong. */
  readonly what: RegExp | null;
  readonly severity?: string;
  readonly meaning?: RegExp;
  readonly fix?: RegExp;
}

const refresh = (value: number | undefined, unit: string | undefined): GivenFacts => ({
  settings: { RefreshTokenValidity: value, TokenValidityUnits: { RefreshToken: unit } },
});
const DAY_MS = 86_400_000;
const UNDECLARED = { declaredValidityMs: null, declaresValidity: false, sessionMaxAgeMs: null } as const;
const rotation = (RetryGracePeriodSeconds: number | undefined): NonNullable<GivenFacts["settings"]> => ({
  RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds },
});
const CHANGED = { created: new Date(1_000), lastModified: new Date(2_000) };
const WIPED = {
  CallbackURLs: undefined,
  LogoutURLs: undefined,
  AllowedOAuthFlows: undefined,
  AllowedOAuthScopes: undefined,
  SupportedIdentityProviders: undefined,
  ExplicitAuthFlows: undefined,
  AllowedOAuthFlowsUserPoolClient: false,
};

/** Each check, with what it finds and what it lets pass. */
const CASES: { readonly [id: string]: readonly Case[] } = {
  "refresh-unit-smell": [
    { says: "30 hours", given: refresh(30, "hours"), what: /lives 30 hours \(1 day 6 hours\), 108,000 seconds; 30 days were meant/ },
    { says: "90 minutes", given: refresh(90, "minutes"), what: /90 days were meant/ },
    { says: "365 hours", given: refresh(365, "hours"), what: /365 days were meant/ },
    { says: "60 minutes", given: refresh(60, "minutes"), what: /60 days were meant/ },
    { says: "60 minutes for a bank", given: { ...refresh(60, "minutes"), policy: "banking" }, what: null },
    { says: "30 hours, which somebody asked for", given: { ...refresh(30, "hours"), policy: "30h" }, what: null },
    { says: "30 hours for a bank, which are too long anyway", given: { ...refresh(30, "hours"), policy: "banking" }, what: /30 days/ },
    { says: "30 days", given: refresh(30, "days"), what: null },
    { says: "a number without its unit, which means days", given: refresh(60, undefined), what: null },
    { says: "12 hours", given: refresh(12, "hours"), what: null },
    { says: "AWS's default", given: refresh(0, "hours"), what: null },
  ],
  "refresh-below-policy": [
    { says: "29 days", given: { ...refresh(29, "days"), policy: "30d" }, what: /lives 29 days.*asks for 30 days\.$/ },
    { says: "a week for SaaS", given: { ...refresh(7, "days"), policy: "saas" }, what: /asks for 30 days to 90 days/ },
    { says: "60 minutes for a bank", given: { ...refresh(60, "minutes"), policy: "banking" }, what: null },
    { says: "what was asked for", given: { ...refresh(720, "hours"), policy: "30d" }, what: null },
  ],
  "refresh-above-policy": [
    { says: "30 days for a bank", given: { ...refresh(30, "days"), policy: "banking" }, what: /policy banking allows 1 hour to 1 day/ },
    { says: "24 hours for a bank", given: { ...refresh(24, "hours"), policy: "banking" }, what: null },
  ],
  "refresh-short": [
    { says: "12 hours that nobody explains", given: refresh(12, "hours"), what: /lives 12 hours/ },
    { says: "12 hours with a policy", given: { ...refresh(12, "hours"), policy: "12h" }, what: null },
    { says: "what is a unit smell already", given: refresh(30, "hours"), what: null },
    { says: "a week", given: refresh(168, "hours"), what: null },
  ],
  "refresh-above-cookie": [
    { says: "401 days", given: refresh(401, "days"), what: /lives 401 days/ },
    { says: "400 days", given: refresh(400, "days"), what: null },
  ],
  "token-outlives-refresh": [
    {
      says: "an access token as long as the refresh token",
      given: {
        settings: {
          RefreshTokenValidity: 60,
          AccessTokenValidity: 60,
          TokenValidityUnits: { RefreshToken: "minutes", AccessToken: "minutes" },
        },
      },
      what: /The refresh token lives 60 minutes, the access token 60 minutes and the ID token 1 hour\./,
    },
    { says: "an hour under a month", given: {}, what: null },
  ],
  "declared-validity": [
    {
      says: "another lifetime than the client's",
      given: { proxy: { declaredValidityMs: 86_400_000 } },
      what: /is 1d, the app client's refresh token lives 30 days/,
    },
    { says: "the same in another unit", given: refresh(720, "hours"), what: null },
  ],
  "undeclared-validity": [
    {
      says: "nothing said",
      given: { proxy: UNDECLARED },
      what: /REFRESH_TOKEN_VALIDITY is not set; the app client's refresh token lives 30 days/,
      meaning: /session_ends_at is null/,
      fix: /^COGNITO_REFRESH_TOKEN_VALIDITY=30d$/,
    },
    {
      says: "the value as it is set, in the setting's own words",
      given: { ...refresh(90, "days"), proxy: UNDECLARED },
      what: /lives 90 days/,
      fix: /^COGNITO_REFRESH_TOKEN_VALIDITY=90d$/,
    },
    {
      says: "12 hours",
      given: { ...refresh(12, "hours"), proxy: UNDECLARED },
      what: /lives 12 hours/,
      fix: /^COGNITO_REFRESH_TOKEN_VALIDITY=12h$/,
    },
    {
      says: "no lifetime of which days were meant",
      given: { ...refresh(30, "hours"), proxy: UNDECLARED },
      what: /lives 30 hours/,
      fix: /30 days that were meant: COGNITO_REFRESH_TOKEN_VALIDITY=30d$/,
    },
    {
      says: "a limit of ours that never applies",
      given: { proxy: { ...UNDECLARED, sessionMaxAgeMs: 31 * DAY_MS } },
      what: /is not set/,
    },
    { says: "a limit of ours that ends sessions", given: { proxy: { ...UNDECLARED, sessionMaxAgeMs: DAY_MS } }, what: null },
    { says: "what is said", given: { proxy: { sessionMaxAgeMs: null } }, what: null },
  ],
  "session-max-age": [
    { says: "a limit that never applies", given: { proxy: { sessionMaxAgeMs: 31 * 86_400_000 } }, what: /SESSION_MAX_AGE is 31d/ },
    { says: "one that ends at the same moment", given: { proxy: { sessionMaxAgeMs: 30 * 86_400_000 } }, what: null },
    { says: "one that does", given: {}, what: null },
  ],
  "refresh-api-refused": [
    {
      says: "InitiateAuth with rotation",
      given: { settings: rotation(60), proxy: { refreshApi: "initiate_auth" } },
      what: /rotates refresh tokens/,
    },
    {
      says: "InitiateAuth without its flow",
      given: { settings: { ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH"] }, proxy: { refreshApi: "initiate_auth" } },
      what: /does not allow ALLOW_REFRESH_TOKEN_AUTH/,
    },
    {
      says: "InitiateAuth with the flows that no list means",
      given: { settings: { ExplicitAuthFlows: undefined }, proxy: { refreshApi: "initiate_auth" } },
      what: null,
    },
    { says: "auto with rotation", given: { settings: rotation(60) }, what: null },
  ],
  "rotation-refresh-flow": [
    { says: "both at once", given: { settings: rotation(60) }, what: /ALLOW_REFRESH_TOKEN_AUTH is allowed/ },
    { says: "rotation alone", given: { settings: { ...rotation(60), ExplicitAuthFlows: ["ALLOW_USER_AUTH"] } }, what: null },
    { says: "no rotation", given: {}, what: null },
  ],
  "rotation-grace": [
    { says: "no grace", given: { settings: rotation(0) }, what: /grace period of 0 seconds\.$/, severity: "warning" },
    {
      says: "no grace with several processes",
      given: { settings: rotation(undefined), facts: { replicas: 3 } },
      what: /there are 3 processes/,
      severity: "error",
    },
    {
      says: "no grace with several processes that share a store",
      given: { settings: rotation(0), facts: { replicas: 3 }, proxy: { store: "shared" } },
      what: /grace period of 0 seconds\.$/,
      severity: "warning",
      meaning: /a process that dies with it/,
    },
    { says: "a grace that covers retries", given: { settings: rotation(10) }, what: null },
    { says: "no rotation", given: { settings: { RefreshTokenRotation: { Feature: "DISABLED", RetryGracePeriodSeconds: 0 } } }, what: null },
  ],
  "rotation-cookie-store": [
    {
      says: "several processes",
      given: { settings: rotation(60), facts: { replicas: 2 } },
      what: /SESSION_STORE is cookie with 2 processes/,
    },
    { says: "nobody knows how many", given: { settings: rotation(60), facts: { replicas: null } }, what: /SESSION_STORE is cookie\./ },
    { says: "one process", given: { settings: rotation(60) }, what: null },
    {
      says: "several processes with a shared store",
      given: { settings: rotation(60), facts: { replicas: 2 }, proxy: { store: "shared" } },
      what: null,
    },
  ],
  "device-remembering": [
    { says: "always", given: { facts: { pool: { DeviceConfiguration: {} } } }, what: /remembers devices, always/ },
    {
      says: "by consent",
      given: { facts: { pool: { DeviceConfiguration: { DeviceOnlyRememberedOnUserPrompt: true } } } },
      what: /where a person agrees/,
    },
    { says: "never", given: {}, what: null },
  ],
  "session-eviction": [
    {
      says: "three a person",
      given: { facts: { poolSessions: { UserSessionTracking: "ENABLED", TokenSession: { MaxPerUser: 3 } } } },
      what: /allows 3 a person/,
      severity: "warning",
    },
    {
      says: "AWS's 20",
      given: { facts: { poolSessions: { UserSessionTracking: "ENABLED" } } },
      what: /allows 20 a person/,
      severity: "note",
    },
    {
      says: "ten a person",
      given: { facts: { poolSessions: { UserSessionTracking: "ENABLED", TokenSession: { MaxPerUser: 10 } } } },
      what: /allows 10/,
      severity: "note",
    },
    { says: "no tracking", given: {}, what: null },
  ],
  "unknown-flow": [
    {
      says: "a flow of tomorrow",
      given: { settings: { ExplicitAuthFlows: ["ALLOW_CLIENT_TOKEN_AUTH", "ALLOW_USER_AUTH"] } },
      what: /has ALLOW_CLIENT_TOKEN_AUTH, which/,
    },
    { says: "known flows", given: {}, what: null },
  ],
  "unknown-fields": [
    {
      says: "settings of tomorrow",
      given: { client: { unknownFields: ["Novel", "TokenValidityUnits.Other"] } },
      what: /Novel, TokenValidityUnits\.Other/,
    },
    { says: "none", given: {}, what: null },
  ],
  "wiped-by-update": [
    {
      says: "what an update of one setting leaves",
      given: { settings: WIPED, client: CHANGED },
      what: /as after an update that named one setting/,
      severity: "error",
    },
    {
      says: "the same in a pool without a domain",
      given: { settings: WIPED, client: CHANGED, proxy: UNKNOWN, facts: { pool: {} } },
      what: /are all empty/,
      severity: "warning",
    },
    {
      says: "a new client that nobody set up yet",
      given: { settings: WIPED, client: { ...CHANGED, lastModified: CHANGED.created } },
      what: null,
    },
    { says: "a client that was changed", given: { client: CHANGED }, what: null },
  ],
  "code-flow-off": [
    {
      says: "OAuth is off",
      given: { settings: { AllowedOAuthFlowsUserPoolClient: false } },
      what: /does not allow the authorization code flow/,
    },
    { says: "implicit alone", given: { settings: { AllowedOAuthFlows: ["implicit"] } }, what: /code flow/ },
    { says: "code", given: {}, what: null },
  ],
  "provider-missing": [
    { says: "no provider", given: { settings: { SupportedIdentityProviders: undefined } }, what: /is empty/ },
    { says: "one", given: {}, what: null },
  ],
  "callback-url-missing": [
    {
      says: "another app's callback",
      given: { settings: { CallbackURLs: ["https://other.example.com/"] } },
      what: /lacks https:\/\/app\.example\.com\/auth\/callback/,
    },
    { says: "no callback at all", given: { settings: { CallbackURLs: undefined } }, what: /lacks/ },
    { says: "the proxy's", given: {}, what: null },
  ],
  "sign-out-url-missing": [
    { says: "none", given: { settings: { LogoutURLs: [] } }, what: /LogoutURLs lacks https:\/\/app\.example\.com\// },
    { says: "the proxy's", given: {}, what: null },
  ],
  "local-callback": [
    {
      says: "localhost in production",
      given: { settings: { CallbackURLs: ["http://localhost:3000/auth/callback", "https://app.example.com/auth/callback"] } },
      what: /have http:\/\/localhost:3000\/auth\/callback\.$/,
    },
    { says: "plain http", given: { settings: { LogoutURLs: ["http://app.example.com/"] } }, what: /have http:\/\/app\.example\.com\// },
    { says: "https to this machine", given: { settings: { CallbackURLs: ["https://127.0.0.1/"] } }, what: /127\.0\.0\.1/ },
    {
      says: "localhost for an app there",
      given: { settings: { CallbackURLs: ["http://localhost:3000/"] }, proxy: { publicUrl: "http://localhost:3000" } },
      what: null,
    },
    { says: "an app of its own on a phone", given: { settings: { CallbackURLs: ["myapp://callback"] } }, what: null },
  ],
  "implicit-flow": [
    { says: "implicit beside code", given: { settings: { AllowedOAuthFlows: ["code", "implicit"] } }, what: /has implicit/ },
    { says: "code alone", given: {}, what: null },
  ],
  "scopes-not-allowed": [
    { says: "a scope too many", given: { proxy: { scopes: ["openid", "phone"] } }, what: /lacks phone/ },
    { says: "allowed ones", given: {}, what: null },
  ],
  "global-sign-out-scope": [
    { says: "not allowed", given: { settings: { AllowedOAuthScopes: ["openid"] } }, what: /^AllowedOAuthScopes lacks aws/ },
    { says: "not asked for", given: { proxy: { scopes: ["openid"] } }, what: /^COGNITO_SCOPES lacks/ },
    {
      says: "neither",
      given: { settings: { AllowedOAuthScopes: [] }, proxy: { scopes: ["openid"] } },
      what: /^AllowedOAuthScopes and COGNITO_SCOPES lack /,
      meaning: /other devices stay signed in/,
    },
    {
      says: "neither, where a shared store ends all sessions of this deployment",
      given: { settings: { AllowedOAuthScopes: [] }, proxy: { scopes: ["openid"], store: "shared" } },
      what: /^AllowedOAuthScopes and COGNITO_SCOPES lack /,
      meaning: /ends the person's sessions here/,
    },
    { says: "both", given: {}, what: null },
  ],
  "public-client": [
    {
      says: "no secret",
      given: { client: { hasSecret: false }, proxy: { confidential: null } },
      what: /has no secret/,
      severity: "warning",
    },
    {
      says: "none, and somebody decided it",
      given: { client: { hasSecret: false }, proxy: { confidential: false } },
      what: /has no secret/,
      severity: "note",
    },
    { says: "a secret", given: {}, what: null },
  ],
  "secret-mismatch": [
    { says: "a secret that the proxy lacks", given: { proxy: { confidential: false } }, what: /COGNITO_CLIENT_SECRET is not set/ },
    { says: "one that the client lacks", given: { client: { hasSecret: false } }, what: /the app client has no secret/ },
    { says: "both have one", given: {}, what: null },
  ],
  "token-revocation-off": [
    { says: "off", given: { settings: { EnableTokenRevocation: false } }, what: /is off/ },
    { says: "left out, by an old client", given: { settings: { EnableTokenRevocation: undefined } }, what: /is off/ },
    { says: "on", given: {}, what: null },
  ],
  "user-existence-errors": [
    { says: "LEGACY", given: { settings: { PreventUserExistenceErrors: "LEGACY" } }, what: /is LEGACY\./ },
    { says: "left out", given: { settings: { PreventUserExistenceErrors: undefined } }, what: /not set, which means LEGACY/ },
    { says: "ENABLED", given: {}, what: null },
  ],
  "user-context-not-propagated": [
    { says: "off", given: { settings: { EnablePropagateAdditionalUserContextData: false } }, what: /is off\.$/, severity: "note" },
    {
      says: "off with threat protection",
      given: {
        settings: { EnablePropagateAdditionalUserContextData: false },
        facts: { pool: { UserPoolAddOns: { AdvancedSecurityMode: "ENFORCED" } } },
      },
      what: /threat protection is ENFORCED/,
      severity: "warning",
    },
    {
      says: "a public client, which cannot have it",
      given: { settings: { EnablePropagateAdditionalUserContextData: false }, client: { hasSecret: false } },
      what: null,
    },
    { says: "on", given: {}, what: null },
  ],
  "domain-foreign": [
    {
      says: "another pool's",
      given: { facts: { domain: { Domain: "shop", UserPoolId: "eu-central-1_Other" } } },
      what: /of the user pool eu-central-1_Other/,
    },
    { says: "nobody's", given: { facts: { domain: {} } }, what: /no such domain as shop\.auth/ },
    {
      says: "a name of one's own that nobody registered",
      given: { facts: { domain: {} }, proxy: { managedLogin: "https://login.example.com" } },
      what: null,
    },
    {
      says: "on its way",
      given: { facts: { domain: { Domain: "shop", UserPoolId: "eu-central-1_Example01", Status: "CREATING" } } },
      what: /is CREATING/,
    },
    { says: "its own", given: {}, what: null },
  ],
  "domain-other": [
    { says: "another prefix", given: { facts: { pool: { Domain: "other" }, domain: null } }, what: /the user pool has other\./ },
    { says: "none at all", given: { facts: { pool: {}, domain: null } }, what: /has no domain/ },
    {
      says: "a custom one",
      given: { facts: { pool: { CustomDomain: "auth.example.com" } }, proxy: { managedLogin: "https://auth.example.com" } },
      what: null,
    },
    { says: "an emulator", given: { facts: { pool: {} }, proxy: { managedLogin: "http://127.0.0.1:9229" } }, what: null },
    {
      says: "a name of one's own",
      given: { proxy: { managedLogin: "https://login.example.com" } },
      what: /COGNITO_DOMAIN is login\.example\.com; the user pool has shop\./,
    },
    { says: "its prefix", given: { facts: { domain: null } }, what: null },
    { says: "another prefix that was looked up itself", given: { facts: { pool: { Domain: "other" } } }, what: null },
  ],
  "passkey-relying-party": [
    {
      says: "a sibling",
      given: { facts: { mfa: { WebAuthnConfiguration: { RelyingPartyId: "auth.example.com" } } } },
      what: /app\.example\.com cannot use them\./,
      severity: "warning",
    },
    {
      says: "managed login's own",
      given: {
        facts: { mfa: { WebAuthnConfiguration: { RelyingPartyId: "auth.example.com" } } },
        proxy: { managedLogin: "https://auth.example.com" },
      },
      what: /managed login can/,
      severity: "note",
    },
    { says: "the domain above", given: { facts: { mfa: { WebAuthnConfiguration: { RelyingPartyId: "example.com" } } } }, what: null },
    {
      says: "a look-alike",
      given: { facts: { mfa: { WebAuthnConfiguration: { RelyingPartyId: "ample.com" } } } },
      what: /cannot use them/,
    },
    { says: "no passkeys", given: {}, what: null },
  ],
  "managed-login-session": [
    { says: "90 days", given: { facts: { clientSessions: { SSOSession: { MaxValidityMinutes: 129_600 } } } }, what: /for 90 days/ },
    { says: "a day", given: { facts: { clientSessions: { SSOSession: { MaxValidityMinutes: 1_440 } } } }, what: null },
    { says: "an hour", given: {}, what: null },
  ],
  "clock-skew": [
    { says: "behind", given: { facts: { clockAheadMs: -60_000 } }, what: /1 minute behind AWS's/, severity: "warning" },
    { says: "far ahead", given: { facts: { clockAheadMs: 300_000 } }, what: /5 minutes ahead of/, severity: "error" },
    { says: "a little off", given: { facts: { clockAheadMs: 30_000 } }, what: null },
  ],
  "header-budget": [
    { says: "more than nginx takes", given: { proxy: { cookieBudgetBytes: 8_300 } }, what: /nginx/ },
    { says: "more than API Gateway takes", given: { proxy: { cookieBudgetBytes: 9_000 } }, what: /API Gateway/ },
    { says: "a sample that does not fit", given: { facts: { sampleCookieBytes: 8_001 } }, what: /takes 8001 bytes/, severity: "error" },
    {
      says: "a sample that fits nowhere",
      given: { facts: { sampleCookieBytes: Number.POSITIVE_INFINITY } },
      what: /no number of cookies/,
      severity: "error",
    },
    { says: "a sample that fits barely", given: { facts: { sampleCookieBytes: 7_000 } }, what: /takes 7000 of 8000/, severity: "warning" },
    {
      says: "a sample that fits to the byte",
      given: { facts: { sampleCookieBytes: 8_000 } },
      what: /takes 8000 of 8000/,
      severity: "warning",
    },
    { says: "a sample with a fifth to spare", given: { facts: { sampleCookieBytes: 6_400 } }, what: null },
    { says: "as much as nginx takes", given: { proxy: { cookieBudgetBytes: 8_192 } }, what: null },
    { says: "as much as API Gateway takes with other headers", given: { proxy: { cookieBudgetBytes: 8_740 } }, what: /^(?!.*API Gateway)/ },
    { says: "a usual one", given: { facts: { sampleCookieBytes: 3_000 } }, what: null },
    {
      says: "a large one, in a shared store",
      given: { facts: { sampleCookieBytes: Number.POSITIVE_INFINITY }, proxy: { store: "shared" } },
      what: null,
    },
  ],
  "proxy-configuration": [
    { says: "faults", given: { proxy: { faults: ["SESSION_KEYS"] } }, what: /SESSION_KEYS/ },
    { says: "none", given: {}, what: null },
  ],
};

t.test("every check has its cases, one at least that it finds and one that it lets pass", (t) => {
  t.same(
    CHECKS.map(({ id }) => id),
    Object.keys(CASES),
    "in the order of the table",
  );
  for (const [id, cases] of Object.entries(CASES)) {
    t.ok(
      cases.some(({ what }) => what !== null),
      id,
    );
    t.ok(
      cases.some(({ what }) => what === null),
      id,
    );
  }
  t.end();
});

for (const [id, cases] of Object.entries(CASES))
  for (const { says, given, what, ...more } of cases)
    t.test(`${id}: ${says}`, (t) => {
      const finding = found(id, given);
      if (what === null) t.equal(finding, null);
      else t.match(finding, { id, what, ...more });
      t.end();
    });

t.test("ids are unique, and no text of the table is empty", (t) => {
  t.equal(new Set(CHECKS.map(({ id }) => id)).size, CHECKS.length);
  for (const { id, severity, finds, meaning, fix, source } of CHECK_GROUPS.flatMap(({ checks }) => checks)) {
    t.match(id, /^[a-z]+(-[a-z]+)+$/);
    t.ok(SEVERITIES.includes(severity), id);
    for (const text of [finds, meaning, fix]) t.ok(text.length > 10 && !/\s{2}/.test(text), id);
    t.match(source, /^(?:https:\/\/|docs\/)/, id);
  }
  t.end();
});

t.test("a sound client with a sound proxy has no findings, and nothing was left out", (t) => {
  t.strictSame(judgeAll(factsWith({ policy: "30d" })), { findings: [], unmade: [] });
  t.end();
});

t.test("with a client id alone, what the proxy would have to say is left out by name", (t) => {
  const { findings, unmade } = judgeAll(factsWith({ facts: { proxy: UNKNOWN, pool: null, mfa: null, poolSessions: null } }));
  t.strictSame(findings, []);
  const ids = unmade.map(({ id }) => id);
  for (const id of ["callback-url-missing", "device-remembering", "session-eviction", "passkey-relying-party", "secret-mismatch"])
    t.ok(ids.includes(id), id);
  t.end();
});

t.test("the unit smell comes first, whatever else is wrong", (t) => {
  const given = { ...refresh(30, "hours").settings, ...WIPED, EnableTokenRevocation: false };
  const { findings } = judgeAll(factsWith({ settings: given, client: CHANGED, proxy: { declaredValidityMs: 1 } }));
  t.equal(findings[0]?.id, "refresh-unit-smell");
  t.match(findings[0], {
    meaning: "Everyone who signed in on Monday at nine is out on Tuesday at three: 30 hours, not 30 days.",
    fix: "cognito-bff doctor fix --refresh-validity 30d",
  });
  const severities = findings.map(({ severity }) => SEVERITIES.indexOf(severity));
  t.same(
    severities,
    severities.toSorted((a, b) => a - b),
  );
  t.end();
});

t.test("a client of machines alone has no people whose sessions could be short", (t) => {
  const settings = { ...refresh(30, "hours").settings, AllowedOAuthFlows: ["client_credentials"], ExplicitAuthFlows: ["ALLOW_NOVEL"] };
  t.same(
    judgeAll(factsWith({ settings })).findings.map(({ id }) => id),
    ["unknown-flow"],
  );
  t.end();
});

for (const [seconds, when] of [
  [3_600, "on Monday at ten"],
  [108_000, "on Tuesday at three"],
  [54_000, "on Tuesday at midnight"],
  [3 * 3_600, "on Monday at noon"],
  [90 * 60, "on Monday at 10:30"],
  [7 * 86_400 - 9 * 3_600 - 1, "on Sunday at 23:59"],
  [7 * 86_400 - 9 * 3_600, null],
] as const)
  t.test(`${seconds} s after Monday at nine`, (t) => {
    t.equal(afterMondayAtNine(seconds), when);
    t.end();
  });
