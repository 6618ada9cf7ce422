import type { Session, SessionId, UserAgent } from "../../model/session.js";
import { ByteReader, ByteWriter } from "../byte-string.js";
import type { Sealer } from "../sealing.js";
import { decodeSession, encodeSession, onceInMemory } from "../session-codec.js";
import { UnreadableRecord } from "../session-store.js";
import { DICTIONARY } from "../token-packing.js";

/*
 * A session as the store has it, sealed with a purpose of its own, so that nothing in a dump can be put into a cookie:
 *
 *   layout 1 (1 byte) | the session (session-codec.ts)
 *   layout 2 (1 byte) | browser | system | the session: names, empty where nobody knows them
 *
 * A release reads the next layout before any writes it.
 */

const WITHOUT_USER_AGENT = 1;
const LAYOUT = 2;

/** What stands before the session. */
function readPrefix(reader: ByteReader): UserAgent | null {
  const layout = reader.uint8();
  if (layout === WITHOUT_USER_AGENT) return null;
  if (layout !== LAYOUT) throw new UnreadableRecord("a session's record is of another release");
  const [browser, system] = [onceInMemory(reader.text()), onceInMemory(reader.text())];
  return browser === "" && system === "" ? null : { browser: browser || null, system: system || null };
}

function encodePrefix(userAgent: UserAgent | null): Buffer {
  return new ByteWriter()
    .uint8(LAYOUT)
    .text(userAgent?.browser ?? "")
    .text(userAgent?.system ?? "")
    .finish();
}

export interface Records {
  seal(session: Session): string;
  /**
   * @param lastSeenAtMs the latest activity, which is written beside it.
   * @throws UnreadableRecord
   */
  open(id: SessionId, sealed: string, lastSeenAtMs: number): Session;
  /** The same of one that is over: whether or not its tokens can be had. */
  openedOrNull(id: SessionId, sealed: string, lastSeenAtMs: number): Session | null;
}

export function createRecords(sealer: Sealer): Records {
  function open(id: SessionId, sealed: string, lastSeenAtMs: number): Session {
    const opened = sealer.open("record", sealed);
    if (opened.kind === "invalid") throw new UnreadableRecord(`a session's record cannot be opened: ${opened.cause}`);
    const { plaintext, dictionary } = opened;
    const reader = new ByteReader(plaintext);
    const userAgent = readPrefix(reader);
    const decoded = decodeSession(reader.raw(reader.rest()), dictionary);
    const session = userAgent ? { ...decoded, userAgent } : decoded;
    if (session.id !== id) throw new UnreadableRecord("a session's record is that of another session");
    return session.lastSeenAtMs >= lastSeenAtMs ? session : { ...session, lastSeenAtMs };
  }

  return {
    seal: (session) => sealer.seal("record", Buffer.concat([encodePrefix(session.userAgent), encodeSession(session)]), DICTIONARY),
    open,
    openedOrNull(id, sealed, lastSeenAtMs) {
      try {
        return open(id, sealed, lastSeenAtMs);
      } catch (error) {
        if (error instanceof UnreadableRecord) return null;
        throw error;
      }
    },
  };
}
