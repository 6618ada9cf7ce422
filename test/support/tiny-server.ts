import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers one request; a handler that does nothing hangs. */
export type Answer = (response: ServerResponse, request: SeenRequest, message: IncomingMessage) => void;

export interface TinyServer {
  /** Without a trailing slash. */
  readonly url: string;
  readonly seen: SeenRequest[];
  /** What is answered from now on: the answers in order, the last one for ever. */
  answer(...answers: readonly Answer[]): void;
  /** Resolves when the first request has been dealt with, be it by not answering it. */
  readonly dealtWith: Promise<void>;
  /** Resolves when a connection that carried a request was closed. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

export const json =
  (status: number, body: unknown, headers: { readonly [name: string]: string } = {}): Answer =>
  (response) => {
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1", ...headers });
    response.end(JSON.stringify(body));
  };

/** One of Cognito's exceptions. */
export const exception = (name: string, message: string, status = 400): Answer =>
  json(status, { __type: name, message }, { "x-amzn-errortype": `${name}:`, "x-amzn-requestid": "4a1b2c3d-request" });

export const html =
  (status: number): Answer =>
  (response) => {
    response.writeHead(status, { "content-type": "text/html" });
    response.end("<html><body><h1>503 Service Unavailable</h1></body></html>");
  };

export const text =
  (status: number, body: string): Answer =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(body);
  };

export const hang: Answer = () => {};

/** Sends the head and the beginning of a body, and then nothing. */
export const hangInBody: Answer = (response) => {
  response.writeHead(200, { "content-type": "application/json" });
  response.write("{");
};

export const reset: Answer = (_response, _request, message) => void message.socket.destroy();

/** A server on a free port that gives literal answers. */
export async function startTinyServer(...answers: readonly Answer[]): Promise<TinyServer> {
  let left = [...answers];
  const seen: SeenRequest[] = [];
  let sawClose = () => {};
  const closed = new Promise<void>((resolve) => {
    sawClose = resolve;
  });
  let sawRequest = () => {};
  const dealtWith = new Promise<void>((resolve) => {
    sawRequest = resolve;
  });
  const server = createServer((message, response) => {
    message.socket.once("close", () => sawClose());
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const request = {
        method: message.method ?? "",
        url: message.url ?? "",
        headers: message.headers,
        body: Buffer.concat(chunks).toString("utf8"),
      };
      seen.push(request);
      const next = left.length > 1 ? left.shift() : left[0];
      (next ?? hang)(response, request, message);
      sawRequest();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    answer(...next) {
      left = [...next];
    },
    dealtWith,
    closed,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
