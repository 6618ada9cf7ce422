import { type Environment, givenByEnvironment, type ReadFile, readTextFile } from "../config/given-settings.js";
import { decodeAs, type Kind } from "../config/kinds/kind.js";
import { parseEnvironment } from "../config/parse-config.js";
import { SETTINGS, type SettingName } from "../config/settings/settings.js";
import { createWayOut, type WayOut } from "../network/way-out.js";
import { AUTH_PATHS } from "../wire/paths.js";
import type { ProxyFacts } from "./facts.js";

/** Where the app client is, and what is known of the proxy in front of it. */
export interface Given {
  readonly poolId: string | null;
  readonly clientId: string | null;
  readonly endpoint: string | null;
  /** What says where to look, and cannot be understood: nobody may look elsewhere instead. */
  readonly misread: readonly { readonly name: string; readonly expected: string }[];
  /** HTTPS_PROXY and NO_PROXY. */
  readonly wayOut: WayOut;
  readonly proxy: ProxyFacts;
}

/** Settings that say where to look, and of which nobody can conclude that this is where the proxy runs. */
const ADDRESSES: ReadonlySet<string> = new Set([
  "COGNITO_USER_POOL_ID",
  "COGNITO_CLIENT_ID",
  "COGNITO_ENDPOINT",
  "HTTPS_PROXY",
  "NO_PROXY",
]);
/** The same, and the address that redirects lead to. */
const WHERE: ReadonlySet<string> = new Set([...ADDRESSES, "PUBLIC_URL"]);

/**
 * Reads what the environment says of the proxy, each setting by itself: the doctor is asked on laptops, too, where a configuration is half there.
 * Defaults count as soon as PUBLIC_URL is set; before that, nobody has spoken of a deployment.
 */
export function readProxyFacts(env: Environment, readFile: ReadFile = readTextFile): Given {
  const given = givenByEnvironment(env, readFile);
  const isDeployment = given.values.has("PUBLIC_URL");

  const misread = given.faults
    .filter(({ name }) => WHERE.has(name.replace(/_FILE$/, "")))
    .map(({ name, expected }) => ({ name, expected }));

  function read<T>(name: SettingName, kind: Kind<unknown, T>, defaultCounts = isDeployment): T | null {
    const { absence } = SETTINGS[name];
    const fallback = defaultCounts && absence.kind === "default" ? absence.text : undefined;
    const raw = given.values.get(name)?.raw ?? fallback;
    if (raw === undefined || given.unreadable.has(name)) return null;
    const decoded = decodeAs(kind, raw);
    if (decoded.kind === "value") return decoded.value;
    if (WHERE.has(name)) misread.push({ name, expected: kind.expected });
    return null;
  }

  const publicUrl = read("PUBLIC_URL", SETTINGS.PUBLIC_URL.kind);
  const managedLogin = read("COGNITO_DOMAIN", SETTINGS.COGNITO_DOMAIN.kind);
  const authPrefix = read("AUTH_PREFIX", SETTINGS.AUTH_PREFIX.kind);
  const httpsProxy = read("HTTPS_PROXY", SETTINGS.HTTPS_PROXY.kind);
  const store = read("SESSION_STORE", SETTINGS.SESSION_STORE.kind);
  const parsing = parseEnvironment(env, { readFile });
  const speaksOfProxy = [...given.values.keys()].some((name) => !ADDRESSES.has(name));
  const facts: Omit<Given, "misread"> = {
    poolId: read("COGNITO_USER_POOL_ID", SETTINGS.COGNITO_USER_POOL_ID.kind),
    clientId: read("COGNITO_CLIENT_ID", SETTINGS.COGNITO_CLIENT_ID.kind),
    endpoint: read("COGNITO_ENDPOINT", SETTINGS.COGNITO_ENDPOINT.kind),
    wayOut: createWayOut(httpsProxy === null ? null : new URL(httpsProxy.reveal()), read("NO_PROXY", SETTINGS.NO_PROXY.kind)),
    proxy: {
      publicUrl,
      callbackUrl: publicUrl === null || authPrefix === null ? null : `${publicUrl}${authPrefix}${AUTH_PATHS.callback}`,
      signOutUrl: publicUrl === null ? null : `${publicUrl}/`,
      managedLogin,
      scopes: read("COGNITO_SCOPES", SETTINGS.COGNITO_SCOPES.kind),
      refreshApi: read("COGNITO_REFRESH_API", SETTINGS.COGNITO_REFRESH_API.kind),
      declaredValidityMs: read("COGNITO_REFRESH_TOKEN_VALIDITY", SETTINGS.COGNITO_REFRESH_TOKEN_VALIDITY.kind),
      sessionMaxAgeMs: read("SESSION_MAX_AGE", SETTINGS.SESSION_MAX_AGE.kind),
      store: store === null ? null : store.kind === "cookie" ? "cookie" : "shared",
      // Whether there is a secret, and no validity, is a part of a whole configuration alone: elsewhere they are simply not at hand.
      confidential: parsing.kind === "config" ? parsing.config.cognitoClientSecrets.length > 0 : null,
      declaresValidity: parsing.kind === "config" ? parsing.config.cognitoRefreshTokenValidityMs !== null : null,
      cookieBudgetBytes: read("COOKIE_HEADER_BUDGET", SETTINGS.COOKIE_HEADER_BUDGET.kind, true),
      faults: parsing.kind === "faults" && speaksOfProxy ? [...new Set(parsing.faults.map(({ name }) => name))] : [],
    },
  };
  return { ...facts, misread };
}
