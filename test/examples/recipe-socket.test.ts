import type { RequestListener } from "node:http";
import type { Duplex } from "node:stream";
import { Server, type Socket as ServerSocket } from "socket.io";
import { io } from "socket.io-client";
import t, { type Test } from "tap";
import { followSession } from "../../examples/recipes/socket-io.js";
import { SESSION_ENDED_CODE } from "../../src/wire/close-codes.js";
import { until } from "../support/condition.js";
import { openRecipePage } from "./recipe-page.js";

const PATH = "/api/socket.io";

/** A connection as engine.io keeps it; the transport over WebSocket has one. */
interface EngineSocket {
  readonly transport: { readonly socket?: WebSocket };
  on(event: "close", listener: () => void): void;
}

/** A socket.io server behind what plays the proxy, and a socket of the page's. */
async function openSocket(t: Test, transport: "polling" | "websocket") {
  const page = await openRecipePage(t);
  const [refuse] = page.server.listeners("request") as RequestListener[];
  const upstream = new Server(page.server, { path: PATH, transports: [transport] });
  t.teardown(() => upstream.close());
  const heard: string[] = [];
  upstream.on("connection", (socket: ServerSocket) => socket.on("note", (note: string) => heard.push(note)));

  const open = new Set<EngineSocket>();
  upstream.engine.on("connection", (socket: EngineSocket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  const duplexes: Duplex[] = [];
  t.teardown(() => {
    for (const duplex of duplexes) duplex.destroy();
  });

  let handshakes = 0;
  const [serve] = page.server.listeners("request") as RequestListener[];
  const [upgrade] = page.server.listeners("upgrade") as ((...upgrading: unknown[]) => void)[];
  page.server.removeAllListeners("request").removeAllListeners("upgrade");
  page.server.on("request", (request, response) => {
    const isSocket = request.url?.startsWith(PATH);
    if (isSocket) handshakes += 1;
    void (isSocket && page.lets() ? serve : refuse)?.(request, response);
  });
  page.server.on("upgrade", (request, duplex: Duplex, head: Buffer) => {
    handshakes += 1;
    duplexes.push(duplex);
    if (page.lets()) upgrade?.(request, duplex, head);
    else duplex.end("HTTP/1.1 401 Unauthorized\r\nBFF-Problem: expired\r\nConnection: close\r\n\r\n");
  });

  const socket = io(page.origin, {
    path: PATH,
    transports: [transport],
    reconnectionDelay: 10,
    reconnectionDelayMax: 20,
    extraHeaders: { "x-bff-csrf": "1" },
  });
  t.teardown(() => socket.close());
  t.teardown(followSession(page.client, socket));
  await until(() => socket.connected, "connected");

  /** As the proxy does when it learns of the session's end. */
  const cut = () => {
    for (const { transport } of open) transport.socket?.close(SESSION_ENDED_CODE, "expired refresh_token_expired");
    // And polls that are waiting for an answer.
    page.server.closeAllConnections();
  };
  return { ...page, socket, heard, cut, handshakes: () => handshakes };
}

for (const transport of ["websocket", "polling"] as const)
  t.test(`socket.io over ${transport}`, async (t) => {
    t.test("it rests once the session has ended, and is there again after the sign-in, with what was to be sent", async (t) => {
      const page = await openSocket(t, transport);
      page.endSession();
      page.cut();
      await until(() => page.client.session().status === "expired", "the end is known");
      t.match(page.client.session(), { cause: "refresh_token_expired" });
      const before = page.handshakes();
      page.socket.emit("note", "still here");
      await new Promise((resolve) => setTimeout(resolve, 100));
      t.equal(page.handshakes(), before, "nothing is tried while nobody is signed in");
      await page.signIn();
      await until(() => page.heard.length > 0, "connected again");
      t.same(page.heard, ["still here"]);
    });

    t.test("without an end of the session socket.io connects again by itself", async (t) => {
      const page = await openSocket(t, transport);
      const before = page.handshakes();
      // Between two polls there is nothing to cut.
      await until(() => {
        if (page.socket.connected) page.cut();
        return !page.socket.connected;
      }, "cut");
      await until(() => page.socket.connected, "connected again");
      t.ok(page.handshakes() > before);
      t.equal(page.client.session().status, "active");
    });

    t.test("what one person was about to send is not sent as another", async (t) => {
      const page = await openSocket(t, transport);
      page.endSession();
      page.cut();
      await until(() => page.client.session().status === "expired", "the end is known");
      page.socket.emit("note", "ada's");
      await page.signIn("eve");
      await until(() => page.socket.connected, "connected again");
      page.socket.emit("note", "eve's");
      await until(() => page.heard.length > 0, "heard");
      t.same(page.heard, ["eve's"]);
    });
  });
