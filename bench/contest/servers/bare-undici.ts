/* The least there can be: node:http and undici's dispatch, headers as they come, before the API in process.env.UPSTREAM. */
import { createServer } from "node:http";
import { type Dispatcher, Pool } from "undici";
import { listening } from "./listening.js";

const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "proxy-connection", "host"]);
const pool = new Pool(process.env["UPSTREAM"] ?? "", { connections: 64, pipelining: 1 });

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const headers: string[] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i] ?? "";
    if (!HOP_BY_HOP.has(name.toLowerCase())) headers.push(name, request.rawHeaders[i + 1] ?? "");
  }
  const hasBody = request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart() {},
    onResponseStart(controller, status) {
      const raw = (controller.rawHeaders as Buffer[] | undefined) ?? [];
      const back: string[] = [];
      for (let i = 0; i < raw.length; i += 2) {
        const name = raw[i]?.toString("latin1") ?? "";
        if (!HOP_BY_HOP.has(name.toLowerCase())) back.push(name, raw[i + 1]?.toString("latin1") ?? "");
      }
      response.writeHead(status, back);
    },
    onResponseData(_controller, chunk) {
      response.write(chunk);
    },
    onResponseEnd() {
      response.end();
    },
    onResponseError() {
      if (!response.headersSent) response.writeHead(502);
      response.end();
    },
  };
  const method = (request.method ?? "GET") as Dispatcher.HttpMethod;
  pool.dispatch({ path: request.url ?? "/", method, headers, body: hasBody ? request : null }, handler);
});
server.listen(0, "127.0.0.1", () => listening(server));
