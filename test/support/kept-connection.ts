import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Test } from "tap";
import type { Person } from "./person.js";

/** An API whose answers a test writes itself. */
export interface AnswerableApi {
  readonly url: string;
  /** The next request that arrives, for the test to answer. */
  next(): Promise<[IncomingMessage, ServerResponse]>;
}

export async function startAnswerableApi(t: Test): Promise<AnswerableApi> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, next: () => once(server, "request") as Promise<[IncomingMessage, ServerResponse]> };
}

/** Leaves a connection to the API open, over which a call goes out at once: nothing could stop it any more. */
export async function keepConnectionTo(api: AnswerableApi, call: () => Promise<unknown>): Promise<void> {
  const asked = api.next();
  const answered = call();
  const [, response] = await asked;
  response.end();
  await answered;
}

/** Whether anything has reached the API since. */
export function watch(api: AnswerableApi): () => boolean {
  let asked = false;
  void api.next().then(() => {
    asked = true;
  });
  return () => asked;
}

/** A connection as a load balancer keeps one. */
export interface KeptConnection {
  readonly socket: Socket;
  send(...requests: string[]): void;
  text(): string;
  /** Resolves with how it ended. */
  readonly ending: Promise<"closed" | "reset">;
}

export async function openConnection(t: Test, url: string): Promise<KeptConnection> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  t.teardown(() => socket.destroy());
  let text = "";
  socket.setEncoding("latin1").on("data", (part: string) => {
    text += part;
  });
  const ending = new Promise<"closed" | "reset">((resolve) => {
    socket.once("error", () => resolve("reset"));
    socket.once("close", () => resolve("closed"));
  });
  await once(socket, "connect");
  const send = (...lines: string[]) => void socket.write(lines.map((line) => `${line} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(""));
  return { socket, send, text: () => text, ending };
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 20_000 && !(await condition()); turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  if (!(await condition())) throw new Error("it never came to that");
}

export const answersIn = (text: string) => text.split(/(?=HTTP\/1\.1 )/).filter((part) => part !== "");
export const saysClose = (answer: string | undefined) => /\r\nconnection: close\r\n/i.test(answer ?? "");

/** A call of a signed-in page, as bytes. */
export const callOf = (person: Person) =>
  `GET /api/x HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nCookie: ${person.cookiesOf("localhost")}\r\n\r\n`;
