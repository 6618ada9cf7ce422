/** Where it is written; a terminal gets a bar that moves, everything else a line now and then. */
export interface ProgressOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

const BAR_WIDTH = 30;
const MINUTE_MS = 60_000;
const LINE_EVERY_MINUTES = 10;
/** Back to the start of the line, which is emptied (ECMA-48 EL). */
const CLEAR_LINE = "\r\u001b[K";

/** The progress of a wait of an hour. */
export class WaitProgress {
  readonly #out: ProgressOutput;
  #toldMinutes = -LINE_EVERY_MINUTES;
  #isOpen = false;

  constructor(out: ProgressOutput) {
    this.#out = out;
  }

  show(waitedMs: number, wholeMs: number): void {
    const [minutes, whole] = [Math.floor(waitedMs / MINUTE_MS), Math.round(wholeMs / MINUTE_MS)];
    if (this.#out.isTTY) {
      const done = Math.min(BAR_WIDTH, Math.floor((waitedMs / wholeMs) * BAR_WIDTH));
      const bar = "█".repeat(done) + "░".repeat(BAR_WIDTH - done);
      this.#out.write(`${CLEAR_LINE}  ${bar}  ${minutes} of ${whole} min`);
      this.#isOpen = true;
    } else if (minutes >= this.#toldMinutes + LINE_EVERY_MINUTES) {
      this.#toldMinutes = minutes;
      this.#out.write(`    waiting: ${minutes} of ${whole} min\n`);
    }
  }

  /** Before anything else is written. */
  clear(): void {
    if (this.#isOpen) this.#out.write(CLEAR_LINE);
    this.#isOpen = false;
  }
}
