import type { LocalCognitoClock } from "./clock.js";
import { digest, newOpaque } from "./random-text.js";

interface Kept<T> {
  readonly value: T;
  readonly expiresAtMs: number;
}

/** What became of a handle: `expired` and `unknown` are told apart because Cognito does. */
export type Lookup<T> = { readonly state: "found"; readonly value: T } | { readonly state: "expired" } | { readonly state: "unknown" };

// The oldest are forgotten first: nobody has ten thousand sign-ins open at a time.
const MOST_VALUES = 10_000;

/** Values handed out under an opaque handle for a limited time: authorization codes, challenge sessions, managed login's cookies. */
export class ExpiringValues<T> {
  readonly #clock: LocalCognitoClock;
  readonly #handleBytes: number;
  readonly #kept = new Map<string, Kept<T>>();

  constructor(clock: LocalCognitoClock, handleBytes: number) {
    this.#clock = clock;
    this.#handleBytes = handleBytes;
  }

  /** Keeps the value for `lifeMs` and returns its handle. */
  put(value: T, lifeMs: number): string {
    const handle = newOpaque(this.#handleBytes);
    this.#kept.set(digest(handle), { value, expiresAtMs: this.#clock.now() + lifeMs });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_VALUES && oldest !== undefined) {
      this.#kept.delete(oldest);
    }
    return handle;
  }

  peek(handle: string): Lookup<T> {
    const kept = this.#kept.get(digest(handle));
    if (kept === undefined) {
      return { state: "unknown" };
    }
    return this.#clock.now() < kept.expiresAtMs ? { state: "found", value: kept.value } : { state: "expired" };
  }

  /** Like `peek`, and the handle is used up. */
  take(handle: string): Lookup<T> {
    const found = this.peek(handle);
    this.forget(handle);
    return found;
  }

  forget(handle: string): void {
    this.#kept.delete(digest(handle));
  }
}
