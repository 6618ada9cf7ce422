import type { Clock } from "../../model/clock.js";
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

const DAY_MS = 24 * 60 * 60 * 1000;
/** Browsers keep no cookie for longer (RFC 6265bis, 5.5): beyond it nobody comes back for a session. */
const LONGEST_COOKIE_MS = 400 * DAY_MS;
/**
 * How long the store knows of an id that it has no record of and the caller no session: that it has ended, and which fences were granted. A ticket
 * that holds the id alone opens nothing without a record. What could bring one is under way, a sign-in or a refresh, or in a process that has lost
 * the store: for no longer than its tokens live, a day. A ticket that holds the session whole comes with it, and its ending is kept as a record is.
 */
export const UNKNOWN_MS = 2 * DAY_MS;

const WITHOUT_USER_AGENT = 1;
const LAYOUT = 2;
/** Several times what two sets of Cognito's largest tokens come to. Opening takes time with what is there, whoever wrote it. */
const LONGEST_RECORD = 1024 * 1024;

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

/** For whoever looks at many: one that was sealed with a key of long ago must not hide the others. */
export function nullIfUnreadable(error: unknown): null {
  if (error instanceof UnreadableRecord) return null;
  throw error;
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
    if (sealed.length > LONGEST_RECORD) throw new UnreadableRecord("a session's record is longer than any that is written");
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
        return nullIfUnreadable(error);
      }
    },
  };
}

/** How long a record is kept, from now: until the session's end as far as that is certain, and a day. */
export type RecordLife = (session: Pick<Session, "startedAtMs">) => number;

/**
 * Cognito lets a refresh token live for up to ten years, and nobody here knows for how long, whatever COGNITO_REFRESH_TOKEN_VALIDITY says: each
 * write counts anew, until a limit of ours.
 */
export function createRecordLife({
  clock,
  maxAgeMs,
}: {
  readonly clock: Pick<Clock, "now">;
  readonly maxAgeMs: number | null;
}): RecordLife {
  return ({ startedAtMs }) => {
    const ourLimitMs = maxAgeMs === null ? LONGEST_COOKIE_MS : startedAtMs + maxAgeMs - clock.now();
    return Math.ceil(Math.max(0, Math.min(LONGEST_COOKIE_MS, ourLimitMs)) + DAY_MS);
  };
}
