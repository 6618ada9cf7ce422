import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Test } from "tap";

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
