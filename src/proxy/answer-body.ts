import type { ServerResponse } from "node:http";

/** The body of an answer on its way to the browser. Its head waits for what came with it: they leave in one packet. */
export class AnswerBody {
  readonly #response: ServerResponse;
  readonly #onDrain: () => void;
  #withHead: Buffer | null = null;
  #headWaits = false;

  /** @param onDrain called when the browser has taken what was too much for it. */
  constructor(response: ServerResponse, onDrain: () => void) {
    this.#response = response;
    this.#onDrain = onDrain;
  }

  /** Whether the head, handed to Node, still waits there. */
  get headWaits(): boolean {
    return this.#headWaits;
  }

  /** The head has been handed to Node, and a body is to come. */
  begin(): void {
    this.#headWaits = true;
  }

  /** Keeps the first piece for the head to leave with; false: it goes out by `write`. */
  hold(piece: Buffer): boolean {
    if (!this.#headWaits || this.#withHead !== null) return false;
    this.#withHead = piece;
    return true;
  }

  /** False: nothing more is to come until `onDrain`. */
  write(piece: Buffer): boolean {
    // Before anything else, or it would be lost or come behind.
    const held = this.#takeHeld();
    if (held !== null) this.#response.write(held);
    if (this.#response.write(piece)) return true;
    this.#awaitDrain();
    return false;
  }

  /** The head waits no longer: whoever reads an event stream waits for it before the first event. False as with `write`. */
  flush(): boolean {
    const held = this.#takeHeld();
    if (held === null) {
      this.#response.flushHeaders();
      return true;
    }
    return this.write(held);
  }

  end(): void {
    const held = this.#takeHeld();
    if (held === null) this.#response.end();
    else this.#response.end(held);
  }

  /** Calls back no more. */
  letGo(): void {
    this.#response.off("drain", this.#onDrain);
  }

  #takeHeld(): Buffer | null {
    const held = this.#withHead;
    this.#headWaits = false;
    this.#withHead = null;
    return held;
  }

  #awaitDrain(): void {
    // Once, however many pieces came before undici was told to pause.
    this.#response.off("drain", this.#onDrain).once("drain", this.#onDrain);
  }
}
