import type { Clock } from "../model/clock.js";
import type { Session, SessionId } from "../model/session.js";

const DAY_MS = 86_400_000;
/** About 130 bytes each: some 4 MiB at the most. */
const MOST_KEPT = 32_768;
const BITS_A_CHARACTER = 6;
/** What each character of base64url stands for (RFC 4648 5). */
const SIX_BITS = new Map(
  [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].map((character, bits) => [character, bits]),
);

/** So exact is when a session was seen. */
const EPOCH_MS = 15 * 60_000;
/** 256 KiB, which a processor has at hand; a map of many sessions it has not. */
const MARKS = 131_072;

interface Seen {
  readonly startedAtMs: number;
  seenAtMs: number;
  /** How many leading bits of an id had to be zero when it was seen last: it stands for two to the power of them. */
  bits: number;
}

export type Started = Pick<Session, "id" | "startedAtMs">;

/** The sessions of one process, where no store has them all. */
export interface SeenSessions {
  /** How long one counts that is not seen again. */
  readonly keptMs: number;
  /** Since when this process has looked. */
  readonly sinceMs: number;
  /** Whether there are or lately were more than are kept, so that counts are within about a percent of what there was at most. */
  readonly estimated: boolean;
  /** Stands on the hot path: one look into an array, for all but the first call of a session in a quarter of an hour. */
  note(session: Started): void;
  forget(id: SessionId): void;
  /** How many of those seen within a day began at each of these moments or later. */
  countSince(momentsMs: readonly number[]): readonly number[];
}

/** Of a deployment whose store counts. */
export const NOTHING_SEEN: Pick<SeenSessions, "note"> = { note: () => {} };

/** When sessions began, rising, by how many each stands for: nearly always one list. */
function startsOf(seen: Iterable<Seen>): readonly { readonly weight: number; readonly starts: Float64Array }[] {
  const byBits = new Map<number, number[]>();
  for (const { bits, startedAtMs } of seen) {
    const starts = byBits.get(bits);
    if (starts) starts.push(startedAtMs);
    else byBits.set(bits, [startedAtMs]);
  }
  return [...byBits].map(([bits, starts]) => ({ weight: 2 ** bits, starts: Float64Array.from(starts).sort() }));
}

/** How many of sorted numbers are at least `least`. */
function countFrom(sorted: Float64Array, least: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle] ?? 0) < least) from = middle + 1;
    else to = middle;
  }
  return sorted.length - from;
}

/**
 * Which ids have come in this quarter of an hour, without a look at any map: 17 bits of an id say where, 16 others what has to stand there. Of two that
 * share a place each is only looked up again; that one is taken for another happens once in 65,536 of these, and no more in the next quarter.
 */
function createMarks(): (id: SessionId, epoch: number) => boolean {
  const marks = new Uint16Array(MARKS);
  return (id, epoch) => {
    // Characters of random bits, whose codes differ in their lower six or seven.
    const place = (id.charCodeAt(0) ^ (id.charCodeAt(1) << 5) ^ (id.charCodeAt(2) << 10)) & (MARKS - 1);
    const text = (id.charCodeAt(3) ^ (id.charCodeAt(4) << 5) ^ (id.charCodeAt(5) << 10)) & 0xffff;
    // An odd factor: the same id has another mark in each of the next 65,536 quarters.
    const mark = (text + epoch * 40_503) & 0xffff;
    if (marks[place] === mark) return true;
    marks[place] = mark;
    return false;
  };
}

/**
 * Every session until there are too many, then every second, fourth, eighth …, chosen by its id, which is random bits (adaptive sampling: Flajolet,
 * "On adaptive sampling", 1990). So memory has a bound whatever number of people come, and counts stay right within about a percent. When fewer come again, more
 * of them are kept again: what was kept before stands for its siblings until it is seen again itself.
 */
export function createSeenSessions(clock: Clock, mostKept = MOST_KEPT): SeenSessions {
  const seen = new Map<SessionId, Seen>();
  /** Leading bits of an id that have to be zero. */
  let bits = 0;
  const sinceMs = clock.now();
  const isMarked = createMarks();

  function isKept(id: SessionId): boolean {
    for (let at = 0, left = bits; left > 0; at++, left -= BITS_A_CHARACTER) {
      const value = SIX_BITS.get(id[at] ?? "") ?? 0;
      if (value >> Math.max(0, BITS_A_CHARACTER - left) !== 0) return false;
    }
    return true;
  }

  function forgetOld(): void {
    // What was seen at the end of a quarter of an hour may have been noted at its beginning.
    const leastMs = clock.now() - DAY_MS - EPOCH_MS;
    for (const [id, { seenAtMs }] of seen) if (seenAtMs <= leastMs) seen.delete(id);
    // The next day may be a quiet one. Half of the room is left: two to the power of `bits` must not change with every call.
    let all = 0;
    for (const each of seen.values()) all += 2 ** each.bits;
    while (bits > 0 && all / 2 ** (bits - 1) <= mostKept / 2) bits -= 1;
  }

  function makeRoom(): void {
    forgetOld();
    while (seen.size >= mostKept) {
      bits += 1;
      for (const [id, each] of seen)
        if (!isKept(id)) seen.delete(id);
        else each.bits = Math.max(each.bits, bits);
    }
  }

  return {
    keptMs: DAY_MS,
    sinceMs,
    get estimated() {
      return bits > 0 || [...seen.values()].some((each) => each.bits > 0);
    },
    note({ id, startedAtMs }) {
      const nowMs = clock.now();
      if (isMarked(id, Math.floor(nowMs / EPOCH_MS))) return;
      const known = seen.get(id);
      if (known) {
        known.seenAtMs = nowMs;
        // Its siblings that come are kept themselves, where fewer bits have to be zero by now.
        known.bits = bits;
        return;
      }
      if (!isKept(id)) return;
      if (seen.size >= mostKept) makeRoom();
      if (isKept(id)) seen.set(id, { startedAtMs, seenAtMs: nowMs, bits });
    },
    forget: (id) => void seen.delete(id),
    countSince(momentsMs) {
      forgetOld();
      const began = startsOf(seen.values());
      return momentsMs.map((momentMs) => began.reduce((sum, { weight, starts }) => sum + weight * countFrom(starts, momentMs), 0));
    },
  };
}
