import { Secret } from "../../model/secret.js";

/**
 * A secret that stands in a sealed text which is kept anyway, and is opened there each time it is asked for. The refresh token of a ticket is such
 * a one: longer than all other tokens, and of use once an hour.
 */
export class SealedSecret extends Secret {
  readonly #sealed: string;
  readonly #open: (sealed: string) => string;

  constructor(sealed: string, open: (sealed: string) => string) {
    super("");
    this.#sealed = sealed;
    this.#open = open;
  }

  override reveal(): string {
    return this.#open(this.#sealed);
  }

  /** What it stands in. */
  get sealed(): string {
    return this.#sealed;
  }
}
