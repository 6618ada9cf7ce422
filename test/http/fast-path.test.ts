import { randomBytes } from "node:crypto";
import t, { type Test } from "tap";
import { createServer } from "../../src/index.js";
import { DEFAULT_SEED } from "../../src/local-cognito/index.js";
import { startApi } from "../support/listener.js";

/** A server with an API of public calls, and what somebody adds to it before it listens. */
async function serving(t: Test, add: (app: Awaited<ReturnType<typeof createServer>>["app"]) => void): Promise<string> {
  const api = await startApi(t, (_request, response) => response.end("the API"));
  const server = await createServer({
    publicUrl: "http://localhost:4000",
    host: "127.0.0.1",
    port: 0,
    managementPort: 0,
    cognitoUserPoolId: DEFAULT_SEED.userPoolId,
    cognitoClientId: DEFAULT_SEED.clientId,
    cognitoEndpoint: "http://127.0.0.1:9",
    cognitoClientSecret: DEFAULT_SEED.clientSecret,
    sessionKeys: randomBytes(32).toString("base64"),
    logLevel: "silent",
    proxyRoutes: [{ prefix: "/api", target: api.origin, session: "none", token: "none" }],
  });
  t.teardown(() => server.close());
  add(server.app);
  return (await server.listen()).url;
}

async function textOf(url: string): Promise<string> {
  return (await fetch(url, { headers: { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" } })).text();
}

t.test("a hook that somebody adds to the server's app is called for every call", async (t) => {
  const seen: string[] = [];
  const url = await serving(t, (app) => {
    app.addHook("onRequest", async (request) => void seen.push(request.url));
  });
  t.equal(await textOf(`${url}/api/a`), "the API");
  t.equal(await textOf(`${url}/api/b`), "the API");
  t.same(seen, ["/api/a", "/api/b"]);
});

t.test("a hook of a plugin that breaks out of its scope is called, too", async (t) => {
  const seen: string[] = [];
  const url = await serving(t, (app) => {
    const plugin = async (inner: typeof app) => void inner.addHook("onResponse", async (request) => void seen.push(request.url));
    app.register(Object.assign(plugin, { [Symbol.for("skip-override")]: true }));
  });
  t.equal(await textOf(`${url}/api/a`), "the API");
  t.same(seen, ["/api/a"]);
});

t.test("a route that somebody adds among an API's paths is served, and the API's other paths as before", async (t) => {
  const url = await serving(t, (app) => {
    app.get("/api/mine", async () => "mine");
  });
  t.equal(await textOf(`${url}/api/mine`), "mine");
  t.equal(await textOf(`${url}/api/theirs`), "the API");
});
