import { once } from "node:events";
import type { Socket } from "node:net";
import t from "tap";
import WebSocket from "ws";
import { updateClient } from "../support/administration.js";
import { until } from "../support/condition.js";
import { openConnection } from "../support/kept-connection.js";
import { answersIn, rawExchange } from "../support/raw-http.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";
import { openSocket, startSocketApi } from "../support/sockets.js";
import { json, startTinyServer } from "../support/tiny-server.js";

/** The value of one series of /metrics; 0 where there is none. */
async function read(demo: RunningDemo, series: string): Promise<number> {
  const line = (await metricsOf(demo)).split("\n").find((candidate) => candidate.startsWith(`${series} `));
  return line ? Number(line.slice(series.length + 1)) : 0;
}

async function metricsOf(demo: RunningDemo): Promise<string> {
  return (await fetch(`${demo.managementUrl}/metrics`)).text();
}

t.test("metrics are on the management address in Prometheus's format, and not for browsers", async (t) => {
  const demo = await runDemo(t);
  const answer = await fetch(`${demo.managementUrl}/metrics`);
  t.equal(answer.status, 200);
  t.match(answer.headers.get("content-type"), /^text\/plain; version=0\.0\.4/);
  const text = await answer.text();
  for (const name of ["bff_ready 1", "bff_refresh_total", "process_cpu_seconds_total", "nodejs_eventloop_lag_p99_seconds"])
    t.match(text, name);
  t.equal((await fetch(`${demo.managementUrl}/metrics`, { headers: { origin: demo.url } })).status, 403);
  const rebound = await rawExchange(demo.managementUrl, "GET /metrics HTTP/1.1\r\nHost: evil.example:9000\r\nConnection: close\r\n\r\n");
  t.match(rebound, /^HTTP\/1\.1 403 /, "DNS rebinding: a page's own name for this machine");
  t.equal((await fetch(`${demo.url}/metrics`, { redirect: "manual" })).status, 404, "nothing of it on the public port");
});

t.test("a session's life is counted: started, refreshed once for many calls, ended with its cause and age", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  t.equal(await read(demo, "bff_sessions_started_total"), 1);
  t.equal(await read(demo, 'bff_sign_ins_total{result="started"}'), 1);
  demo.advance("2h");
  await Promise.all(Array.from({ length: 20 }, () => person.call("/api/echo")));
  t.equal(await read(demo, 'bff_refresh_total{result="refreshed"}'), 1);
  t.ok((await read(demo, "bff_refresh_coalesced_total")) >= 1);
  t.equal(await read(demo, 'bff_cognito_calls_total{operation="InitiateAuth",outcome="ok"}'), 1);
  demo.advance("31d");
  t.equal((await person.call("/api/echo")).status, 401);
  t.equal(await read(demo, 'bff_sessions_ended_total{reason="expired",cause="refresh_token_expired"}'), 1);
  const age = 'reason="expired",cause="refresh_token_expired"';
  t.equal(await read(demo, `bff_session_age_at_end_seconds_bucket{le="${31 * 86_400}",${age}}`), 0);
  t.equal(await read(demo, `bff_session_age_at_end_seconds_bucket{le="${60 * 86_400}",${age}}`), 1);
  await until(async () => (await read(demo, 'bff_problems_total{reason="expired"}')) === 1);
});

t.test("an app client whose refresh tokens last 30 hours instead of 30 days shows as a spike at 30 hours", async (t) => {
  const demo = await runDemo(t);
  const TokenValidityUnits = { AccessToken: "minutes", IdToken: "minutes", RefreshToken: "hours" };
  await updateClient(demo, { RefreshTokenValidity: 30, AccessTokenValidity: 60, IdTokenValidity: 60, TokenValidityUnits });
  const people = [await demo.signedIn(), await demo.signedIn(), await demo.signedIn()];
  demo.advance("30h");
  demo.advance("1s");
  for (const person of people) t.equal((await person.call("/api/echo")).status, 401);
  const cause = 'reason="expired",cause="refresh_token_expired"';
  t.equal(await read(demo, `bff_session_age_at_end_seconds_bucket{le="${30 * 3_600}",${cause}}`), 0);
  t.equal(await read(demo, `bff_session_age_at_end_seconds_bucket{le="${31 * 3_600}",${cause}}`), 3);
});

t.test("calls are measured by route, and what the API did apart", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  await person.call("/api/echo?secret=1");
  await demo.person().call("/api/echo");
  const route = 'http_request_method="GET",http_route="/api",http_response_status_code';
  await until(async () => (await read(demo, `http_server_request_duration_seconds_count{${route}="401"}`)) === 1);
  t.equal(await read(demo, `http_server_request_duration_seconds_count{${route}="200"}`), 1);
  t.equal(await read(demo, 'bff_upstream_duration_seconds_count{route="/api",status_class="2xx"}'), 1);
  t.equal(await read(demo, 'bff_upstream_unauthorized_total{route="/api"}'), 0, "our own 401 never reached the API");
  t.equal(await read(demo, 'bff_problems_total{reason="anonymous"}'), 1);
  t.ok((await read(demo, "bff_request_header_bytes_sum")) > 2_000, "with the session's cookie");
});

