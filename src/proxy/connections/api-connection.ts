import type { Socket } from "node:net";
import { type buildConnector, Client, type Dispatcher } from "undici";
import { HeadReader } from "./head-reader.js";
import { PatientWrites } from "./patient-writes.js";

/**
 * What a call is told. undici's handlers of version 6, which it still calls by: the newer ones are wrapped, and every answer's headers are made an
 * object for them that nobody here reads.
 */
export interface CallHandler {
  /** Called before the call is queued on its connection. */
  onConnection(connection: ApiConnection): void;
  /** undici is about to write the call. */
  onConnect(abort: (error?: Error) => void): void;
  /** @returns false: nothing more is wanted until `resume`. */
  onHeaders(status: number, rawHeaders: Buffer[], resume: () => void, phrase: string): boolean;
  onData(chunk: Buffer): boolean;
  /** All that has come by now has been told. */
  onPause(): void;
  onComplete(): void;
  onError(error: Error): void;
}

// undici reads it, its types do not name it.
export interface CallOptions extends Dispatcher.DispatchOptions {
  readonly servername: string;
}

/** One of undici's clients, which has one connection at a time and one call at a time on it. */
export class ApiConnection {
  readonly #client: Client;
  #socket: Socket | null = null;
  #reader: HeadReader | null = null;
  #writes: PatientWrites | null = null;
  #handler: CallHandler | null = null;
  #calls = 0;
  #broken = false;
  #onGone: () => void = () => {};

  constructor(origin: string, options: Client.Options & { readonly maxHeaderSize: number }, connect: buildConnector.connector) {
    const watched: buildConnector.connector = (to, callback) =>
      connect(to, (...connected) => {
        const [, socket] = connected;
        // Absent, not null, where connecting failed.
        if (socket) this.#watch(socket, options.maxHeaderSize);
        callback(...connected);
      });
    this.#client = new Client(origin, { ...options, pipelining: 1, connect: watched });
  }

  /** @param onFree called whenever the connection can carry a further call. */
  whenFree(onFree: () => void): void {
    this.#client.on("drain", onFree);
  }

  /** @param onGone called when the connection is gone, or could not be made. */
  whenGone(onGone: () => void): void {
    this.#onGone = onGone;
    this.#client.on("disconnect", onGone).on("connectionError", onGone);
  }

  dispatch(call: CallOptions, handler: CallHandler): void {
    this.#handler = handler;
    handler.onConnection(this);
    this.#client.dispatch(call, handler);
  }

  /** Cuts it for good: what it carries fails, and where it is still being made nobody waits for it. */
  async destroy(): Promise<void> {
    const destroyed = this.#client.destroy();
    this.#onGone();
    await destroyed;
  }

  /** To be called when a request is about to be written: tells whether the connection has carried one before. */
  begin(): "fresh" | "kept" {
    this.#reader?.expectHead();
    this.#writes?.begin();
    this.#calls += 1;
    return this.#calls === 1 ? "fresh" : "kept";
  }

  /** Whether there is a connection at present. */
  get open(): boolean {
    return this.#socket !== null && !this.#socket.destroyed;
  }

  /** Whether a call will still go out on it. */
  get awaited(): boolean {
    return !this.#client.destroyed && this.#client.stats.size > 0;
  }

  /** Whether any byte has come since `begin`. */
  get heard(): boolean {
    return this.#reader?.heard ?? false;
  }

  /** Whether the system refused the very first bytes since `begin`: the API has none of them. */
  get refused(): boolean {
    return this.#writes?.refused ?? false;
  }

  /** Whether a write has failed. */
  get writeFailed(): boolean {
    return this.#writes?.failed ?? false;
  }

  /**
   * Whether the connection has failed. undici takes the reset of an answer that lasts until the connection ends for that end, so that half an
   * answer would pass for a whole one.
   */
  get broken(): boolean {
    return this.#broken;
  }

  #watch(socket: Socket, longestHeadBytes: number): void {
    this.#socket = socket;
    this.#calls = 0;
    this.#broken = false;
    // Before undici listens, so that it is known when undici draws its conclusion.
    socket.once("error", () => {
      this.#broken = true;
    });
    this.#reader = new HeadReader(socket, longestHeadBytes, () => this.#handler?.onPause());
    // On a kept connection that does not take a byte of a call, whatever waits to be read answers no call.
    this.#writes = new PatientWrites(socket, () => this.#calls === 1);
  }
}
