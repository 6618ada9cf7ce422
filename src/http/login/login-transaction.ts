import { randomBytes, timingSafeEqual } from "node:crypto";
import { SESSION_ID_BYTES, type SessionId, sessionIdFromBytes } from "../../model/session.js";
import type { Beginning, Demand } from "../../session/demand.js";
import { ByteReader, ByteWriter } from "../../store/byte-string.js";
import type { Sealer } from "../../store/sealing.js";
import { createState, type LoginState, readState, writeState } from "./login-state.js";

const NONCE_BYTES = 16;
const VERIFIER_BYTES = 32;
const DEMANDED = 1;
const DEMANDED_AFTER = 2;

/** One sign-in under way in one browser tab; sealed in a cookie of its own, so that tabs do not disturb each other. */
export interface LoginTransaction extends LoginState, Beginning {
  readonly nonce: string;
  /** RFC 7636 4.1: 43 characters. */
  readonly codeVerifier: string;
  /** The session this browser had when it began; the Strict cookie is not there when Cognito sends the browser back. */
  readonly previous: SessionId | null;
  /** What the sign-in has to be, whatever becomes of the address that asks for it; null where any will do. */
  readonly demand: Demand | null;
}

/** The browser drops the cookie by its own clock, after an hour. */
export const LOGIN_COOKIE_MS = 60 * 60 * 1000;
/**
 * What it holds is refused beyond a day, either way: the process that the person comes back to may have another clock than the one they left
 * from, and a difference of hours must not keep anybody out.
 */
export const LOGIN_REFUSED_BEYOND_MS = 24 * 60 * 60 * 1000;
/** Below it the difference of two clocks is nobody's business. */
const CLOCK_TOLERANCE_MS = 60 * 1000;

export function beginLogin({
  returnTo,
  display,
  ...rest
}: Pick<LoginTransaction, "returnTo" | "display" | "previous" | "demand" | keyof Beginning>): LoginTransaction {
  return {
    ...createState(returnTo, display),
    ...rest,
    nonce: randomBytes(NONCE_BYTES).toString("base64url"),
    codeVerifier: randomBytes(VERIFIER_BYTES).toString("base64url"),
  };
}

export function sealLogin(transaction: LoginTransaction, sealer: Sealer): string {
  const writer = writeState(new ByteWriter(), transaction)
    .raw(Buffer.from(transaction.nonce, "base64url"))
    .raw(Buffer.from(transaction.codeVerifier, "base64url"))
    .uint48(transaction.begunAtMs)
    .bytes(transaction.previous ? Buffer.from(transaction.previous, "base64url") : Buffer.alloc(0))
    .uint8(transaction.demand ? (transaction.demand.newerThanSeconds === null ? DEMANDED : DEMANDED_AFTER) : 0)
    .uint48(transaction.demand?.newerThanSeconds ?? 0)
    .uint48(transaction.begunForCognitoMs ?? 0);
  return sealer.seal("login", writer.finish());
}

/** Whether a transaction may still be answered. */
export function isOfThisTime({ begunAtMs }: Pick<LoginTransaction, "begunAtMs">, nowMs: number): boolean {
  return Math.abs(nowMs - begunAtMs) <= LOGIN_REFUSED_BEYOND_MS;
}

/** How far the clock it was begun by must be ahead of this one, since the browser drops its cookie after an hour; 0 where nothing shows that they differ. */
export function clockDifferenceMs({ begunAtMs }: Pick<LoginTransaction, "begunAtMs">, nowMs: number): number {
  const aheadMs = begunAtMs - nowMs;
  return aheadMs > CLOCK_TOLERANCE_MS || -aheadMs > LOGIN_COOKIE_MS + CLOCK_TOLERANCE_MS ? aheadMs : 0;
}

/** The transaction of a cookie, of whatever time; null where it is damaged, or stands under another's name. */
export function openLogin(id: string, sealed: string, sealer: Sealer): LoginTransaction | null {
  const opened = sealer.open("login", sealed);
  if (opened.kind === "invalid") return null;
  try {
    const reader = new ByteReader(opened.plaintext);
    const state = readState(reader);
    const nonce = reader.raw(NONCE_BYTES).toString("base64url");
    const codeVerifier = reader.raw(VERIFIER_BYTES).toString("base64url");
    const begunAtMs = reader.uint48();
    const previous = reader.bytes();
    const demanded = reader.uint8();
    const newerThanSeconds = reader.uint48();
    // Those of earlier releases end here.
    const begunForCognitoMs = (reader.rest() > 0 && reader.uint48()) || null;
    const beginning = { begunAtMs, begunForCognitoMs };
    if (state.id !== id) return null;
    return {
      ...state,
      nonce,
      codeVerifier,
      ...beginning,
      demand: demanded === 0 ? null : { newerThanSeconds: demanded === DEMANDED_AFTER ? newerThanSeconds : null, ...beginning },
      previous: previous.length === SESSION_ID_BYTES ? sessionIdFromBytes(previous) : null,
    };
  } catch {
    return null;
  }
}

/** Whether the answer that brought this state is to this transaction. */
export function isAnswerTo(transaction: LoginTransaction, state: LoginState): boolean {
  const [ours, theirs] = [Buffer.from(transaction.secret), Buffer.from(state.secret)];
  return transaction.id === state.id && ours.length === theirs.length && timingSafeEqual(ours, theirs);
}
