/** What is kept under a key, its bytes, and its neighbours in the order of use. */
export interface Entry<Key, Value> {
  readonly key: Key;
  value: Value;
  bytes: number;
  older: Entry<Key, Value> | null;
  newer: Entry<Key, Value> | null;
}

/**
 * A map that knows in which order its entries were used and how many bytes they take together; whoever owns it evicts. Unlike with `lru-cache`
 * the bytes of an entry may change without a change of its place: what two parts of one memory share is counted once, and when one lets go of
 * it the other's entry grows, which is no use of it.
 */
export class RecencyList<Key, Value> {
  readonly #entries = new Map<Key, Entry<Key, Value>>();
  #oldest: Entry<Key, Value> | null = null;
  #newest: Entry<Key, Value> | null = null;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** The one that was used least recently. */
  get oldest(): Entry<Key, Value> | null {
    return this.#oldest;
  }

  /** Looking is not using. */
  entry(key: Key): Entry<Key, Value> | undefined {
    return this.#entries.get(key);
  }

  entries(): Iterable<Entry<Key, Value>> {
    return this.#entries.values();
  }

  /** Makes it the one used last. */
  use(entry: Entry<Key, Value>): void {
    if (entry === this.#newest) return;
    this.#unlink(entry);
    this.#append(entry);
  }

  /** In place of what stands under the key, and used last. */
  set(key: Key, value: Value, bytes: number): void {
    this.delete(key);
    const entry: Entry<Key, Value> = { key, value, bytes, older: null, newer: null };
    this.#entries.set(key, entry);
    this.#append(entry);
    this.#bytes += bytes;
  }

  resize(entry: Entry<Key, Value>, bytes: number): void {
    this.#bytes += bytes - entry.bytes;
    entry.bytes = bytes;
  }

  delete(key: Key): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#unlink(entry);
    this.#bytes -= entry.bytes;
  }

  #append(entry: Entry<Key, Value>): void {
    entry.older = this.#newest;
    entry.newer = null;
    if (this.#newest) this.#newest.newer = entry;
    else this.#oldest = entry;
    this.#newest = entry;
  }

  #unlink(entry: Entry<Key, Value>): void {
    const { older, newer } = entry;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
  }
}
