import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { RequestPace } from "./request-pace.js";

/** How a request's body is framed; `contentLength` is null when it came chunked. */
export interface BodyFraming {
  readonly contentLength: string | null;
}

/** Who is to do something next: the browser to send more, or the API to take what is there and, at the end, to answer. */
export type Awaited = "browser" | "api";

/** How many chunks (of 64 KiB at most) are read from the browser ahead of what the API has taken. */
const CHUNKS_AHEAD = 2;

/**
 * Whether a request has a body and how it is framed, or null without one. Node's parser has refused a message with both Content-Length
 * and Transfer-Encoding, and one with two lengths, already (RFC 9112 section 6.3).
 */
export function bodyFraming(request: IncomingMessage): BodyFraming | null {
  if (request.headers["transfer-encoding"] !== undefined) return { contentLength: null };
  const contentLength = request.headers["content-length"];
  return contentLength === undefined || Number(contentLength) === 0 ? null : { contentLength };
}

/**
 * The request's body as a stream that undici may destroy. Handed the request itself, undici would take its socket away and destroy it
 * once an answer is there, and with it the connection that the answer has to go out on.
 *
 * Back-pressure goes through: what the API does not take is not read from the browser. Destroying the stream lets go of the request
 * without ending it. A request that is cut off leaves the stream open: the response's `close` tells, and whoever hears it breaks off the
 * call, so that the API sees a cut and not an end.
 */
export function openRequestBody(request: IncomingMessage, pace: RequestPace, onAwait: (awaited: Awaited) => void): Readable {
  const onData = (chunk: Buffer) => {
    pace.heard(chunk.length);
    if (body.push(chunk)) return;
    request.pause();
    pace.rest();
    onAwait("api");
  };
  const onEnd = () => {
    release();
    body.push(null);
    onAwait("api");
  };
  const release = () => {
    pace.rest();
    request.off("data", onData).off("end", onEnd);
  };
  const body = new Readable({
    // Counted in chunks, not bytes: of a byte stream that has ended already undici takes the length, so that the framing that the API
    // sees would depend on timing.
    objectMode: true,
    highWaterMark: CHUNKS_AHEAD,
    read() {
      if (request.readableEnded) return;
      onAwait("browser");
      pace.wait();
      request.resume();
    },
    destroy(error, done) {
      release();
      done(error);
    },
  });
  // undici listens only as long as it is busy with the body; a late error has nobody left to tell.
  body.on("error", () => {});
  request.on("data", onData).on("end", onEnd);
  return body;
}
