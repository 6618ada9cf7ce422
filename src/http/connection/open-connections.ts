import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import { Server, type Socket } from "node:net";

/** A connection that carries nothing is closed at the second look that finds it so. */
const LOOK_EVERY_MS = 25;
const QUIET_LOOKS = 2;

interface Connection {
  readonly socket: Socket;
  /** The answers to calls, oldest first; those that are over are left out when the next call comes, and not by a listener for each. */
  answers: ServerResponse[];
  /** The newest answer, when it would have kept the connection and was told to close it. */
  told: ServerResponse | null;
  /** A message that came over it was refused together with what follows. */
  refused: boolean;
  /** Speaks another protocol now, or is about to: whoever does that closes it. */
  upgraded: boolean;
  bytesRead: number;
  quietLooks: number;
}

/** The calls that are not answered whole, oldest first. */
const openCalls = ({ answers }: Connection) => answers.filter(({ closed }) => !closed);

/** Whether the last answer is decided on, on its way, or out. RFC 9112 section 9.6: no request behind a `Connection: close` may be processed. */
const hasClosed = ({ socket, told, refused }: Connection) => refused || !socket.writable || told?.headersSent === true;

/** What became of the calls that were still open at the end. */
export interface GivenUp {
  /** Waited for an answer and got a refusal. */
  readonly refused: number;
  /** Were in the middle of an answer, or of a handshake. */
  readonly cut: number;
}

/** The connections of an HTTP server, for its orderly end. */
export interface OpenConnections {
  /** From now on each answer says `Connection: close` and is the last of its connection. New connections are still taken. */
  closeAfterAnswers(): void;
  /**
   * Takes no more connections. Resolves when none is left: those with a call end with its answer, the others once nothing has come over
   * them for a moment.
   */
  empty(): Promise<void>;
  /** Makes the answer to a request the last one, although others may have come together with it. */
  refuseBehind(request: IncomingMessage): void;
  /** Whether a request came behind the last answer of its connection: nothing may come of it, and its client knows that nothing did. */
  isTooLate(request: IncomingMessage): boolean;
  /** Ends every connection: a call that waits for its answer gets `refusal`, the rest is cut. */
  giveUp(refusal: (request: IncomingMessage) => string): GivenUp;
}

/** Follows the connections of a server; to be called before it listens. */
export function followConnections(server: HttpServer): OpenConnections {
  const open = new Map<Socket, Connection>();
  const late = new WeakSet<IncomingMessage>();
  let closing = false;

  server.on("connection", (socket: Socket) => {
    const known = open.get(socket);
    if (known) {
      // Back from an Upgrade that nobody here speaks: an HTTP connection again.
      known.upgraded = false;
      return;
    }
    open.set(socket, { socket, answers: [], told: null, refused: false, upgraded: false, bytesRead: 0, quietLooks: 0 });
    socket.once("close", () => open.delete(socket));
  });
  server.prependListener("upgrade", (request: IncomingMessage) => {
    const connection = open.get(request.socket);
    if (!connection) return;
    connection.upgraded = true;
    if (hasClosed(connection)) late.add(request);
  });
  // Before whoever answers.
  server.prependListener("request", (request: IncomingMessage, response: ServerResponse) => {
    const connection = open.get(request.socket);
    if (!connection) return;
    if (hasClosed(connection)) {
      late.add(request);
      return;
    }
    if (connection.answers[0]?.closed) connection.answers = openCalls(connection);
    connection.answers.push(response);
    if (closing) tellLast(connection, response);
  });

  return {
    closeAfterAnswers() {
      closing = true;
      for (const connection of open.values()) {
        const newest = openCalls(connection).at(-1);
        if (newest && !newest.headersSent) tellLast(connection, newest);
      }
    },
    async empty() {
      // Behind the poll phase again: connections that the system has set up and nobody has taken yet would be reset.
      await new Promise((resolve) => setImmediate(resolve));
      // http.Server's own close() would also destroy idle connections at once, and with them a request that has arrived and was not read yet.
      const closed = new Promise<void>((resolve) => Server.prototype.close.call(server, () => resolve()));
      // After the event loop has read what has come (setImmediate runs behind its poll phase), or a late timer would find a connection quiet
      // whose request waits in the system's buffer.
      const looking = setInterval(() => setImmediate(() => endQuiet(open.values())), LOOK_EVERY_MS);
      await closed.finally(() => clearInterval(looking));
    },
    refuseBehind(request) {
      const connection = open.get(request.socket);
      if (connection) connection.refused = true;
    },
    isTooLate: (request) => late.has(request),
    giveUp: (refusal) => refuseOrCut(open.values(), refusal),
  };
}

/** Where another request has come behind it (pipelining), the one before must leave the connection open for the other's answer. */
function tellLast(connection: Connection, response: ServerResponse): void {
  if (connection.told && !connection.told.headersSent) connection.told.shouldKeepAlive = true;
  connection.told = response.shouldKeepAlive ? response : null;
  response.shouldKeepAlive = false;
}

/** Ends connections on which nothing has come for some looks in a row. */
function endQuiet(open: Iterable<Connection>): void {
  for (const connection of open) {
    const { socket, upgraded, bytesRead } = connection;
    connection.bytesRead = socket.bytesRead;
    const quiet = openCalls(connection).length === 0 && !upgraded && socket.bytesRead === bytesRead;
    connection.quietLooks = quiet ? connection.quietLooks + 1 : 0;
    if (connection.quietLooks >= QUIET_LOOKS) socket.destroySoon();
  }
}

function refuseOrCut(open: Iterable<Connection>, refusal: (request: IncomingMessage) => string): GivenUp {
  let refused = 0;
  let cut = 0;
  for (const connection of open) {
    const { socket, upgraded } = connection;
    const calls = openCalls(connection);
    const [first] = calls;
    cut += calls.length + (upgraded ? 1 : 0);
    if (first && !upgraded && !first.headersSent && socket.writable) {
      refused += 1;
      cut -= 1;
      socket.end(refusal(first.req), () => socket.destroySoon());
    } else socket.destroy();
  }
  return { refused, cut };
}
