import type { JsonObject } from "../common/json.js";
import type { SigningKeys } from "../common/signing-keys.js";
import type { PasswordHash } from "./password.js";

/** Where a user stands; the names are the API's UserStatusType. */
export type UserStatus = "UNCONFIRMED" | "CONFIRMED" | "RESET_REQUIRED" | "FORCE_CHANGE_PASSWORD";

/** A user. `username` is the canonical one: it never changes and is what SECRET_HASH is computed over on refresh. */
export interface User {
  readonly username: string;
  readonly sub: string;
  readonly attributes: Map<string, string>;
  readonly groups: Set<string>;
  readonly createdAtMs: number;
  modifiedAtMs: number;
  enabled: boolean;
  status: UserStatus;
  password: PasswordHash | null;
  passwordSetAtMs: number;
}

export interface Group {
  readonly name: string;
  readonly description: string | undefined;
  readonly roleArn: string | undefined;
  readonly precedence: number | undefined;
  readonly createdAtMs: number;
}

/** Session tracking of a pool. It is kept and told, not acted on: no sign-in here ends another session. */
export interface SessionTracking {
  readonly tracking: "ENABLED" | "DISABLED";
  readonly maxPerUser: number;
}

/** Somebody whose name and password the sign-in page shows. */
export interface ShownUser {
  readonly username: string;
  readonly password: string;
}

export interface UserPool {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
  /** What CreateUserPool was given, as given: DescribeUserPool returns it. */
  readonly settings: JsonObject;
  readonly usernameAttributes: readonly string[];
  readonly aliasAttributes: readonly string[];
  readonly caseSensitive: boolean;
  /** With device remembering on, a refresh must name the confirmed device. */
  readonly remembersDevices: boolean;
  readonly keys: SigningKeys;
  sessionTracking: SessionTracking;
  /** What SetUserPoolMfaConfig was given; kept and told, not acted on. */
  mfa: JsonObject;
  /** Of a demo alone. */
  shownUser: ShownUser | null;
  readonly users: Map<string, User>;
  readonly groups: Map<string, Group>;
}

// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-locations.html: pool ids start with their Region.
/** The Region a pool id names. */
export function regionOf(poolId: string): string {
  return poolId.slice(0, poolId.indexOf("_"));
}

/** The group names of a user, the most important (lowest precedence) first. */
export function groupsOf(pool: UserPool, user: User): readonly Group[] {
  const groups = [...user.groups].flatMap((name) => pool.groups.get(name) ?? []);
  return groups.sort((a, b) => (a.precedence ?? Number.MAX_SAFE_INTEGER) - (b.precedence ?? Number.MAX_SAFE_INTEGER));
}
