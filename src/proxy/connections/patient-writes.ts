import type { Socket } from "node:net";

type Done = (error?: Error | null) => void;

/**
 * Holds a socket's write errors back until its reading has ended. An API that answers early (413, 401) and closes without reading on makes
 * the next write fail while its answer still waits to be read, and a socket that a write has failed on is destroyed with all that it holds.
 * RFC 9112 section 9.6 tells of that reset; section 9.3 wants the answer read.
 */
export class PatientWrites {
  readonly #mayHoldFirst: () => boolean;
  #began = false;
  #refused = false;
  #failed = false;
  #ended = false;

  /** @param mayHoldFirst whether an answer may be waited for when not a byte of a call was taken. */
  constructor(socket: Socket, mayHoldFirst: () => boolean) {
    this.#mayHoldFirst = mayHoldFirst;
    const write = socket._write.bind(socket);
    socket._write = (chunk, encoding, done) => this.#attempt(socket, (patient) => write(chunk, encoding, patient), done);
    const writev = socket._writev?.bind(socket);
    if (writev) socket._writev = (chunks, done) => this.#attempt(socket, (patient) => writev(chunks, patient), done);
    socket.once("end", () => {
      this.#ended = true;
    });
  }

  /** A call is about to be written. */
  begin(): void {
    this.#began = false;
    this.#refused = false;
  }

  /** Whether the first write of the call failed at once: the peer has not a byte of it. */
  get refused(): boolean {
    return this.#refused;
  }

  /** Whether a write has failed. */
  get failed(): boolean {
    return this.#failed;
  }

  #attempt(socket: Socket, write: (done: Done) => void, done: Done): void {
    const isFirst = !this.#began;
    this.#began = true;
    let atOnce = true;
    let told = false;
    write((error) => {
      // Of a TLS write that fails at once Node tells twice, the second time of success.
      if (told) return;
      told = true;
      if (!error) {
        done();
        return;
      }
      this.#failed = true;
      // Node tries to write at once, and what the system takes none of then has not left. A failure later may have been preceded by a part.
      if (isFirst && atOnce) this.#refused = true;
      if (this.#ended || (this.#refused && !this.#mayHoldFirst())) done(error);
      // Whoever reads the socket draws his conclusions from its end first.
      else socket.once("end", () => setImmediate(done, error));
    });
    atOnce = false;
  }
}
