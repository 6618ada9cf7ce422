import type { Socket } from "node:net";
import { type buildConnector, Client, type Dispatcher } from "undici";

/** What a call may know of the connection it goes out on. */
export interface ApiConnection {
  /** To be called when a request is about to be written: tells whether the connection has carried one before. */
  begin(): "fresh" | "kept";
  /** Whether any byte has come since then. */
  readonly heard: boolean;
  /**
   * Whether the connection has failed. undici takes the reset of an answer that lasts until the connection ends for that end, so that half an
   * answer would pass for a whole one.
   */
  readonly broken: boolean;
}

/** Dispatch options of ours; undici hands them through to the client unread. */
export interface CallOptions extends Dispatcher.DispatchOptions {
  /** Called before the request is queued on its connection. */
  readonly onConnection: (connection: ApiConnection) => void;
}

const CONTINUE = Buffer.from("HTTP/1.1 100");
const HEAD_END = "\r\n\r\n";
/** As undici's own limit for a head. */
const LONGEST_HEAD_BYTES = 16 * 1024;

/** One of a pool's clients, which has one connection at a time, over `connect`. */
export function createApiClient(origin: URL | string, options: Client.Options, connect: buildConnector.connector): Client {
  let reader: HeadReader | null = null;
  let calls = 0;
  let broken = false;
  const connection: ApiConnection = {
    begin() {
      reader?.expectHead();
      calls += 1;
      return calls === 1 ? "fresh" : "kept";
    },
    get heard() {
      return reader?.heard ?? false;
    },
    get broken() {
      return broken;
    },
  };
  const client = new Client(origin, {
    ...options,
    connect: (to, callback) =>
      connect(to, (...connected) => {
        const [, socket] = connected;
        calls = 0;
        broken = false;
        // Before undici listens, so that it is known when undici draws its conclusion.
        socket?.once("error", () => {
          broken = true;
        });
        // Absent, not null, where connecting failed.
        reader = socket ? new HeadReader(socket) : null;
        callback(...connected);
      }),
  });
  const dispatch = client.dispatch.bind(client);
  client.dispatch = (call, handler) => {
    if (isOurs(call)) call.onConnection(connection);
    return dispatch(call, handler);
  };
  return client;
}

function isOurs(call: Dispatcher.DispatchOptions): call is CallOptions {
  return "onConnection" in call;
}

/**
 * Stands before undici at a socket and passes over `100 (Continue)` answers, which undici takes for a broken peer. Nobody asked for one, but
 * some servers send it with every POST, and a client must be able to read it (RFC 9110 section 15.2).
 */
class HeadReader {
  readonly #read: (size?: number) => Buffer | null;
  #expecting = false;
  #heard = false;
  #held: Buffer | null = null;

  constructor(socket: Socket) {
    this.#read = socket.read.bind(socket);
    socket.read = (size?: number) => (this.#expecting ? this.#readHead() : this.#read(size));
  }

  expectHead(): void {
    this.#expecting = true;
    this.#heard = false;
    this.#held = null;
  }

  get heard(): boolean {
    return this.#heard;
  }

  #readHead(): Buffer | null {
    const chunk = this.#read();
    if (chunk === null) return null;
    this.#heard = true;
    let bytes = this.#held === null ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = null;
    while (bytes.length >= CONTINUE.length && bytes.subarray(0, CONTINUE.length).equals(CONTINUE)) {
      const end = bytes.indexOf(HEAD_END);
      if (end < 0) break;
      bytes = bytes.subarray(end + HEAD_END.length);
    }
    const length = Math.min(bytes.length, CONTINUE.length);
    const mayBeContinue = bytes.length < LONGEST_HEAD_BYTES && bytes.subarray(0, length).equals(CONTINUE.subarray(0, length));
    if (mayBeContinue) {
      this.#held = bytes;
      return null;
    }
    this.#expecting = false;
    return bytes;
  }
}
