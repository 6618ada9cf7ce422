import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Test } from "tap";
import type { Browser } from "../../src/client/browser.js";
import { createSessionClientIn, type SessionClient } from "../../src/client/session-client.js";
import { FakeTabs, sessionDocument } from "../client/fake-browser.js";
import { until } from "../support/condition.js";

/** A call as the API behind the proxy got it. */
export interface Arrived {
  readonly call: string;
  readonly body: string;
  readonly csrf: string | undefined;
}

/** A page before a server that plays the proxy: the client asks it over real HTTP. */
export interface RecipePage {
  readonly origin: string;
  readonly server: Server;
  readonly client: SessionClient;
  /** What got through to the API. */
  readonly arrived: readonly Arrived[];
  /** What was asked for below `/api`, whatever became of it. */
  readonly asked: readonly string[];
  /** Whether the proxy lets a request through to the API. */
  lets(): boolean;
  /** The session ends, and nobody tells the page. */
  endSession(): void;
  /** The proxy goes on refusing calls, whoever signs in. */
  refuseCalls(): void;
  /** Resolves when so many calls wait for the person. */
  waits(calls?: number): Promise<void>;
  /** The person signs in, in a window of its own. */
  signIn(sub?: string): Promise<void>;
}

const callOf = ({ method, url }: IncomingMessage) => `${method} ${url}`;

/** The person is signed in. */
export async function openRecipePage(t: Test): Promise<RecipePage> {
  const tabs = new FakeTabs();
  const tab = tabs.openTab();
  const arrived: Arrived[] = [];
  const asked: string[] = [];
  let sub: string | null = "ada";
  let startedAtMs = 0;
  let refuses = false;

  const server = createServer(async (request, response) => {
    const { url = "", headers } = request;
    const body = await text(request);
    const answer = (status: number, document: unknown, more: Record<string, string> = {}) => {
      response.writeHead(status, { "content-type": "application/json", ...more });
      response.end(JSON.stringify(document));
    };
    const isSession = url === "/auth/session";
    if (!isSession) asked.push(callOf(request));
    if (sub === null || (refuses && !isSession)) {
      const problem = { status: 401, reason: "expired", cause: "refresh_token_expired", login_url: "/auth/login" };
      answer(401, problem, { "content-type": "application/problem+json", "bff-problem": "expired" });
    } else if (isSession) answer(200, sessionDocument(tabs.clock.now(), { sub, startedAtMs }));
    else if (url.startsWith("/api/own-401")) answer(401, { message: "the API's own" });
    else {
      arrived.push({ call: callOf(request), body, csrf: headers["x-bff-csrf"]?.toString() });
      answer(200, { number: arrived.length });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });

  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser: Browser = { ...tab, origin, base: () => `${origin}/checkout`, fetch: (request) => fetch(request) };
  const client: SessionClient = createSessionClientIn(browser, {});
  t.teardown(() => client.dispose());
  await client.check();

  return {
    origin,
    server,
    client,
    arrived,
    asked,
    lets: () => sub !== null && !refuses,
    endSession() {
      sub = null;
    },
    refuseCalls() {
      refuses = true;
    },
    waits: (calls = 1) => until(() => client.waitingCalls === calls, `${calls} waiting`),
    async signIn(who = "ada") {
      sub = who;
      startedAtMs += 1_000;
      const popup = tabs.openTab().openChannel("cognito-bff", () => {});
      popup.postMessage({ type: "signed-in" });
      popup.close();
      await until(() => client.session().status === "active", "signed in again");
    },
  };
}

export interface Call {
  readonly path: string;
  readonly method?: "GET" | "POST";
  readonly body?: string;
  readonly idempotencyKey?: string;
  /** Opts in to being sent again. */
  readonly replay?: boolean;
}

/** What came of a call: the answer's document, or what the library threw. */
export type Send = (call: Call) => Promise<unknown>;
