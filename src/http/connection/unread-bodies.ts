import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Clock } from "../../model/clock.js";
import { bodyFraming } from "../../proxy/request-body.js";
import { RequestPace } from "../../proxy/request-pace.js";
import { closeLingering } from "./lingering-close.js";

/** Of a body that nobody wants any more, so much is still read, since most clients look for the answer only when they have sent all. */
const MOST_DROPPED_BYTES = 64 * 1024 * 1024;

/** Requests that are answered before their body is here: refused ones above all. */
export interface UnreadBodies {
  /**
   * Makes such an answer of this scope the last of its connection, which closes when the rest of the body has come and been dropped, or when it
   * comes too slowly or is too much.
   *
   * @param limitOf the `requestIdleTimeout` that holds for a request, milliseconds.
   */
  closeBehind(scope: FastifyInstance, limitOf: (request: FastifyRequest) => number | null): void;
  /** The same for an answer that keeps its connection, an API's: it is kept if the rest of the body comes within these limits. */
  drop(request: IncomingMessage, limitMs: number | null): void;
  /** The rest of the body is not waited for: its connection closes behind the answer. */
  giveUp(request: IncomingMessage): void;
  /** Whether an answer of `closeBehind` is there and about to go out. */
  isAnswering(request: IncomingMessage): boolean;
}

/** Reads on and drops it, until it is whole or has to end. */
function drain(request: IncomingMessage, clock: Clock, limitMs: number | null, onOver: (isWhole: boolean) => void): void {
  if (request.destroyed) {
    onOver(request.complete);
    return;
  }
  let bytes = 0;
  const over = () => {
    pace.rest();
    request.off("data", onData).off("end", over).off("close", over);
    // It goes on flowing: nothing that comes now may hold the connection's end up.
    request.resume();
    onOver(request.complete);
  };
  const onData = (chunk: Buffer) => {
    bytes += chunk.length;
    pace.heard(chunk.length);
    if (bytes > MOST_DROPPED_BYTES) over();
  };
  const pace = new RequestPace(clock, limitMs, over);
  request.on("data", onData).on("end", over).on("close", over);
  // A parser that has given up reads no more, and a pipe to it would hold the rest back.
  request.unpipe();
  request.resume();
  pace.wait();
}

export function createUnreadBodies(clock: Clock): UnreadBodies {
  const givenUp = new WeakSet<IncomingMessage>();
  const answering = new WeakSet<IncomingMessage>();

  /**
   * Begins at once: what is unread when an answer is out Node drops by itself, uncounted. And Node ends a connection behind its last answer by
   * `destroySoon`, which reads nothing more. That is put off for connections with half a body on them alone, and only once: whoever ends one
   * meanwhile, such as a server that stops, means it.
   */
  function drainBeforeEnd(request: IncomingMessage, limitMs: number | null): void {
    const { socket } = request;
    const { destroySoon } = socket;
    let isOver = givenUp.has(request);
    let isAnswered = false;
    const end = () => {
      if (isOver && isAnswered) closeLingering(socket, clock);
    };
    socket.destroySoon = () => {
      socket.destroySoon = destroySoon;
      isAnswered = true;
      end();
    };
    if (isOver) return;
    drain(request, clock, limitMs, () => {
      isOver = true;
      end();
    });
  }

  return {
    closeBehind(scope, limitOf) {
      scope.addHook("onSend", (request, reply, payload, done) => {
        const { raw } = request;
        // Of HTTP/1 alone; what `app.inject` makes up has no such member.
        if (raw.complete !== false || raw.httpVersionMajor !== 1 || bodyFraming(raw) === null) {
          done(null, payload);
          return;
        }
        answering.add(raw);
        // Behind the packet in hand, with which the body may be whole.
        setImmediate(() => {
          answering.delete(raw);
          if (!raw.complete) {
            reply.header("connection", "close");
            drainBeforeEnd(raw, limitOf(request));
          }
          done(null, payload);
        });
      });
    },
    drop(request, limitMs) {
      if (request.complete || request.socket.destroyed) return;
      drain(request, clock, limitMs, (isWhole) => {
        if (!isWhole) closeLingering(request.socket, clock);
      });
    },
    giveUp: (request) => void givenUp.add(request),
    isAnswering: (request) => answering.has(request),
  };
}
