import { randomBytes } from "node:crypto";
import type { Pinning } from "./child.js";
import type { Probe } from "./probe.js";

/** What every contestant stands before, and where it may run. */
export interface Arena {
  /** The API, without a slash at the end. */
  readonly upstream: string;
  readonly pinning: Pinning;
  /** Where CPU profiles go; null: none are made. */
  readonly profile: string | null;
}

/** A proxy that takes calls. */
export interface Running {
  readonly pid: number;
  /** What can be asked of it from within; null where it is no Node.js. */
  readonly probe: Probe | null;
  /** Without a slash at the end; calls go to `/api/x` below it. */
  readonly url: string;
  /** Cookie headers, one for each session; calls take them in turn. */
  readonly cookies: readonly string[];
  /** Where its sessions are kept in a Redis; absent: they are not. */
  readonly storePort?: number;
  stop(): Promise<void>;
}

export interface Contestant {
  readonly title: string;
  /** Why it cannot run here; null: it can. */
  missing(): string | null;
  start(arena: Arena): Promise<Running>;
}

/*
 * What has no session carries as many bytes each way as ours: a cookie of this length comes in and stays there, and a token of that length goes to the
 * API: the tokens are those of local Cognito. test/bench/header-bytes.alone.test.ts holds that, within a tenth.
 */
const COOKIE_BYTES = 2_700;
const TOKEN_BYTES = 1_380;

/** Letters, digits, `-` and `_`. */
const randomText = (length: number) => randomBytes(length).toString("base64url").slice(0, length);

/** A Cookie header as long as ours. */
export function foreignCookie(): string {
  return filledUp("session=1");
}

/** The same cookies, and one more that makes them as long as ours. */
export function filledUp(cookies: string): string {
  const start = `${cookies}; other=`;
  return start + randomText(COOKIE_BYTES - start.length);
}

/** What goes to the API in the Authorization header. */
export function foreignAuthorization(): string {
  return `Bearer ${randomText(TOKEN_BYTES)}`;
}
