import type { SessionId } from "../../model/session.js";
import type { SessionEnding } from "../../wire/reasons.js";

/** An ended session, for as long as a copy of its cookie could still be used. */
export interface KnownEnding {
  readonly ending: SessionEnding;
  readonly superseded: boolean;
}

interface Entry {
  readonly known: KnownEnding;
  readonly shortestMs: number;
  untilMs: number;
}

interface Due {
  readonly id: SessionId;
  readonly untilMs: number;
}

/** An id, its entry and its places in map and heap, measured roughly. */
const ENTRY_BYTES = 256;
/** How many of those whose time is up leave with one that comes: all of a full table at once would hold up everybody for seconds. */
const MOST_DROPPED = 64;

export interface EndingTableOptions {
  readonly maxBytes: number;
  readonly now: () => number;
  /** One that was still of use had to go, because the table is full. */
  readonly forgotten: () => void;
}

/**
 * The endings this process knows, each until a moment of its own. When it is full the one whose time is up first goes, never the one that
 * nobody asked about for longest: whoever holds a copied cookie only has to wait.
 */
export class EndingTable {
  readonly #entries = new Map<SessionId, Entry>();
  /** A binary heap, the earliest end first. An entry whose end was moved has a second place here; the outdated one is skipped. */
  #heap: Due[] = [];
  readonly #options: EndingTableOptions;
  readonly #most: number;

  constructor(options: EndingTableOptions) {
    this.#options = options;
    this.#most = Math.max(1, Math.floor(options.maxBytes / ENTRY_BYTES));
  }

  get bytes(): number {
    return this.#entries.size * ENTRY_BYTES;
  }

  get(id: SessionId): KnownEnding | null {
    const entry = this.#entries.get(id);
    return entry && entry.untilMs > this.#options.now() ? entry.known : null;
  }

  /** All that are of use still, the oldest first. */
  entries(): [id: SessionId, known: KnownEnding][] {
    const now = this.#options.now();
    return [...this.#entries].flatMap(([id, { known, untilMs }]) => (untilMs > now ? [[id, known]] : []));
  }

  /** Remembers how a session ended. The first reason stands: a refresh rejected after a sign-out is still a sign-out. */
  add(id: SessionId, known: KnownEnding, untilMs: number, shortestMs: number): void {
    const now = this.#options.now();
    this.#dropExpired(now);
    const before = this.#entries.get(id);
    if (before && before.untilMs > now) return;
    this.#entries.set(id, { known, untilMs, shortestMs });
    this.#push({ id, untilMs });
    while (this.#entries.size > this.#most) {
      const first = this.#pop();
      if (first && this.#isCurrent(first) && this.#entries.delete(first.id) && first.untilMs > now) this.#options.forgotten();
    }
  }

  /** The refresh token is dead: from now on it is of use until `shortestMs` alone. */
  keepForTokensAlone(id: SessionId): void {
    const entry = this.#entries.get(id);
    if (!entry || entry.untilMs === entry.shortestMs) return;
    entry.untilMs = entry.shortestMs;
    this.#push({ id, untilMs: entry.untilMs });
    if (this.#heap.length <= 2 * this.#entries.size + 16) return;
    const current = [...this.#entries].map(([each, { untilMs: until }]): Due => ({ id: each, untilMs: until }));
    // A sorted list is a heap.
    this.#heap = current.sort((a, b) => a.untilMs - b.untilMs);
  }

  #dropExpired(now: number): void {
    for (let dropped = 0; dropped < MOST_DROPPED; dropped++) {
      const first = this.#heap[0];
      if (!first || first.untilMs > now) return;
      this.#pop();
      if (this.#isCurrent(first)) this.#entries.delete(first.id);
    }
  }

  #isCurrent({ id, untilMs }: Due): boolean {
    return this.#entries.get(id)?.untilMs === untilMs;
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (!above || above.untilMs <= due.untilMs) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = due;
  }

  #pop(): Due | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left && right && right.untilMs < left.untilMs) child += 1;
      const below = heap[child];
      if (!below || below.untilMs >= last.untilMs) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
