import { createHash, randomBytes } from "node:crypto";
import type { Secret } from "./secret.js";
import type { Claims, TokenSet } from "./token-set.js";

declare const brand: unique symbol;

/** 16 random bytes as base64url: 22 characters. */
export type SessionId = string & { readonly [brand]: "SessionId" };

export const SESSION_ID_BYTES = 16;

export function createSessionId(): SessionId {
  return randomBytes(SESSION_ID_BYTES).toString("base64url") as SessionId;
}

/** Parses the 16 bytes of a session id. */
export function sessionIdFromBytes(bytes: Uint8Array): SessionId {
  if (bytes.length !== SESSION_ID_BYTES) throw new RangeError("a session id has 16 bytes");
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url") as SessionId;
}

/** A session's id in a text of the wire; null where it is none. */
export function sessionIdIn(text: string): SessionId | null {
  const bytes = Buffer.from(text, "base64url");
  return bytes.length === SESSION_ID_BYTES ? sessionIdFromBytes(bytes) : null;
}

/** What may be said of a session in a log: enough to follow one, useless for opening it. */
export function sessionPseudonym(id: SessionId): string {
  return createHash("sha256").update(id).digest("hex").slice(0, 16);
}

/** Which browser on which system, in words; null where it does not say, or nobody knows it. */
export interface UserAgent {
  readonly browser: string | null;
  readonly system: string | null;
}

/** A person's session in one browser. Immutable: each change makes a new one with a higher version. */
export interface Session {
  readonly id: SessionId;
  readonly userPoolId: string;
  readonly clientId: string;
  readonly subject: string;
  /** The canonical username (`cognito:username`), which SECRET_HASH is made with; not what the person typed. */
  readonly username: string;
  /** Mandatory at refresh where the pool remembers devices. */
  readonly deviceKey: string | null;
  /** What signed in, where the store keeps it; null elsewhere. */
  readonly userAgent: UserAgent | null;
  /** Verified tokens: the ones calls carry. */
  readonly tokens: TokenSet;
  /** A newer set whose signature could not be checked yet: kept, so that a rotated refresh token is not lost, but never used for a call. */
  readonly unverified: TokenSet | null;
  readonly startedAtMs: number;
  readonly lastSeenAtMs: number;
  /** When Cognito last issued tokens, by our clock. */
  readonly refreshedAtMs: number;
  /** Counts the token sets received. */
  readonly version: number;
}

/** The newest refresh token the session holds: the only one Cognito may still accept once rotation is on. */
export function newestRefreshToken(session: Session): Secret {
  return (session.unverified ?? session.tokens).refresh;
}

/** Whether `a` holds tokens that Cognito issued after those of `b`. Activity, and a set now verified, make no newer tokens. */
export function hasNewerTokens(a: Session, b: Session): boolean {
  return a.version === b.version ? a.refreshedAtMs > b.refreshedAtMs : a.version > b.version;
}

/** Whether `a` knows more than `b` of the same session: newer tokens, the same ones verified, or later activity. */
export function isNewer(a: Session, b: Session): boolean {
  if (hasNewerTokens(a, b)) return true;
  if (hasNewerTokens(b, a)) return false;
  // Verifying a set changes neither version nor time.
  if ((a.unverified === null) !== (b.unverified === null)) return a.unverified === null;
  return a.lastSeenAtMs > b.lastSeenAtMs;
}

/** What two versions of one session know together: the newer one's tokens, and the later activity, which a refresh must not undo. */
export function mergeSessions(a: Session, b: Session): Session {
  const newer = isNewer(a, b) ? a : b;
  const lastSeenAtMs = Math.max(a.lastSeenAtMs, b.lastSeenAtMs);
  return newer.lastSeenAtMs === lastSeenAtMs ? newer : { ...newer, lastSeenAtMs };
}

/**
 * Whom verified ID claims speak of.
 * @throws RangeError where `sub` is missing.
 */
export function identityOf(claims: Claims): { subject: string; username: string } {
  const subject = claims["sub"];
  if (typeof subject !== "string" || subject === "") throw new RangeError("the ID token has no sub");
  const username = claims["cognito:username"];
  return { subject, username: typeof username === "string" ? username : subject };
}

/** When the person signed in for a session, in seconds of Cognito's clock. */
export function authTimeOf({ tokens }: Session): number | null {
  const authTime = tokens.claims["auth_time"];
  return typeof authTime === "number" ? authTime : null;
}
