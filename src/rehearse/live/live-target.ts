import { type ConfigFault, type Environment, givenByEnvironment, type ReadFile, readTextFile } from "../../config/given-settings.js";
import { decodeAs, type Kind } from "../../config/kinds/kind.js";
import { SETTINGS, type SettingName } from "../../config/settings/settings.js";
import type { LiveTarget } from "./live-pool.js";

/** What the command line says in place of the environment. */
export interface TargetFlags {
  readonly userPoolId: string | null;
  readonly clientId: string | null;
  readonly endpoint: string | null;
  readonly region: string | null;
  readonly profile: string | null;
}

export type TargetReading =
  | { readonly kind: "target"; readonly target: LiveTarget; readonly refreshApi: "auto" | "initiate_auth" | "get_tokens" }
  | { readonly kind: "faults"; readonly faults: readonly ConfigFault[] };

/** Reads the few settings that a user pool is found by; the proxy's others need not be there. */
export function readTarget(env: Environment, flags: TargetFlags, readFile: ReadFile = readTextFile): TargetReading {
  const given = givenByEnvironment(env, readFile);
  const faults: ConfigFault[] = [];
  const read = <T>(name: SettingName, kind: Kind<unknown, T>, flag: string | null = null): T | null => {
    const raw = flag ?? given.values.get(name)?.raw;
    if (raw === undefined) return null;
    const decoded = decodeAs(kind, raw);
    if (decoded.kind === "value") return decoded.value;
    faults.push(...decoded.complaints.map(({ expected }) => ({ name, expected })));
    return null;
  };
  const poolId = read("COGNITO_USER_POOL_ID", SETTINGS.COGNITO_USER_POOL_ID.kind, flags.userPoolId);
  const clientId = read("COGNITO_CLIENT_ID", SETTINGS.COGNITO_CLIENT_ID.kind, flags.clientId);
  const endpoint = read("COGNITO_ENDPOINT", SETTINGS.COGNITO_ENDPOINT.kind, flags.endpoint);
  const refreshApi = read("COGNITO_REFRESH_API", SETTINGS.COGNITO_REFRESH_API.kind) ?? "auto";
  const missing = (name: SettingName, flag: string) =>
    faults.some((fault) => fault.name === name) ? [] : [{ name, expected: `a value, or ${flag} on the command line` }];
  if (poolId === null) faults.push(...missing("COGNITO_USER_POOL_ID", "--user-pool-id"));
  if (clientId === null) faults.push(...missing("COGNITO_CLIENT_ID", "--client-id"));
  if (poolId === null || clientId === null || faults.length > 0) return { kind: "faults", faults };
  // What the SDK itself reads where AWS's credentials are variables.
  const expiration = Date.parse(env["AWS_CREDENTIAL_EXPIRATION"] ?? "");
  const emulatorCredentialsEnd = Number.isNaN(expiration) ? null : new Date(expiration);
  const region = flags.region ?? poolId.replace(/_.*$/, "");
  return { kind: "target", refreshApi, target: { poolId, clientId, region, profile: flags.profile, endpoint, emulatorCredentialsEnd } };
}
