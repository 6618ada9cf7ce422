import type { IncomingMessage } from "node:http";
import type { ServerOptions } from "node:https";
import fastify, { type FastifyInstance } from "fastify";
import type { Test } from "tap";
import { freePort } from "../../src/demo/free-port.js";
import { type BffPluginOptions, cognitoBff } from "../../src/index.js";
import { memoryLogger } from "./running-demo.js";

export interface EmbeddedProxy {
  readonly url: string;
  readonly app: FastifyInstance;
  readonly logLines: readonly string[];
}

/** An app of somebody's own with the plugin in it and nobody signed in; `before` and `after` register what comes around the plugin. */
export async function embedProxy(
  t: Test,
  proxyRoutes: BffPluginOptions["proxyRoutes"],
  before: (app: FastifyInstance) => void | Promise<void> = () => {},
  after: (app: FastifyInstance) => void | Promise<void> = () => {},
  https: ServerOptions | null = null,
  rewriteUrl: (request: IncomingMessage) => string = ({ url = "" }) => url,
): Promise<EmbeddedProxy> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const logLines: string[] = [];
  const app: FastifyInstance = fastify({ loggerInstance: memoryLogger(logLines), https, rewriteUrl });
  t.teardown(() => app.close());
  await before(app);
  await app.register(cognitoBff, {
    publicUrl: url,
    cognitoUserPoolId: "us-east-1_Local0001",
    cognitoClientId: "client",
    cognitoPublicClient: true,
    sessionKeys: [Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64")],
    proxyRoutes,
  });
  await after(app);
  await app.listen({ host: "127.0.0.1", port });
  return { url, app, logLines };
}
