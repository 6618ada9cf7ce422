import { inspect } from "node:util";

/** A value that must not be printed: every way of turning it into text gives `present`. */
export class Secret<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself, for the one place that needs it. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return "present";
  }

  toJSON(): string {
    return "present";
  }

  [inspect.custom](): string {
    return "present";
  }
}
