import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Test } from "tap";
import WebSocket, { type ClientOptions, WebSocketServer } from "ws";
import type { Person } from "./person.js";
import type { RunningDemo } from "./running-demo.js";

/** How a socket ended. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** A refusal of the handshake, as the browser's network panel shows it. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** What a page's `new WebSocket(path)` does with a person's cookies. */
export function dial(demo: Pick<RunningDemo, "url">, person: Person | null, path = "/api/socket", options: ClientOptions = {}): WebSocket {
  const cookie = person?.cookiesOf("localhost") ?? "";
  const socket = new WebSocket(`${demo.url.replace("http", "ws")}${path}`, {
    origin: demo.url,
    ...options,
    headers: { ...(cookie === "" ? {} : { cookie }), ...options.headers },
  });
  // A test asks for what it expects; the rest must not end the process.
  socket.on("error", () => {});
  return socket;
}

/** A socket that is open, ended when the test is. */
export async function openSocket(t: Test, ...args: Parameters<typeof dial>): Promise<WebSocket> {
  const socket = dial(...args);
  t.teardown(() => socket.terminate());
  await once(socket, "open");
  return socket;
}

export async function closingOf(socket: WebSocket): Promise<Closing> {
  const [code, reason] = (await once(socket, "close")) as [number, Buffer];
  return { code, reason: reason.toString() };
}

/** @throws Error where the socket is let in. */
export async function refusalOf(socket: WebSocket): Promise<Refusal> {
  const letIn = once(socket, "open").then(() => {
    throw new Error("it was let in");
  });
  const [, answer] = (await Promise.race([once(socket, "unexpected-response"), letIn])) as [unknown, IncomingMessage];
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) text += chunk;
  letIn.catch(() => {});
  return { status: answer.statusCode ?? 0, headers: answer.headers, text };
}

/** Sends a message and waits for what comes back. */
export async function echoOf(socket: WebSocket, message: string | Buffer): Promise<{ readonly data: Buffer; readonly isBinary: boolean }> {
  const answer = once(socket, "message") as Promise<[Buffer, boolean]>;
  socket.send(message);
  const [data, isBinary] = await answer;
  return { data, isBinary };
}

/** An API that accepts every socket and echoes. */
export async function startSocketApi(t: Test): Promise<{ readonly url: string; readonly server: WebSocketServer }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: true });
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  t.teardown(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening on a port");
  return { url: `http://127.0.0.1:${address.port}`, server };
}
