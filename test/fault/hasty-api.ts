import { createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/*
 * An API that answers as soon as it has seen a request's head and closes without reading on, in a process of its own: within one process the
 * event loop would bring the answer before the reset. Started as a child with an IPC channel; `key` and `cert` come by message for TLS.
 */
const ANSWERS: Readonly<Record<string, string>> = {
  "/length": "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 8\r\nConnection: close\r\n\r\ntoo long",
  "/chunked": "HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n8\r\ntoo long\r\n0\r\n\r\n",
  "/until-closed": "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\ntoo long",
  "/nothing": "",
};

process.once("message", ({ key, cert }: { key?: string; cert?: string }) => {
  const onConnection = (socket: import("node:net").Socket) => {
    socket.on("error", () => {});
    socket.once("data", (bytes) => {
      const path = /^\S+ \/api(\/[\w-]+)/.exec(bytes.toString("latin1"))?.[1] ?? "";
      socket.pause();
      // What has come unread by then makes the system answer with a reset.
      socket.write(ANSWERS[path] ?? "", () => socket.destroy());
    });
  };
  const server = key !== undefined && cert !== undefined ? createTlsServer({ key, cert }, onConnection) : createServer(onConnection);
  server.listen(0, "127.0.0.1", () => process.send?.(server.address()));
});
process.on("disconnect", () => process.exit(0));
