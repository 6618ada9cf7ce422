import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";

/** At what point the browser leaves. */
export const MOMENTS = ["before the head", "within the body", "within the upload", "while the API reads nothing"] as const;
export type Moment = (typeof MOMENTS)[number];

/** An API that never finishes: `/hang` says nothing, `/drip` begins a body, `/upload` reads what comes, `/deaf` does not. `/fine` is fine. */
export interface EndlessApi {
  readonly server: Server;
  readonly url: string;
  /** Resolves when the call with this path has come. */
  arrival(path: string): Promise<void>;
  /** How many calls have come and neither been answered nor been broken off. */
  readonly open: number;
  /** Reads what is left of the deaf calls: who does not read does not hear that a connection is gone. */
  listenAgain(): void;
  close(): Promise<void>;
}

export async function startEndlessApi(): Promise<EndlessApi> {
  const awaited = new Map<string, () => void>();
  let open = 0;
  const deaf = new Set<IncomingMessage>();
  const server = createServer((request: IncomingMessage, response) => {
    const path = request.url ?? "";
    open += 1;
    response.on("close", () => {
      open -= 1;
    });
    awaited.get(path)?.();
    awaited.delete(path);
    request.on("error", () => {});
    if (path.includes("/fine")) response.end("fine");
    if (path.includes("/drip")) response.write("some");
    if (path.includes("/upload")) request.resume();
    if (path.includes("/deaf")) deaf.add(request.once("close", () => deaf.delete(request)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrival: (path) => new Promise((resolve) => awaited.set(path, resolve)),
    get open() {
      return open;
    },
    listenAgain() {
      for (const request of deaf) request.resume();
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

const HEAD = "HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n";
/** More than fits into the sockets' buffers on the way. */
const BLOCK = Buffer.alloc(256 * 1024);

/** Makes one call through the product and breaks it off at the moment given; resolves when the browser's connection is gone. */
async function abortCall(port: number, cookie: string, api: EndlessApi, moment: Moment, name: string): Promise<void> {
  const path = `/api/${PLACES[moment]}/${name}`;
  const arrived = api.arrival(path);
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  const closed = once(socket, "close");
  const upload = moment === "within the upload" || moment === "while the API reads nothing";
  socket.write(`${upload ? "POST" : "GET"} ${path} ${HEAD}Cookie: ${cookie}\r\n${upload ? "Content-Length: 100000000\r\n" : ""}\r\n`);
  if (upload) socket.write(BLOCK);
  await Promise.race([arrived, closed]);
  if (moment === "within the body") await Promise.race([once(socket, "data"), closed]);
  socket.destroy();
  await closed;
  api.listenAgain();
}

const PLACES: Readonly<Record<Moment, string>> = {
  "before the head": "hang",
  "within the body": "drip",
  "within the upload": "upload",
  "while the API reads nothing": "deaf",
};

/** Breaks off `count` calls, `atOnce` at a time, every moment in turn. */
export async function abortCalls(port: number, cookie: string, api: EndlessApi, count: number, atOnce: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => index).values();
  const worker = async () => {
    for (const number of numbers) await abortCall(port, cookie, api, MOMENTS[number % MOMENTS.length] ?? "before the head", `${number}`);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

export function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))));
}

/** How many listeners a server has for every event, those of its parts included. */
export function listenersOf(server: Server): number {
  return server.eventNames().reduce((sum, name) => sum + server.listenerCount(name), 0);
}

/** What keeps the process alive, counted by kind. */
export function resourcesInUse(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
