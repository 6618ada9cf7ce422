/** What an alert `misconfigured` says happened. */
export interface Mistake {
  readonly operation?: string;
  readonly problem?: string;
}

const IDENTITY = "COGNITO_USER_POOL_ID or COGNITO_CLIENT_ID";
/** Nothing in the environment: the app client, a Lambda trigger, or the API's own app. The log line says what. */
const ELSEWHERE = "none";

/**
 * The setting to look at first, by what Cognito said: of the user pools API, as src/cognito/refusals.ts reads it, and of the token endpoint, whose
 * words are those of RFC 6749 5.2. Each is a label of a metric, so there are as many as stand here.
 */
const BY_PROBLEM = {
  wrong_secret: "COGNITO_CLIENT_SECRET",
  // Cognito says the same of an unknown client and of a wrong secret.
  invalid_client: "COGNITO_CLIENT_SECRET or COGNITO_CLIENT_ID",
  wrong_client: "COGNITO_CLIENT_ID",
  unauthorized_client: "COGNITO_CLIENT_ID",
  invalid_scope: "COGNITO_SCOPES",
  flow_not_enabled: "COGNITO_REFRESH_API",
  "no ID token: the scope openid is missing": "COGNITO_SCOPES",
  "a session of another user pool or app client came": IDENTITY,
  "the tokens of a sign-in are not good": IDENTITY,
  "a refreshed token is not good": IDENTITY,
  settings: IDENTITY,
} as const;

/** The address that keys are fetched from follows from these. */
const OF_KEYS = "COGNITO_ENDPOINT, COGNITO_USER_POOL_ID or HTTPS_PROXY";
const OF_API_TOKEN = "PROXY_ROUTES";

export const SUSPECTS: readonly string[] = [...new Set<string>([...Object.values(BY_PROBLEM), OF_KEYS, OF_API_TOKEN, ELSEWHERE])];

function isKnown(problem: string): problem is keyof typeof BY_PROBLEM {
  return Object.hasOwn(BY_PROBLEM, problem);
}

/** Which variable is probably wrong. */
export function suspectOf({ operation, problem = "" }: Mistake): string {
  if (operation === "keys") return OF_KEYS;
  if (/^Cognito issues no \w+ token$/.test(problem)) return OF_API_TOKEN;
  return isKnown(problem) ? BY_PROBLEM[problem] : ELSEWHERE;
}
