import type { Test } from "tap";
import type { Config } from "../../src/config/config.js";
import { freePort } from "../../src/demo/free-port.js";
import type { Clock } from "../../src/model/clock.js";
import { type BffServer, buildServer } from "../../src/server/server.js";
import type { OpenStore } from "../../src/store/open-sessions.js";
import { updateClient } from "./administration.js";
import { Person } from "./person.js";
import { memoryLogger, type RunningDemo } from "./running-demo.js";

/** A second server beside the demo's, with the same Cognito and the same keys, as another process or a later release would be. */
export interface AnotherServer {
  readonly url: string;
  readonly managementUrl: string;
  readonly server: BffServer;
  readonly logLines: readonly string[];
  readonly clock: Clock;
  person(): Person;
}

export interface AnotherServerOptions {
  readonly changes?: Partial<Config>;
  /** How far its clock goes ahead of the demo's. */
  readonly aheadMs?: number;
  readonly openStore?: OpenStore;
}

export async function runAnotherServer(
  t: Test,
  demo: RunningDemo,
  { changes = {}, aheadMs = 0, openStore }: AnotherServerOptions = {},
): Promise<AnotherServer> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const clock: Clock = { ...demo.clock, now: () => demo.clock.now() + aheadMs };
  const clientId = changes.cognitoClientId ?? demo.config.cognitoClientId;
  await updateClient(demo, { CallbackURLs: [`${demo.url}/auth/callback`, `${url}/auth/callback`] }, clientId);
  const logLines: string[] = [];
  const config = { ...demo.config, port, managementPort: 0, publicUrl: url, ...changes };
  const server = await buildServer(config, { clock, logger: memoryLogger(logLines), ...(openStore && { openStore }) });
  t.teardown(() => server.close());
  const { managementUrl } = await server.listen();
  return { url, managementUrl, server, logLines, clock, person: () => new Person(url) };
}
