import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { connect } from "node:tls";
import fastify from "fastify";
import t from "tap";

import { request } from "undici";
import { cognitoBff } from "../../src/index.js";
import { startAnswerableApi, watch } from "../support/answerable-api.js";
import { until } from "../support/condition.js";
import { embedProxy } from "../support/embedded.js";
import { openConnection } from "../support/kept-connection.js";
import { answersIn, rawExchange, saysClose, statusOf } from "../support/raw-http.js";

t.test("a body parser before the plugin is named as the cause, in the answer and in the log; what it leaves alone passes", async (t) => {
  const api = await startAnswerableApi(t);
  const { url, logLines } = await embedProxy(t, [{ prefix: "/open", target: api.url, session: "none", token: "none" }], (app) => {
    // As @fastify/express and @fastify/middie run express.json().
    app.addHook("onRequest", async ({ raw }) => {
      if (raw.headers["content-type"] === "application/json") await text(raw);
    });
  });
  const handedOn = watch(api);
  const headers = { origin: url, "content-type": "application/json" };
  for (const path of ["/open/x", "/auth/logout"]) {
    const answer = await request(`${url}${path}`, { method: "POST", headers, body: '{"secret":"s3cret"}' });
    t.equal(answer.statusCode, 500, path);
    t.equal(answer.headers["bff-problem"], "misconfigured");
    t.match(await answer.body.json(), { detail: /^A body parser of the app, such as express\.json\(\), has read the request's body/ });
  }
  t.ok(logLines.some((line) => line.includes("has read the request's body before cognito-bff could")));
  t.notMatch(logLines.join(""), "s3cret");
  t.notOk(handedOn());

  const asked = api.next();
  const answering = request(`${url}/open/x`, { method: "POST", headers: { ...headers, "content-type": "text/plain" }, body: "hello" });
  const [received, response] = await asked;
  t.equal(await text(received), "hello", "a body that nobody has read is streamed");
  response.end();
  t.equal((await answering).statusCode, 200);
  const emptyHanded = api.next();
  const bodiless = request(`${url}/open/x`, { headers });
  (await emptyHanded)[1].end();
  t.equal((await bodiless).statusCode, 200, "and where there was none, nothing is missing");
});

t.test("where the app puts another path in place of the one that came, it is that path's route that counts", async (t) => {
  const api = await startAnswerableApi(t);
  const rewrite = ({ url = "" }: IncomingMessage) => url.replace(/^\/v1(?=\/)/, "");
  const { url } = await embedProxy(
    t,
    [{ prefix: "/open", target: api.url, session: "none", token: "none" }],
    undefined,
    undefined,
    null,
    rewrite,
  );
  for (const extra of [[], ["Expect: 100-continue"]]) {
    const asked = api.next();
    const head = ["POST /v1/open/x HTTP/1.1", "Host: localhost", `Origin: ${url}`, "Content-Length: 0", "Connection: close", ...extra];
    const answering = rawExchange(url, `${head.join("\r\n")}\r\n\r\n`);
    const [received, response] = await asked;
    t.equal(received.url, "/open/x");
    response.end();
    t.match(await answering, /(?:^|\r\n\r\n)HTTP\/1\.1 200 /, extra.join());
  }
});

t.test("a body that an app has had decoded as text is not sent on as what it is not", async (t) => {
  const api = await startAnswerableApi(t);
  const { url, logLines } = await embedProxy(t, [{ prefix: "/open", target: api.url, session: "none", token: "none" }], (app) => {
    app.addHook("onRequest", async ({ raw }) => void raw.setEncoding("utf8"));
  });
  const handedOn = watch(api);
  const answer = await request(`${url}/open/x`, { method: "POST", headers: { origin: url }, body: Buffer.from([0xff, 0xd8, 0xff]) });
  t.equal(answer.statusCode, 500);
  t.match(await answer.body.json(), { reason: "misconfigured", detail: /^Something in the app has had .* decoded as text/ });
  t.ok(logLines.some((line) => line.includes("decoded as text (setEncoding)")));
  t.notOk(handedOn());
});

t.test("in an app of one's own, what is not HTTP and asks for a path of ours is refused too, without a word of Fastify's", async (t) => {
  const api = await startAnswerableApi(t);
  const { url, logLines } = await embedProxy(t, [{ prefix: "/open", target: api.url, session: "none", token: "none" }]);
  const handedOn = watch(api);
  for (const line of ["GET /open/x RTSP/1.1", "DESCRIBE /open/x RTSP/1.0", "SOURCE /open/x ICE/1.0", "SETUP /auth/session RTSP/1.0"]) {
    t.equal(statusOf(await rawExchange(url, `${line}\r\nHost: localhost\r\n\r\n`)), 400, line);
  }
  t.notOk(handedOn());
  t.notMatch(logLines.join(""), /"level":(?:40|50|60)/);
});

t.test("… in however many pieces its head comes, behind another request too", async (t) => {
  const api = await startAnswerableApi(t);
  const { url, app } = await embedProxy(t, [{ prefix: "/open", target: api.url, session: "none", token: "none" }]);
  const handedOn = watch(api);
  const statusesOf = async (...pieces: string[]) => {
    const accepted = once(app.server, "connection");
    const connection = await openConnection(t, url);
    const [socket] = (await accepted) as [Socket];
    let sent = 0;
    for (const piece of pieces) {
      connection.socket.write(piece);
      sent += piece.length;
      await until(() => socket.bytesRead === sent);
    }
    await until(() => saysClose(connection.text()));
    return answersIn(connection.text()).map(statusOf);
  };
  const rest = "Host: localhost\r\n\r\n";
  t.same(await statusesOf("GET /open/x RTSP/1.1\r\nHo", "st: localhost\r\n\r\n"), [400]);
  t.same(await statusesOf("G", "ET /open/x RT", "SP/1.1\r", `\n${rest}`), [400]);
  t.same(await statusesOf(`GET /open/x RTSP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n`, rest), [400]);
  t.same(await statusesOf(`GET /none HTTP/1.1\r\n${rest}GET /open/x RTSP/1.1\r\n`, rest), [404, 400]);
  t.same(
    await statusesOf("POST /none HTTP/1.1\r\nContent-Length: 4\r\nHost: localhost\r\n\r\nab", `cdGET /open/x  RTSP/1.1\r\n`, rest),
    [404, 400],
  );
  t.notOk(handedOn());
});

t.test("over TLS as well, where an upgrade that nobody knows is passed over", async (t) => {
  const api = await startAnswerableApi(t);
  // A key that both ends have in advance (RFC 4279) needs no certificate.
  const tls = { ciphers: "PSK-AES128-GCM-SHA256", maxVersion: "TLSv1.2" } as const;
  const psk = Buffer.alloc(16, 7);
  const nothing = () => {};
  const route = { prefix: "/open", target: api.url, session: "none", token: "none" } as const;
  const { url } = await embedProxy(t, [route], nothing, nothing, { ...tls, pskCallback: () => psk });
  const answerTo = async (head: string) => {
    const { port } = new URL(url);
    const pskCallback = () => ({ psk, identity: "test" });
    const socket = connect({ ...tls, port: Number(port), host: "127.0.0.1", pskCallback, checkServerIdentity: () => undefined });
    socket.write(`${head}\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n`);
    return text(socket);
  };
  t.equal(statusOf(await answerTo("GET /open/x RTSP/1.1")), 400);
  const asked = api.next();
  const answer = answerTo("GET /open/x HTTP/1.1");
  const [, response] = await asked;
  response.end("fine");
  t.equal(statusOf(await answer), 200);
});

for (const names of [["one"], ["one", "two"]])
  t.test(
    `an app that holds the plugin ${names.length === 1 ? "once" : "twice"} answers on its own routes whoever waits for 100 or asks for another protocol`,
    async (t) => {
      const app = fastify();
      t.teardown(() => app.close());
      for (const name of names)
        await app.register((scope, _options, done) => {
          void scope.register(cognitoBff, {
            publicUrl: "http://localhost:3000",
            cognitoUserPoolId: "us-east-1_Local0001",
            cognitoClientId: "client",
            cognitoPublicClient: true,
            sessionKeys: [Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64")],
            authPrefix: `/auth-${name}`,
            proxyRoutes: [{ prefix: `/${name}`, target: "http://127.0.0.1:9" }],
          });
          done();
        });
      app.post("/own", async ({ body }) => body);
      const url = await app.listen({ host: "127.0.0.1", port: 0 });
      const json = "Content-Type: application/json\r\nContent-Length: 2\r\n";
      const ask = (target: string, headers: string, body: string) =>
        rawExchange(url, `POST ${target} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost:3000\r\n${headers}\r\n${body}`);
      const expecting = answersIn(await ask("/own", `${json}Expect: 100-continue\r\nConnection: close\r\n`, "{}"));
      t.same(expecting.map(statusOf), [100, 200]);
      // As Java's HttpClient and `curl --http2` ask everybody.
      const h2c = "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings\r\n";
      t.equal(statusOf(await ask("/own", `${json}${h2c}`, "{}")), 200);
      for (const name of names) {
        t.equal(statusOf(await ask(`/${name}/x`, "Expect: 100-continue\r\nContent-Length: 2\r\n", "")), 401, `${name} looks after its own`);
        const socket =
          "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        t.equal(
          statusOf(await rawExchange(url, `GET /${name}/x HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost:3000\r\n${socket}\r\n`)),
          401,
        );
      }
    },
  );
