import { SESSION_ID_BYTES, type Session, type SessionId } from "../../model/session.js";
import type { Sealer } from "../sealing.js";
import { decodeSession, encodeSession } from "../session-codec.js";
import { DICTIONARY } from "../token-packing.js";

/*
 * A session as the store has it, sealed with a purpose of its own, so that nothing in a dump can be put into a cookie:
 *
 *   layout (1 byte) | the session (session-codec.ts)
 *
 * A release reads the next layout before any writes it.
 */

const LAYOUT = 1;

export interface Records {
  seal(session: Session): string;
  /**
   * @param lastSeenAtMs the latest activity, which is written beside it.
   * @throws where it cannot be opened: another key, a newer release, or the record of another session. The server is wrong, and nobody is signed out.
   */
  open(id: SessionId, sealed: string, lastSeenAtMs: number): Session;
}

export function createRecords(sealer: Sealer): Records {
  return {
    seal: (session) => sealer.seal("record", Buffer.concat([Uint8Array.of(LAYOUT), encodeSession(session)]), DICTIONARY),
    open(id, sealed, lastSeenAtMs) {
      const opened = sealer.open("record", sealed);
      if (opened.kind === "invalid") throw new Error(`a session's record cannot be opened: ${opened.cause}`);
      const { plaintext, dictionary } = opened;
      if (plaintext.length <= SESSION_ID_BYTES || plaintext.readUInt8(0) !== LAYOUT)
        throw new Error("a session's record is of another release");
      const session = decodeSession(plaintext.subarray(1), dictionary);
      if (session.id !== id) throw new Error("a session's record is that of another session");
      return session.lastSeenAtMs >= lastSeenAtMs ? session : { ...session, lastSeenAtMs };
    },
  };
}
