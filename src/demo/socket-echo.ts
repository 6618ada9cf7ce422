import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { WebSocketServer } from "ws";

/** What a WebSocket gets back: each message as it came, text as text and bytes as bytes. */
export interface SocketEcho {
  /** Completes the handshake of a caller that may come in. `head` is what came behind the request. */
  accept(request: IncomingMessage, socket: Socket, head: Buffer): void;
  /** Cuts every socket. */
  close(): void;
}

const LARGEST_MESSAGE_BYTES = 10 * 1024 * 1024;

/** A WebSocket echo that takes part in permessage-deflate where the browser offers it. */
export function createSocketEcho(): SocketEcho {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: true, maxPayload: LARGEST_MESSAGE_BYTES, clientTracking: true });
  server.on("connection", (socket) => {
    // An abrupt end says so here first; its close follows.
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  return {
    accept: (request, socket, head) => server.handleUpgrade(request, socket, head, (client) => server.emit("connection", client, request)),
    close() {
      for (const client of server.clients) client.terminate();
    },
  };
}
