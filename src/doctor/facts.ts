import type {
  DomainDescriptionType,
  GetUserPoolClientSessionConfigurationResponse,
  GetUserPoolMfaConfigResponse,
  GetUserPoolSessionConfigurationResponse,
  UserPoolType,
} from "@aws-sdk/client-cognito-identity-provider";
import type { AppClient } from "./app-client.js";
import type { LifetimePolicy } from "./policy.js";

/** What there is to judge. Null: not known, and then what needs it is not judged. */
export interface Facts {
  readonly client: AppClient;
  readonly pool: UserPoolType | null;
  readonly mfa: GetUserPoolMfaConfigResponse | null;
  readonly domain: DomainDescriptionType | null;
  readonly poolSessions: GetUserPoolSessionConfigurationResponse | null;
  readonly clientSessions: GetUserPoolClientSessionConfigurationResponse | null;
  readonly clockAheadMs: number | null;
  readonly proxy: ProxyFacts;
  /** What was asked for; null: nobody said. */
  readonly policy: LifetimePolicy | null;
  /** How many processes of the proxy there are. */
  readonly replicas: number | null;
  /** How long the session cookie of a sample token is, in bytes of the Cookie header. */
  readonly sampleCookieBytes: number | null;
}

/** What is known of the proxy's own configuration. */
export interface ProxyFacts {
  readonly publicUrl: string | null;
  readonly callbackUrl: string | null;
  readonly signOutUrl: string | null;
  /** Base of managed login. */
  readonly managedLogin: string | null;
  readonly scopes: readonly string[] | null;
  readonly refreshApi: "auto" | "initiate_auth" | "get_tokens" | null;
  readonly declaredValidityMs: number | null;
  /** Whether a whole configuration says it. */
  readonly declaresValidity: boolean | null;
  readonly sessionMaxAgeMs: number | null;
  readonly store: "cookie" | "shared" | null;
  /** Whether it has a client secret to send. */
  readonly confidential: boolean | null;
  readonly cookieBudgetBytes: number | null;
  /** Names of settings that `start` would refuse, of a configuration that somebody began to write. */
  readonly faults: readonly string[];
}

/** Of a deployment that nobody told anything about. */
export const UNKNOWN_PROXY: ProxyFacts = {
  publicUrl: null,
  callbackUrl: null,
  signOutUrl: null,
  managedLogin: null,
  scopes: null,
  refreshApi: null,
  declaredValidityMs: null,
  declaresValidity: null,
  sessionMaxAgeMs: null,
  store: null,
  confidential: null,
  cookieBudgetBytes: null,
  faults: [],
};
