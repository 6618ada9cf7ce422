import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Test } from "tap";

/** A browser's connection, byte by byte. */
export interface RawClient {
  readonly socket: Socket;
  /** Everything that has come, as latin1. */
  text(): string;
  /** Resolves once the text matches; rejects when the connection closes before. */
  until(pattern: RegExp): Promise<string>;
  /** Resolves with the text once the connection has closed. */
  closed(): Promise<string>;
}

export async function rawClient(t: Test, port: number): Promise<RawClient> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (part: string) => {
    text += part;
  });
  socket.on("error", () => {});
  await once(socket, "connect");
  t.teardown(() => socket.destroy());
  const closed = once(socket, "close");
  return {
    socket,
    text: () => text,
    async until(pattern) {
      while (!pattern.test(text)) {
        if (socket.destroyed) throw new Error(`closed before ${pattern}: ${text}`);
        await Promise.race([once(socket, "data"), closed]);
      }
      return text;
    },
    async closed() {
      await closed;
      return text;
    },
  };
}

/** Sends one request and gives back everything until the connection closes. */
export async function rawCall(t: Test, port: number, request: string): Promise<string> {
  const client = await rawClient(t, port);
  client.socket.write(request, "latin1");
  return client.closed();
}
