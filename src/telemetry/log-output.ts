import { write, writeSync } from "node:fs";
import { isatty } from "node:tty";

/** Characters that wait while nobody takes them. Beyond it new lines are lost: memory is for calls. */
const MOST_WAITING = 1024 * 1024;
/** A pipe whose reader is slow. */
const SLOW_READER_MS = 100;
/** A full disk, or a reader that went away. */
const BROKEN_MS = 1_000;
/** How long the last lines may hold up the end of the process. */
const LAST_LINES_MS = 300;

const NEWLINE = 0x0a;
const TRY_AGAIN: ReadonlySet<string | undefined> = new Set(["EAGAIN", "EBUSY", "EINTR"]);

/**
 * Where log lines go: a file descriptor that nothing ever waits for. What cannot be written is dropped and counted, since a proxy that stands
 * still for its log is down. pino's own destination keeps every line in memory, and tries a full disk again for ever when the process ends.
 *
 * Of the machine's own time: no clock of a test.
 */
export class LogOutput {
  readonly #fd: number;
  #waiting: string[] = [];
  #waitingLength = 0;
  /** What is being written, or waits for another try. */
  #current: Buffer | null = null;
  #writing = false;
  /** A line was cut in the middle: the next one must not be glued to it. */
  #torn = false;
  #lost = 0;
  #toldLost = 0;
  #gaveUp = false;
  #onIdle: (() => void) | null = null;
  /** Called when lines are taken again, with the count of those that were not. */
  onRecovery: (lost: number) => void = () => {};

  constructor(fd: number) {
    this.#fd = fd;
    process.on("exit", this.#onExit);
  }

  /** Standard output. */
  static standard(): LogOutput {
    // Node makes a pipe or socket non-blocking when its stream is first asked for. A blocking one that nobody reads would hold a thread, and
    // with it the end of the process.
    return new LogOutput(process.stdout.fd);
  }

  /** Whether a person reads along. */
  get isTerminal(): boolean {
    return isatty(this.#fd);
  }

  /** Lines that could not be written. */
  get lost(): number {
    return this.#lost;
  }

  write(line: string): void {
    if (this.#waitingLength + line.length > MOST_WAITING) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(line);
    this.#waitingLength += line.length;
    if (this.#current === null) this.#begin();
  }

  /** Sees the last lines out, within a bound. */
  async close(): Promise<void> {
    if (this.#current !== null) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
        setTimeout(resolve, LAST_LINES_MS);
      });
      this.#gaveUp = this.#current !== null;
    }
    if (!this.#gaveUp) process.off("exit", this.#onExit);
  }

  #begin(): void {
    if (this.#waiting.length === 0) {
      this.#onIdle?.();
      return;
    }
    this.#current = this.#take();
    this.#continue();
  }

  #take(): Buffer {
    const text = this.#waiting.join("");
    this.#waiting = [];
    this.#waitingLength = 0;
    const taken = Buffer.from(this.#torn ? `\n${text}` : text);
    this.#torn = false;
    return taken;
  }

  #continue(): void {
    if (this.#current === null) return;
    this.#writing = true;
    write(this.#fd, this.#current, this.#onWritten);
  }

  readonly #onWritten = (error: NodeJS.ErrnoException | null, written: number): void => {
    this.#writing = false;
    const tried = this.#current ?? Buffer.alloc(0);
    if (error === null) {
      const rest = tried.subarray(written);
      this.#current = rest.length === 0 ? null : rest;
      if (this.#current !== null) this.#continue();
      else {
        this.#tellLoss();
        this.#begin();
      }
    } else if (TRY_AGAIN.has(error.code)) {
      this.#later(SLOW_READER_MS);
    } else {
      this.#drop(tried);
      this.#current = Buffer.alloc(0);
      this.#later(BROKEN_MS);
    }
  };

  #later(delayMs: number): void {
    setTimeout(() => {
      if (this.#current?.length === 0) {
        this.#current = null;
        this.#begin();
      } else this.#continue();
    }, delayMs).unref();
  }

  #drop(lines: Buffer): void {
    for (let at = lines.indexOf(NEWLINE); at >= 0; at = lines.indexOf(NEWLINE, at + 1)) this.#lost += 1;
    this.#torn = true;
  }

  #tellLoss(): void {
    const lost = this.#lost - this.#toldLost;
    if (lost === 0) return;
    this.#toldLost = this.#lost;
    this.onRecovery(lost);
  }

  /** The process ends, in whatever way: no callback comes any more. What is with the system already is written by it. */
  readonly #onExit = (): void => {
    const deadline = performance.now() + (this.#gaveUp ? 0 : LAST_LINES_MS);
    let rest = Buffer.concat([...(this.#writing || this.#current === null ? [] : [this.#current]), this.#take()]);
    while (rest.length > 0) {
      try {
        rest = rest.subarray(writeSync(this.#fd, rest));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (!TRY_AGAIN.has(code) || performance.now() >= deadline) return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      }
    }
  };
}
