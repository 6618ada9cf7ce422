import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createNetServer, type Server as NetServer, type Socket } from "node:net";
import type { Test } from "tap";

/** The free port that a server listens on until the test ends. */
export async function listen(t: Test, server: Server | NetServer): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening on a port");
  return address.port;
}

/** An API over node:http. */
export async function startApi(t: Test, listener: RequestListener): Promise<URL> {
  return new URL(`http://127.0.0.1:${await listen(t, createServer(listener))}`);
}

/** An API that writes its own bytes. `onRequest` is called once the first bytes of a connection have come. */
export async function startRawApi(t: Test, onRequest: (socket: Socket, firstBytes: string) => void): Promise<URL> {
  const server = createNetServer((socket) => {
    socket.once("data", (bytes) => onRequest(socket, bytes.toString("latin1")));
  });
  return new URL(`http://127.0.0.1:${await listen(t, server)}`);
}
