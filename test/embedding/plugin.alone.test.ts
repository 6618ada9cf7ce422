import { once } from "node:events";
import fastifyCookie, { type FastifyCookieOptions } from "@fastify/cookie";
import fastifyHelmet from "@fastify/helmet";
import fastifyWebsocket from "@fastify/websocket";
import fastify, { type FastifyInstance } from "fastify";
import t, { type Test } from "tap";
import { WebSocket } from "ws";
import { freePort } from "../../src/demo/free-port.js";
import { startSampleApi } from "../../src/demo/sample-api.js";
import { type BffPluginOptions, ConfigError, cognitoBff } from "../../src/index.js";
import { DEFAULT_SEED, defaultSeed, type LocalCognito, startLocalCognito } from "../../src/local-cognito/index.js";
import { embedProxy } from "../support/embedded.js";
import { Person } from "../support/person.js";

const NAVIGATE = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "same-origin", accept: "text/html" };

interface Embedding {
  readonly app: FastifyInstance;
  readonly url: string;
  readonly cognito: LocalCognito;
  readonly options: BffPluginOptions;
}

/** A Fastify app with the plugin's options for it; `setUp` registers what the test wants before it listens. */
async function embed(t: Test, setUp: (app: FastifyInstance, options: BffPluginOptions) => Promise<void>): Promise<Embedding> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const cognito = await startLocalCognito({ port: 0, seed: defaultSeed({ publicUrl: url }) });
  const api = await startSampleApi({ host: "127.0.0.1", port: 0, verify: async () => ({ sub: "somebody" }) });
  const options: BffPluginOptions = {
    publicUrl: url,
    cognitoUserPoolId: DEFAULT_SEED.userPoolId,
    cognitoClientId: DEFAULT_SEED.clientId,
    cognitoClientSecret: DEFAULT_SEED.clientSecret,
    cognitoDomain: cognito.url,
    cognitoEndpoint: cognito.url,
    sessionKeys: [Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64")],
    proxyRoutes: [{ prefix: "/api", target: api.url }],
  };
  const app = fastify();
  t.teardown(async () => {
    await app.close();
    await api.close();
    await cognito.close();
  });
  await setUp(app, options);
  await app.listen({ host: "127.0.0.1", port });
  return { app, url, cognito, options };
}

/** Says hello over a WebSocket and resolves with the first answer. */
async function ask(url: string, person: Person): Promise<string> {
  const { origin, hostname } = new URL(url);
  const socket = new WebSocket(url.replace("http", "ws"), { headers: { origin, cookie: person.cookiesOf(hostname) } });
  await once(socket, "open");
  socket.send("hello");
  const [answer] = (await once(socket, "message")) as [Buffer];
  socket.close();
  return answer.toString();
}

t.test("embedded with @fastify/websocket and @fastify/helmet present, the plugin does its job and they do theirs", async (t) => {
  const { url } = await embed(t, async (app, options) => {
    await app.register(fastifyCookie);
    await app.register(fastifyHelmet);
    await app.register(fastifyWebsocket);
    await app.register(cognitoBff, options);
    app.get("/own", async (request) => ({ cookies: Object.keys(request.cookies), signedIn: request.bff !== null }));
    app.get("/mine", { onRequest: app.bff.requireSession }, async (request) => ({
      user: request.bff?.user.email,
      token: request.bff?.token("id").slice(0, 2),
    }));
    app.post("/own", async (request) => request.body);
    app.get("/own-socket", { websocket: true }, (socket) => {
      socket.on("message", (text: Buffer) => socket.send(`own ${text}`));
    });
  });
  const person = new Person(url);
  t.equal((await person.call("/mine")).headers["bff-problem"], "anonymous");
  await person.signIn(DEFAULT_SEED.user);
  t.match((await person.call("/api/echo")).json<{ headers: Record<string, string> }>().headers["authorization"], /^Bearer ey/);
  t.same((await person.call("/mine")).json(), { user: DEFAULT_SEED.user.email, token: "ey" });
  const own = await person.call("/own");
  t.ok(own.headers["content-security-policy"], "helmet's headers are on the app's routes");
  t.match(own.json<{ cookies: string[]; signedIn: boolean }>(), { signedIn: false });
  t.same(own.json<{ cookies: string[] }>().cookies, [person.nameOf("bff-session")]);
  t.same(
    (await person.call("/own", { method: "POST", headers: { "content-type": "application/json" }, body: '{"a":1}' })).json(),
    { a: 1 },
    "the app's own body parsers are untouched",
  );
  t.equal(await ask(`${url}/own-socket`, person), "own hello", "the app's own sockets are the app's");
  t.equal(await ask(`${url}/api/socket`, person), "hello", "the API's are the proxy's");
  t.equal((await person.call("/nothing")).headers["bff-problem"], undefined, "and so is its 404");
});

t.test("a problem is called as the trace it belongs to, or by an id of its own, and so is its line in the app's log", async (t) => {
  const { url, logLines } = await embedProxy(t, [{ prefix: "/api", target: "http://127.0.0.1:9" }], undefined, (app) => {
    app.post("/mine", { onRequest: app.bff.requireSession }, async () => ({}));
  });
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const origin = "https://another.example";
  for (const path of ["/api/echo", "/auth/refresh", "/mine"]) {
    const refused = async (headers: Record<string, string>) => {
      const answer = await fetch(`${url}${path}`, { method: "POST", headers: { origin, ...headers } });
      t.equal(answer.headers.get("bff-problem"), "csrf", path);
      return ((await answer.json()) as { request_id: string }).request_id;
    };
    t.equal(await refused({ traceparent: `00-${trace}-00f067aa0ba902b7-01` }), trace, path);
    const id = await refused({});
    t.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4/, path);
    t.ok(
      logLines.some((line) => (JSON.parse(line) as { request_id?: string }).request_id === id),
      path,
    );
  }
});

