import { createServer, type Server as NetServer, type Socket } from "node:net";
import type { Test } from "tap";
import type { BffOptions } from "../../src/config/options.js";
import { listen } from "../support/listener.js";
import { rawClient } from "../support/raw-client.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";

/** What a raw API does with a connection once a whole head has come, `more` being what came behind it. */
export type Behaviour = (socket: Socket, head: string, more: Buffer) => void;

export interface Stage {
  readonly demo: RunningDemo;
  readonly port: number;
  readonly cookie: string;
  /** Sets what the API does from now on. */
  play(behaviour: Behaviour): void;
  /** Sends a head for a path, with the cookie of somebody signed in, and gives the connection. */
  ask(t: Test, path: string, more?: string, method?: string): ReturnType<typeof rawClient>;
}

/** The whole product in front of an API that writes its own bytes; `/api` with a session, `/open` without. */
export async function setUpStage(t: Test, options: Partial<BffOptions> = {}): Promise<Stage> {
  let behaviour: Behaviour = (socket) => socket.destroy();
  const api: NetServer = createServer((socket) => {
    let head = "";
    socket.on("data", (bytes) => {
      if (head.includes("\r\n\r\n") && !/^[A-Z]+ \/\S* HTTP\/1\.1\r\n/.test(bytes.toString("latin1"))) return;
      head = bytes.toString("latin1");
      const end = head.indexOf("\r\n\r\n") + 4;
      behaviour(socket, head.slice(0, end), bytes.subarray(end));
    });
  });
  const target = `http://127.0.0.1:${await listen(t, api)}`;
  const demo = await runDemo(t, {
    ...options,
    proxyRoutes: [
      { prefix: "/api", target },
      { prefix: "/open", target, session: "none", token: "none" },
      { prefix: "/brief", target, session: "none", token: "none", responseHeaderTimeout: "2s", bodyIdleTimeout: "3s" },
    ],
  });
  const cookie = (await demo.signedIn()).cookiesOf("localhost");
  const port = Number(new URL(demo.url).port);
  return {
    demo,
    port,
    cookie,
    play: (next) => {
      behaviour = next;
    },
    async ask(t, path, more = "", method = "GET") {
      const client = await rawClient(t, port);
      const head = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nCookie: ${cookie}\r\n`;
      client.socket.write(`${head}${more === "" ? "\r\n" : more}`, "latin1");
      return client;
    },
  };
}

export const answer =
  (bytes: string): Behaviour =>
  (socket) =>
    void socket.write(bytes, "latin1");

export const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n";
