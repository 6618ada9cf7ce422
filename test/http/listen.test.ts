import { once } from "node:events";
import { createServer as createTcpServer } from "node:net";
import t, { type Test } from "tap";
import { freePort } from "../../src/demo/free-port.js";
import { buildServer } from "../../src/server/server.js";
import { configWith } from "../config/valid-environment.js";
import { memoryLogger } from "../support/running-demo.js";

/** A port of 127.0.0.1 that something else listens on. */
async function takenPort(t: Test): Promise<number> {
  const port = await freePort();
  const server = createTcpServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  return port;
}

const isFree = async (port: number): Promise<boolean> => {
  const server = createTcpServer().listen(port, "127.0.0.1");
  const free = await Promise.race([once(server, "listening").then(() => true), once(server, "error").then(() => false)]);
  server.close();
  return free;
};

t.test("a start that cannot have one of its two addresses has neither, and names the setting to change", async (t) => {
  const [taken, free] = [await takenPort(t), await freePort()];
  const loopback = { HOST: "127.0.0.1", MANAGEMENT_HOST: "127.0.0.1" };
  // 192.0.2.1: for documentation alone (RFC 5737).
  for (const [settings, message] of [
    [{ ...loopback, PORT: `${free}`, MANAGEMENT_PORT: `${taken}` }, `MANAGEMENT_PORT: something listens on 127.0.0.1:${taken} already`],
    [{ ...loopback, PORT: `${taken}`, MANAGEMENT_PORT: `${free}` }, `PORT: something listens on 127.0.0.1:${taken} already`],
    [{ ...loopback, HOST: "192.0.2.1", PORT: "0", MANAGEMENT_PORT: `${free}` }, "HOST: 192.0.2.1 is no address of this machine"],
    [{ ...loopback, MANAGEMENT_HOST: "192.0.2.1", PORT: `${free}` }, "MANAGEMENT_HOST: 192.0.2.1 is no address of this machine"],
  ] as const) {
    const server = await buildServer(configWith(settings), { logger: memoryLogger([]) });
    const failure = await server.listen().catch((error: Error) => error);
    t.ok(failure instanceof Error && failure.message.startsWith(message), `${failure instanceof Error ? failure.message : "listens"}`);
    t.ok(await isFree(free), "the other address is free again");
    await server.close();
  }
});
