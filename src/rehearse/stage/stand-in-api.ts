import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** One call as it arrived. */
export interface ReceivedCall {
  readonly path: string;
  /** The bearer token; null: none came. */
  readonly token: string | null;
}

/** What answers in place of one of the operator's APIs, and of the single-page app. */
export interface StandInApi {
  readonly url: string;
  readonly calls: readonly ReceivedCall[];
  close(): Promise<void>;
}

const HTML = "<!doctype html><title>Rehearsal</title>";

/** Listens on a free port of 127.0.0.1 and answers 200 to everything. */
export async function startStandInApi(): Promise<StandInApi> {
  const calls: ReceivedCall[] = [];
  const server: Server = createServer((incoming, answer) => {
    const token = /^Bearer (.+)$/.exec(incoming.headers.authorization ?? "")?.[1] ?? null;
    calls.push({ path: incoming.url ?? "", token });
    incoming.resume();
    const isPage = incoming.headers.accept?.includes("text/html") ?? false;
    answer.writeHead(200, { "content-type": isPage ? "text/html" : "application/json" }).end(isPage ? HTML : '{"ok":true}');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
