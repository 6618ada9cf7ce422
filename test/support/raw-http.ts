import { connect } from "node:net";
import type { Person } from "./person.js";

/** Sends bytes as they are and reads until the server closes or `enough` is content. */
export function rawExchange(url: string, message: string, enough: (text: string) => boolean = isWhole): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(Number(port), hostname === "localhost" ? "127.0.0.1" : hostname, () => socket.write(message, "latin1"));
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no whole answer: ${text}`)));
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (enough(text)) socket.end();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
  });
}

/** Whether a head and as many bytes as its Content-Length says are there. */
function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  return end !== -1 && length !== undefined && text.length >= end + 4 + Number(length);
}

export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
}

export function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf("\r\n\r\n") + 4);
}

/** The answers that came one after another. */
export const answersIn = (text: string) => text.split(/(?=HTTP\/1\.1 )/).filter((part) => part !== "");

export const saysClose = (answer: string | undefined) => /\r\nconnection: close\r\n/i.test(answer ?? "");

/** A call of a signed-in page, as bytes. */
export const callOf = (person: Person) =>
  `GET /api/x HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nCookie: ${person.cookiesOf("localhost")}\r\n\r\n`;