t.test("embedded alone, the plugin brings its own cookie parser and leaves none behind", async (t) => {
  const { app, url } = await embed(t, async (host, options) => {
    await host.register(cognitoBff, options);
  });
  t.notOk(app.hasRequestDecorator("cookies"));
  const person = new Person(url);
  t.equal((await person.visit("/auth/login?return_to=/api/echo")).status, 200);
  await person.signIn(DEFAULT_SEED.user, "/auth/login?return_to=/api/echo");
  t.equal((await person.call("/auth/session")).status, 200);
});

/** What a host app may have set up for cookies of its own. */
const HOST_COOKIES: readonly FastifyCookieOptions[] = [
  { hook: false },
  { secret: "the app's own, of 32 characters or more" },
  {
    secret: "the app's own, of 32 characters or more",
    parseOptions: { signed: true, domain: "elsewhere.example", path: "/app", maxAge: 1 },
  },
  { parseOptions: { domain: "elsewhere.example", sameSite: "none", secure: true, httpOnly: false } },
];

t.test("the host app's options for cookies are for its own: sign-in works beside any, and its cookies are as ever", async (t) => {
  for (const hostOptions of HOST_COOKIES) {
    const { url } = await embed(t, async (app, options) => {
      await app.register(fastifyCookie, hostOptions);
      await app.register(cognitoBff, options);
    });
    const person = new Person(url);
    const begun = await person.call("/auth/login", { headers: { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" } });
    t.match(begun.headers["set-cookie"], /^bff-login-\d+-[\w-]{8}=[\w-]+; Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax$/);
    t.equal((await person.signIn(DEFAULT_SEED.user, "/auth/login?return_to=/api/echo")).status, 200, JSON.stringify(hostOptions));
    t.equal((await person.call("/auth/session")).status, 200);
    t.notMatch(person.cookiesOf("localhost"), /bff-login-\d+-\w+=.*bff-login/, "of its two transactions the finished one is cleared");
  }
});

t.test("a route of one's own refreshes, hears of the end and refuses cross-site calls as the proxy does", async (t) => {
  const { app, url, cognito } = await embed(t, async (app, options) => {
    await app.register(cognitoBff, options);
    app.post("/mine", { onRequest: app.bff.requireSession }, async (request) => ({ user: request.bff?.user.email }));
  });
  const person = new Person(url);
  await person.call("/mine", { method: "POST" });
  t.match(await app.bff.metrics.metrics(), /bff_problems_total\{reason="anonymous"\} 1/, "and is counted as the proxy's are");
  await person.signIn(DEFAULT_SEED.user);
  t.equal((await person.call("/mine", { method: "POST" })).status, 200);
  t.equal((await person.call("/mine", { method: "POST", headers: { "sec-fetch-site": "cross-site" } })).headers["bff-problem"], "csrf");
  await person.call("/auth/logout", { method: "POST" });
  t.equal((await person.call("/mine", { method: "POST" })).json<{ reason: string }>().reason, "signed_out");
  t.ok(cognito.calls.list("RevokeToken").length > 0);
});

t.test("options with faults are refused when the plugin is registered, all at once", async (t) => {
  const app = fastify();
  t.teardown(() => app.close());
  const error: unknown = await app.register(cognitoBff, { publicUrl: "x" } as unknown as BffPluginOptions).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  t.ok(error instanceof ConfigError);
  t.match(
    (error as ConfigError).faults.map(({ name }) => name),
    ["publicUrl", "cognitoUserPoolId"],
  );
});

t.test("a sign-in leads to pages of the app's own that are behind the session", async (t) => {
  const { url } = await embed(t, async (app, options) => {
    await app.register(cognitoBff, options);
    app.get("/report", { onRequest: app.bff.requireSession }, async (request) => `for ${request.bff?.user.email}`);
  });
  const person = new Person(url);
  const between = await person.signIn(DEFAULT_SEED.user, "/auth/login?return_to=/report");
  t.equal((await person.moveOn(between)).text, `for ${DEFAULT_SEED.user.email}`);

  const resumed = await person.call("/auth/resume?return_to=/report", { headers: NAVIGATE });
  t.equal(resumed.status, 200, "what a link of another site can bring about takes a click");
  t.equal((await person.click(resumed, "Go on")).text, `for ${DEFAULT_SEED.user.email}`);
});

t.test("below a prefix, where none of its paths could be reached, it is not registered, and says where it can be", async (t) => {
  const app = fastify();
  t.teardown(() => app.close());
  const registering = app.register(
    (scope, _options, done) => {
      void scope.register(cognitoBff, {
        publicUrl: "https://app.example.com",
        cognitoUserPoolId: "us-east-1_Local0001",
        cognitoClientId: "client",
        cognitoPublicClient: true,
        sessionKeys: [Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64")],
        proxyRoutes: [{ prefix: "/api", target: "http://127.0.0.1:9" }],
      });
      done();
    },
    { prefix: "/v1" },
  );
  await t.rejects(async () => registering, { message: /below the prefix \/v1\. .*authPrefix and proxyRoutes/ });
});