t.test("an API that refuses our token is counted; one that was asked without a token is not", async (t) => {
  const api = await startTinyServer(...Array.from({ length: 2 }, () => json(401, {})));
  t.teardown(() => api.close());
  const demo = await runDemo(t, {
    proxyRoutes: [
      { prefix: "/api", target: api.url },
      { prefix: "/open", target: api.url, token: "none", session: "none" },
    ],
  });
  const person = await demo.signedIn();
  t.equal((await person.call("/api/x")).status, 401);
  t.equal((await person.call("/open/x")).status, 401);
  t.equal(await read(demo, 'bff_upstream_unauthorized_total{route="/api"}'), 1);
  t.equal(await read(demo, 'bff_upstream_unauthorized_total{route="/open"}'), 0);
});

t.test("open sockets and streams are counted while they are open", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const cookie = person.cookiesOf("localhost");
  const socket = new WebSocket(`${demo.url.replace("http", "ws")}/api/socket`, { headers: { cookie, origin: demo.url } });
  await new Promise((resolve) => socket.once("open", resolve));
  const leaving = new AbortController();
  const events = await fetch(`${demo.url}/api/events`, { headers: { cookie, "sec-fetch-site": "same-origin" }, signal: leaving.signal });
  t.equal(events.status, 200);
  t.equal(await read(demo, "bff_open_sockets"), 1);
  t.equal(await read(demo, "bff_open_streams"), 1);
  t.equal(await read(demo, "bff_open_calls"), 1);
  const switched = 'http_request_method="GET",http_route="/api",http_response_status_code="101"';
  t.equal(await read(demo, `http_server_request_duration_seconds_count{${switched}}`), 1);
  socket.close();
  leaving.abort();
  await until(async () => (await read(demo, "bff_open_sockets")) + (await read(demo, "bff_open_streams")) === 0);
  await until(async () => (await read(demo, 'bff_upstream_failures_total{route="/api",kind="client_gone"}')) === 1);
});

t.test("the socket of hot reloading is counted as any other", async (t) => {
  const { url } = await startSocketApi(t);
  const demo = await runDemo(t, { spaUrl: url, spaDir: undefined, spaCsp: undefined } as object);
  await openSocket(t, demo, null, "/?token=x");
  const switched = 'http_request_method="GET",http_route="/*",http_response_status_code="101"';
  t.equal(await read(demo, `http_server_request_duration_seconds_count{${switched}}`), 1);
});

t.test("of requests sent together whose client leaves, the one that had its turn is counted", async (t) => {
  const demo = await runDemo(t);
  const cookie = (await demo.signedIn()).cookiesOf("localhost");
  const connection = await openConnection(t, demo.url);
  const call = `GET /api/slow?ms=5000 HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nCookie: ${cookie}\r\n\r\n`;
  connection.socket.write(call.repeat(15));
  await until(async () => (await read(demo, "bff_open_calls")) === 1);
  connection.socket.destroy();
  const left = 'http_request_method="GET",http_route="/api",http_response_status_code="none"';
  await until(async () => (await read(demo, "bff_open_calls")) === 0);
  t.equal(await read(demo, `http_server_request_duration_seconds_count{${left}}`), 1);
});

t.test("a connection with many requests sent together keeps nothing of those that are answered", async (t) => {
  const demo = await runDemo(t);
  const accepted = once(demo.server.app.server, "connection") as Promise<[Socket]>;
  const connection = await openConnection(t, demo.url);
  const [socket] = await accepted;
  connection.send("GET /auth/session");
  await until(() => answersIn(connection.text()).length === 1);
  const before = socket.listenerCount("close");
  connection.send(...Array.from({ length: 17 }, () => "GET /auth/session"));
  await until(() => answersIn(connection.text()).length === 18);
  t.equal(socket.listenerCount("close"), before);
});

t.test("cardinality: nothing that a client sends makes a series of its own, and nobody is named", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  await person.call("/api/echo");
  const before = seriesOf(await metricsOf(demo));
  const methods = ["GET", "POST", "PROPFIND", "MKCOL", "PURGE", "QUERY", "BREW"];
  for (let index = 0; index < 120; index++) {
    const method = methods[index % methods.length] ?? "GET";
    const path = ["/api/", "/auth/problems/", "/auth/", "/"][index % 4];
    await rawExchange(
      demo.url,
      `${method} ${path}${index}-a1b2 HTTP/1.1\r\nHost: h${index}.example\r\nX-${index}: y\r\nConnection: close\r\n\r\n`,
    );
  }
  const text = await metricsOf(demo);
  const added = [...seriesOf(text)].filter((series) => !before.has(series) && !/_bucket\{/.test(series));
  t.ok(added.length <= 120, `${added.length} series more`);
  t.notMatch(text, /a1b2/);
  for (const method of ["PROPFIND", "BREW"]) t.notMatch(text, method);
  t.notMatch(text, demo.user.email);
  t.notMatch(text, (await person.call("/auth/session")).json<{ user: { sub: string } }>().user.sub);
});

function seriesOf(text: string): Set<string> {
  return new Set(text.split("\n").flatMap((line) => (line === "" || line.startsWith("#") ? [] : [line.slice(0, line.lastIndexOf(" "))])));
}
