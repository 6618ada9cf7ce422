import { randomBytes, timingSafeEqual } from "node:crypto";
import { SESSION_ID_BYTES, type SessionId, sessionIdFromBytes } from "../model/session.js";
import { ByteReader, ByteWriter } from "../store/byte-string.js";
import type { Sealer } from "../store/sealing.js";

const STATE_BYTES = 24;
const NONCE_BYTES = 16;
const VERIFIER_BYTES = 32;
const ID = /^[A-Za-z0-9_-]{8}$/;

/** How a sign-in comes back. */
export type Display = "page" | "popup";

/** One sign-in under way in one browser tab; sealed in a cookie of its own, so that tabs do not disturb each other. */
export interface LoginTransaction {
  /** Names the cookie. */
  readonly id: string;
  /** `<id>.<secret>`, bound to this browser by the cookie (RFC 9700, 4.7). */
  readonly state: string;
  readonly nonce: string;
  /** RFC 7636 4.1: 43 characters. */
  readonly codeVerifier: string;
  readonly returnTo: string;
  readonly display: Display;
  /** The session this browser had when it began; the Strict cookie is not there when Cognito sends the browser back. */
  readonly previous: SessionId | null;
  readonly begunAtMs: number;
}

/** A cookie lives for an hour, and so does what it holds. */
export const LOGIN_LIFETIME_MS = 60 * 60 * 1000;

export function beginLogin(options: Pick<LoginTransaction, "returnTo" | "display" | "previous" | "begunAtMs">): LoginTransaction {
  const id = randomBytes(6).toString("base64url");
  return {
    ...options,
    id,
    state: `${id}.${randomBytes(STATE_BYTES).toString("base64url")}`,
    nonce: randomBytes(NONCE_BYTES).toString("base64url"),
    codeVerifier: randomBytes(VERIFIER_BYTES).toString("base64url"),
  };
}

export function sealLogin(transaction: LoginTransaction, sealer: Sealer): string {
  const secret = transaction.state.slice(transaction.id.length + 1);
  const writer = new ByteWriter()
    .text(transaction.id)
    .raw(Buffer.from(secret, "base64url"))
    .raw(Buffer.from(transaction.nonce, "base64url"))
    .raw(Buffer.from(transaction.codeVerifier, "base64url"))
    .uint48(transaction.begunAtMs)
    .uint8(transaction.display === "popup" ? 1 : 0)
    .bytes(transaction.previous ? Buffer.from(transaction.previous, "base64url") : Buffer.alloc(0))
    .text(transaction.returnTo);
  return sealer.seal("login", writer.finish());
}

/** The transaction of a cookie; null where it is damaged, too old, or stands under another's name. */
export function openLogin(id: string, sealed: string, sealer: Sealer, nowMs: number): LoginTransaction | null {
  const opened = sealer.open("login", sealed);
  if (opened.kind === "invalid") return null;
  try {
    const reader = new ByteReader(opened.plaintext);
    const sealedId = reader.text();
    const secret = reader.raw(STATE_BYTES).toString("base64url");
    const nonce = reader.raw(NONCE_BYTES).toString("base64url");
    const codeVerifier = reader.raw(VERIFIER_BYTES).toString("base64url");
    const begunAtMs = reader.uint48();
    const display = reader.uint8() === 1 ? "popup" : "page";
    const previous = reader.bytes();
    const returnTo = reader.text();
    if (sealedId !== id || nowMs - begunAtMs > LOGIN_LIFETIME_MS) return null;
    return {
      id,
      state: `${id}.${secret}`,
      nonce,
      codeVerifier,
      begunAtMs,
      display,
      returnTo,
      previous: previous.length === SESSION_ID_BYTES ? sessionIdFromBytes(previous) : null,
    };
  } catch {
    return null;
  }
}

/** The transaction a state parameter names; null where it cannot be one of ours. */
export function loginIdOfState(state: string): string | null {
  const id = state.slice(0, 8);
  return ID.test(id) && state[8] === "." ? id : null;
}

export function isSameState(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
