import { randomBytes } from "node:crypto";
import { ByteReader, ByteWriter } from "../../store/byte-string.js";
import type { Sealer } from "../../store/sealing.js";
import type { Display } from "../problem/problem.js";
import { shortenReturnPath } from "../problem/return-path.js";

const ID_BYTES = 6;
const SECRET_BYTES = 16;
/** A state travels through Cognito, and inside Cognito's own state through an identity provider: long ones get lost on the way. */
const LONGEST_PATH_BYTES = 256;
/** More than any of ours: nothing longer is looked at. */
const LONGEST_STATE = 1024;

/**
 * What the `state` parameter carries, sealed. The secret is bound to this browser by the login cookie (RFC 9700, 4.7). The rest is for the case
 * that the cookie is gone: then it tells that the sign-in was one of ours, and where its person wanted to go. It authorises nothing.
 */
export interface LoginState {
  /** Names the cookie: 8 characters. */
  readonly id: string;
  readonly secret: string;
  readonly returnTo: string;
  readonly display: Display;
}

export function createState(returnTo: string, display: Display): LoginState {
  return { id: randomBytes(ID_BYTES).toString("base64url"), secret: randomBytes(SECRET_BYTES).toString("base64url"), returnTo, display };
}

export function writeState(writer: ByteWriter, { id, secret, returnTo, display }: LoginState): ByteWriter {
  return writer
    .raw(Buffer.from(id, "base64url"))
    .raw(Buffer.from(secret, "base64url"))
    .uint8(display === "popup" ? 1 : 0)
    .text(returnTo);
}

/** @throws RangeError where the bytes end too early. */
export function readState(reader: ByteReader): LoginState {
  return {
    id: reader.raw(ID_BYTES).toString("base64url"),
    secret: reader.raw(SECRET_BYTES).toString("base64url"),
    display: reader.uint8() === 1 ? "popup" : "page",
    returnTo: reader.text(),
  };
}

/** The `state` parameter. */
export function sealState(state: LoginState, sealer: Sealer): string {
  const returnTo = shortenReturnPath(state.returnTo, LONGEST_PATH_BYTES);
  return sealer.seal("state", writeState(new ByteWriter(), { ...state, returnTo }).finish());
}

/** What a `state` parameter carries; null where it is none of ours. */
export function openState(sealed: string, sealer: Sealer): LoginState | null {
  if (sealed.length > LONGEST_STATE) return null;
  const opened = sealer.open("state", sealed);
  if (opened.kind === "invalid") return null;
  try {
    return readState(new ByteReader(opened.plaintext));
  } catch {
    return null;
  }
}
