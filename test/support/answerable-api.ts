import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Test } from "tap";

/** An API whose answers a test writes itself. */
export interface AnswerableApi {
  readonly url: string;
  /** The next request that arrives, for the test to answer. */
  next(): Promise<[IncomingMessage, ServerResponse]>;
}

export async function startAnswerableApi(t: Test): Promise<AnswerableApi> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, next: () => once(server, "request") as Promise<[IncomingMessage, ServerResponse]> };
}

/** Leaves a connection to the API open, over which a call goes out at once: nothing could stop it any more. */
export async function keepConnectionTo(api: AnswerableApi, call: () => Promise<unknown>): Promise<void> {
  const asked = api.next();
  const answered = call();
  const [, response] = await asked;
  response.end();
  await answered;
}

/** Whether anything has reached the API since. */
export function watch(api: AnswerableApi): () => boolean {
  let asked = false;
  void api.next().then(() => {
    asked = true;
  });
  return () => asked;
}
