import { createServer } from "node:http";
import { connect, createServer as createTcpServer, type Socket } from "node:net";
import t, { type Test } from "tap";
import { createClientSecrets } from "../../src/cognito/client-secrets.js";
import { createManagedLogin } from "../../src/cognito/managed-login.js";
import { createTokenSource } from "../../src/cognito/token-source.js";
import { Secret } from "../../src/model/secret.js";
import { openProxyTunnel } from "../../src/network/proxy-tunnel.js";
import { createWayOut } from "../../src/network/way-out.js";
import { startFront } from "../proxy/front.js";
import { collectLog } from "../support/collected-log.js";
import { until } from "../support/condition.js";
import { listen, startApi } from "../support/listener.js";
import { createManualClock } from "../support/manual-clock.js";
import { rawClient } from "../support/raw-client.js";
import { CLIENT_ID } from "../support/session-fixtures.js";
import { GRANTED } from "../support/session-lifecycle-rig.js";

const USER = "us er:p%40ss";
const EXPECTED = `Basic ${Buffer.from("us er:p@ss").toString("base64")}`;

/** A CONNECT proxy that leads every name of `.test` to loopback, and to nowhere else. */
async function startProxy(t: Test, status = 200): Promise<{ url: URL; asked: string[]; credentials: (string | undefined)[] }> {
  const asked: string[] = [];
  const credentials: (string | undefined)[] = [];
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on("connect", ({ url = "", headers }, browser: Socket, head) => {
    asked.push(url);
    credentials.push(headers["proxy-authorization"]);
    browser.on("error", () => {});
    if (status !== 200 || !/\.test:\d+$/.test(url)) {
      browser.end(`HTTP/1.1 ${status === 200 ? 403 : status} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const api = connect(Number(url.split(":")[1]), "127.0.0.1", () => {
      browser.write("HTTP/1.1 200 Connected\r\nVia: test\r\n\r\n");
      api.write(head);
      api.pipe(browser).pipe(api);
    });
    api.on("error", () => browser.destroy());
  });
  return { url: new URL(`http://127.0.0.1:${await listen(t, server)}`), asked, credentials };
}

const GET = "GET /api HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n";

t.test("a route with `proxy: true` goes through the proxy, with its user and password, and no other does", async (t) => {
  const api = await startApi(t, (_request, response) => response.end("hello"));
  const proxy = await startProxy(t);
  proxy.url.username = USER.split(":")[0] ?? "";
  proxy.url.password = "p@ss";
  const target = new URL(`http://api.test:${api.port}`);
  const wayOut = createWayOut(proxy.url, "exempt.test");
  const through = await startFront(t, { route: { target, proxy: true }, forwarder: { wayOut } });
  const client = await rawClient(t, through.port);
  client.socket.write(GET);
  t.match(await client.closed(), /^HTTP\/1\.1 200 [\s\S]*hello/);
  t.same(proxy.asked, [`api.test:${api.port}`]);
  t.same(proxy.credentials, [EXPECTED]);

  const straight = await startFront(t, { route: { target: api }, forwarder: { wayOut } });
  const other = await rawClient(t, straight.port);
  other.socket.write(GET);
  t.match(await other.closed(), /hello/);
  t.equal(proxy.asked.length, 1);

  const exempt = await startFront(t, { route: { target: new URL(`http://exempt.test:${api.port}`), proxy: true }, forwarder: { wayOut } });
  (await rawClient(t, exempt.port)).socket.write(GET);
  t.equal((await exempt.outcome()).kind, "unreachable", "asked straight, the name leads nowhere");
  t.equal(proxy.asked.length, 1);
});

t.test("a proxy that refuses makes the API unreachable, and its answer goes to nobody", async (t) => {
  const proxy = await startProxy(t, 407);
  const route = { target: new URL("http://api.test:81"), proxy: true };
  const front = await startFront(t, { route, forwarder: { wayOut: createWayOut(proxy.url, null) } });
  const client = await rawClient(t, front.port);
  client.socket.write(GET);
  t.match(await client.closed(), /^HTTP\/1\.1 502 /);
  t.match(await front.outcome(), { kind: "unreachable", error: { message: "the proxy of HTTPS_PROXY answered 407" } });
});

t.test("what keeps the proxy from giving a tunnel is said of the proxy, in whatever way it fails", async (t) => {
  const silent = createTcpServer((socket) => socket.on("error", () => {}).once("data", () => socket.end("SSH-2.0-x\r\n\r\n")));
  const port = await listen(t, silent);
  const cases = [
    [`http://127.0.0.1:${port}`, "the proxy of HTTPS_PROXY answered with no HTTP"],
    [`https://127.0.0.1:${port}`, /^the proxy of HTTPS_PROXY cannot be reached: .*wrong version number/],
    ["http://user:hidden@127.0.0.1:1", "the proxy of HTTPS_PROXY cannot be reached: connect ECONNREFUSED 127.0.0.1:1"],
  ] as const;
  for (const [proxy, message] of cases) {
    const route = { target: new URL("https://api.test:81"), proxy: true };
    const front = await startFront(t, { route, forwarder: { wayOut: createWayOut(new URL(proxy), null) } });
    (await rawClient(t, front.port)).socket.write(GET);
    t.match(await front.outcome(), { kind: "unreachable", error: { message } });
  }
});

t.test("a proxy that gives no tunnel in time is given up, by the clock", async (t) => {
  const clock = createManualClock();
  const silent = createTcpServer();
  const asked = new Promise<void>((resolve) => {
    silent.on("connection", (socket) => {
      socket.on("error", () => {});
      socket.once("data", () => resolve());
      t.teardown(() => socket.destroy());
    });
  });
  const proxy = new URL(`http://127.0.0.1:${await listen(t, silent)}`);
  const opened = new Promise<Error | null>((resolve) => {
    openProxyTunnel(proxy, "api.test", 81, { clock, timeoutMs: 3_600_000 }, (...[error]) => resolve(error));
  });
  await asked;
  clock.advance(3_600_000);
  t.match(await opened, { code: "ETIMEDOUT", message: "the proxy of HTTPS_PROXY gave no tunnel in time" });
  t.equal(clock.pending(), 0);
});

t.test(
  "Cognito is asked through the proxy: refreshes and the token endpoint; a proxy that refuses is a mistake of the configuration",
  async (t) => {
    const proxy = await startProxy(t);
    const log = collectLog();
    const cognito = {
      clientId: CLIENT_ID,
      clientSecrets: createClientSecrets([new Secret("secret")], log),
      deadlineMs: 5_000,
      clock: createManualClock(),
      tell: () => {},
      log,
      proxy: proxy.url,
    };
    const source = createTokenSource({ ...cognito, region: "eu-central-1", endpoint: null, refreshApi: "initiate_auth" });
    t.teardown(() => source.close());
    t.match(await source.revoke(new Secret("token"), GRANTED), { kind: "misconfigured" });
    const login = createManagedLogin({
      ...cognito,
      ...{ domain: "https://login.example", tokenUrl: "https://login.example", scopes: ["openid"] },
      ...{ redirectUri: "https://app.example/auth/callback", logoutUri: "https://app.example/" },
    });
    t.match(await login.redeemCode("code", "verifier"), { kind: "misconfigured" });
    await until(() => proxy.asked.length === 2, "both have asked the proxy");
    t.same(proxy.asked, ["cognito-idp.eu-central-1.amazonaws.com:443", "login.example:443"]);
  },
);
