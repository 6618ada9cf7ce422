/* The API behind idle streams: an event stream that says nothing after its first line at any path, and a WebSocket that never says anything. */
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { listening } from "./listening.js";

const server = createServer((_request, response) => {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.write(": open\n\n");
});
new WebSocketServer({ server, perMessageDeflate: false });
server.listen(0, "127.0.0.1", () => listening(server));
