import { type AppClient, type ClientSettings, parseAppClient } from "../../src/doctor/app-client.js";
import { CHECKS } from "../../src/doctor/checks/checks.js";
import { type Facts, type ProxyFacts, UNKNOWN_PROXY } from "../../src/doctor/facts.js";
import type { Finding } from "../../src/doctor/finding.js";
import { parsePolicy } from "../../src/doctor/policy.js";

const POOL_ID = "eu-central-1_Example01";

/** Settings of which no check has anything to say. */
export const SOUND: ClientSettings = {
  ClientName: "shop",
  RefreshTokenValidity: 30,
  AccessTokenValidity: 1,
  IdTokenValidity: 1,
  TokenValidityUnits: { RefreshToken: "days", AccessToken: "hours", IdToken: "hours" },
  ExplicitAuthFlows: ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
  SupportedIdentityProviders: ["COGNITO"],
  CallbackURLs: ["https://app.example.com/auth/callback"],
  LogoutURLs: ["https://app.example.com/"],
  AllowedOAuthFlowsUserPoolClient: true,
  AllowedOAuthFlows: ["code"],
  AllowedOAuthScopes: ["openid", "email", "aws.cognito.signin.user.admin"],
  PreventUserExistenceErrors: "ENABLED",
  EnableTokenRevocation: true,
  EnablePropagateAdditionalUserContextData: true,
};

/** A whole proxy in front of that client. */
export const SOUND_PROXY: ProxyFacts = {
  publicUrl: "https://app.example.com",
  callbackUrl: "https://app.example.com/auth/callback",
  signOutUrl: "https://app.example.com/",
  managedLogin: "https://shop.auth.eu-central-1.amazoncognito.com",
  scopes: ["openid", "email", "aws.cognito.signin.user.admin"],
  refreshApi: "auto",
  declaredValidityMs: 30 * 86_400_000,
  declaresValidity: true,
  sessionMaxAgeMs: 86_400_000,
  store: "cookie",
  confidential: true,
  cookieBudgetBytes: 8_000,
  faults: [],
};

export interface GivenFacts {
  readonly settings?: Partial<Record<keyof ClientSettings, unknown>>;
  readonly client?: Partial<AppClient>;
  readonly proxy?: Partial<ProxyFacts>;
  readonly facts?: Partial<Facts>;
  readonly policy?: string;
}

/** Facts of which nothing is wrong but what is given. A setting that is `undefined` is left out. */
export function factsWith({ settings = {}, client = {}, proxy = {}, facts = {}, policy }: GivenFacts): Facts {
  const reading = policy === undefined ? null : parsePolicy(policy);
  if (reading?.kind === "fault") throw new Error(reading.why);
  return {
    client: {
      ...parseAppClient({ ...SOUND, ...settings, UserPoolId: POOL_ID, ClientId: "client", ClientSecret: "x".repeat(30) }),
      ...client,
    },
    pool: { Id: POOL_ID, Domain: "shop" },
    mfa: {},
    domain: { Domain: "shop", UserPoolId: POOL_ID, Status: "ACTIVE" },
    poolSessions: { UserSessionTracking: "DISABLED" },
    clientSessions: { SSOSession: { MaxValidityMinutes: 60 } },
    clockAheadMs: 0,
    proxy: { ...SOUND_PROXY, ...proxy },
    policy: reading?.policy ?? null,
    replicas: 1,
    sampleCookieBytes: null,
    ...facts,
  };
}

export const UNKNOWN = UNKNOWN_PROXY;

/** What one check finds; null: it could not be made. */
export function found(id: string, given: GivenFacts): Finding | null | "unmade" {
  const check = CHECKS.find((each) => each.id === id);
  if (check === undefined) throw new Error(`there is no check ${id}`);
  const findings = check.judge(factsWith(given));
  return findings === null ? "unmade" : (findings[0] ?? null);
}
