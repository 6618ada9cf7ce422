import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import t, { type Test } from "tap";
import WebSocket from "ws";
import { buildApp } from "../../examples/embedded-plugin/app.js";
import { buildApp as buildWithNeighbours } from "../../examples/embedded-plugin/neighbours.js";
import { freePort } from "../../src/demo/free-port.js";
import type { BffPluginOptions } from "../../src/index.js";
import { DEFAULT_SEED, defaultSeed, startLocalCognito } from "../../src/local-cognito/index.js";
import { Person } from "../support/person.js";

/** The address of an app that signs in at a local Cognito. */
async function start(t: Test, build: (options: BffPluginOptions) => Promise<FastifyInstance>): Promise<string> {
  const port = await freePort();
  const publicUrl = `http://localhost:${port}`;
  const cognito = await startLocalCognito({ port: 0, seed: defaultSeed({ publicUrl }) });
  t.teardown(() => cognito.close());
  const app = await build({
    publicUrl,
    cognitoEndpoint: cognito.url,
    cognitoDomain: cognito.url,
    cognitoUserPoolId: DEFAULT_SEED.userPoolId,
    cognitoClientId: DEFAULT_SEED.clientId,
    cognitoClientSecret: DEFAULT_SEED.clientSecret,
    sessionKeys: [randomBytes(32).toString("base64")],
  });
  t.teardown(() => app.close());
  await app.listen({ port });
  return publicUrl;
}

t.test("the example app greets who has signed in, tells everybody else why not, and shows the plugin's metrics", async (t) => {
  const person = new Person(await start(t, buildApp));
  const before = await person.call("/greeting");
  t.equal(before.status, 401);
  t.equal(before.json()["reason"], "anonymous");
  await person.click(await person.visit("/"), "Sign in").then((page) => person.submitLogin(page, DEFAULT_SEED.user));
  t.same((await person.call("/greeting")).json(), { hello: DEFAULT_SEED.user.email, groups: ["admin", "customers"] });
  t.match((await person.call("/metrics")).text, /^bff_/m);
});

t.test("the plugin among others: helmet, cors, cookie, swagger, websocket and static each do what the example says", async (t) => {
  const spa = t.testdir({ "index.html": "<title>The app</title>", "app.js": "" });
  let app: FastifyInstance | undefined;
  const url = await start(t, async (options) => {
    app = await buildWithNeighbours(options, spa);
    return app;
  });
  const person = new Person(url);
  t.equal((await person.call("/report")).headers["bff-problem"], "anonymous");
  const foreign = await fetch(`${url}/auth/session`, {
    headers: { origin: "https://partner.example.com", "sec-fetch-site": "cross-site" },
  });
  t.equal(foreign.headers.get("bff-problem"), "csrf", "cors opens nothing of the plugin's");
  t.ok(foreign.headers.get("x-frame-options"), "helmet's headers are on its answers");
  await person.signIn(DEFAULT_SEED.user);
  t.same((await person.call("/report")).json(), { for: DEFAULT_SEED.user.email });
  const paths = Object.keys(app?.swagger().paths ?? {});
  t.ok(paths.includes("/report"));
  t.notOk(paths.some((path) => path.startsWith("/auth")));

  const page = { headers: { accept: "text/html" } };
  t.match((await person.call("/orders/7", page)).text, "The app", "any path is the app's");
  t.equal((await person.call("/app.js")).status, 200);
  t.equal((await person.call("/nothing.js")).status, 404);

  const refused = new WebSocket(`${url.replace("http", "ws")}/live`, { headers: { origin: url } });
  refused.on("error", () => {});
  const [, { statusCode }] = (await once(refused, "unexpected-response")) as [unknown, { statusCode: number }];
  t.equal(statusCode, 401);
  const socket = new WebSocket(`${url.replace("http", "ws")}/live`, { headers: { origin: url, cookie: person.cookiesOf("localhost") } });
  const [hello] = (await once(socket, "message")) as [Buffer];
  t.equal(`${hello}`, `hello ${DEFAULT_SEED.user.email}`);
  socket.close();
});

t.test("docs/embedding.md shows it as it is", (t) => {
  const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
  const [, shown = ""] = /neighbours\.ts\)[\s\S]*?^```ts\n([\s\S]*?)^```$/m.exec(read("docs/embedding.md")) ?? [];
  t.equal(shown, read("examples/embedded-plugin/neighbours.ts"));
  t.end();
});
