import { randomBytes } from "node:crypto";

const HALF = 8;
const NAME = /^[0-9a-f]{16}$/;
/** Of one generation: three quarters of them are filled at most. 2 × 2^20 × 9 bytes are 18 MiB, however long the log. */
const SLOTS = 2 ** 20;

interface Generation {
  readonly keys: Uint32Array;
  readonly flags: Uint8Array;
  filled: number;
}

const generation = (slots: number): Generation => ({ keys: new Uint32Array(2 * slots), flags: new Uint8Array(slots), filled: 0 });

/** The place of a name, or the empty one where it would be. */
function slotOf({ keys, flags }: Generation, high: number, low: number, seed: number): number {
  const mixed = (Math.imul(high ^ seed, 0x9e3779b1) ^ Math.imul(low + seed, 0x85ebca6b)) >>> 0;
  let slot = ((mixed ^ (mixed >>> 15)) >>> 0) % flags.length;
  while (flags[slot] !== 0 && (keys[2 * slot] !== high || keys[2 * slot + 1] !== low)) slot = (slot + 1) % flags.length;
  return slot;
}

/**
 * Which sessions or people a log has named already, in constant memory. Names are the audit log's pseudonyms: 16 hexadecimal digits. When so many
 * were named that the room is full, those named longest ago are forgotten: a session that several processes tell of is told of within hours.
 */
export class SeenNames {
  readonly #slots: number;
  /** A log that was made on purpose cannot choose names that all want one place. */
  readonly #seed = randomBytes(4).readUInt32LE() | 1;
  #young: Generation;
  #old: Generation;

  constructor(slots = SLOTS) {
    this.#slots = slots;
    this.#young = generation(slots);
    this.#old = generation(slots);
  }

  /** What is known of a name (0: it is new) before `flags` are added to it; null where it is none. Flags are of 1 to 127. */
  note(name: unknown, flags: number): number | null {
    if (typeof name !== "string" || !NAME.test(name)) return null;
    const high = Number.parseInt(name.slice(0, HALF), 16);
    const low = Number.parseInt(name.slice(HALF), 16);
    if (this.#young.filled >= this.#slots * 0.75) {
      this.#old = this.#young;
      this.#young = generation(this.#slots);
    }
    const slotOfOld = slotOf(this.#old, high, low, this.#seed);
    const known = this.#old.flags[slotOfOld] ?? 0;
    return known | this.#add(high, low, known | flags);
  }

  /** What was known in the young generation. */
  #add(high: number, low: number, flags: number): number {
    const slot = slotOf(this.#young, high, low, this.#seed);
    const before = this.#young.flags[slot] ?? 0;
    if (before === 0) this.#young.filled += 1;
    this.#young.keys[2 * slot] = high;
    this.#young.keys[2 * slot + 1] = low;
    this.#young.flags[slot] = before | flags;
    return before;
  }
}
