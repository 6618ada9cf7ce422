import t from "tap";
import { encodeSession } from "../../src/store/session-codec.js";
import { DICTIONARY } from "../../src/store/token-packing.js";
import { createUserPseudonym } from "../../src/telemetry/audit-log.js";
import { administer } from "../support/administration.js";
import { demoKeys } from "../support/demo-keys.js";
import { bodyOf, rawExchange } from "../support/raw-http.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";
import { CLIENT_ID, keyFrom, sessionOf } from "../support/session-fixtures.js";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

interface Line {
  readonly [name: string]: unknown;
}

const linesOf = (demo: RunningDemo, event?: string): Line[] =>
  demo.logLines.map((line) => JSON.parse(line) as Line).filter((line) => event === undefined || line["event"] === event);

const REQUEST_IDS: readonly { name: string; headers: Record<string, string>; id: RegExp | string }[] = [
  { name: "of the trace it belongs to", headers: { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` }, id: TRACE },
  {
    name: "of a later version of Trace Context",
    headers: { traceparent: `cc-${TRACE}-00f067aa0ba902b7-01-what-the-future-brings` },
    id: TRACE,
  },
  {
    name: "of the load balancer",
    headers: { "x-amzn-trace-id": "Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678" },
    id: "1-67891233-abcdef012345678912345678",
  },
  {
    name: "of the trace rather than the load balancer",
    headers: { traceparent: `00-${TRACE}-00f067aa0ba902b7-01`, "x-amzn-trace-id": "Root=1-67891233-abcdef012345678912345678" },
    id: TRACE,
  },
  { name: "of its own where the trace id is all zeros", headers: { traceparent: `00-${"0".repeat(32)}-00f067aa0ba902b7-01` }, id: UUID },
  { name: "of its own where the version is ff", headers: { traceparent: `ff-${TRACE}-00f067aa0ba902b7-01` }, id: UUID },
  {
    name: "of its own where the header is something else",
    headers: { traceparent: '"},{"level":60', "x-amzn-trace-id": "Root=x" },
    id: UUID,
  },
  { name: "of its own where nothing came", headers: {}, id: UUID },
];

t.test("request ids", async (t) => {
  const demo = await runDemo(t);
  for (const { name, headers, id } of REQUEST_IDS) {
    const answer = await demo.person().call("/auth/session", { headers });
    t.match(answer.json()["request_id"], id, `a request has the id ${name}`);
    t.ok(
      linesOf(demo).some((line) => line["request_id"] === answer.json()["request_id"]),
      "and one search finds it in the log",
    );
  }
});

const TRACED = `Host: localhost\r\ntraceparent: 00-${TRACE}-00f067aa0ba902b7-01\r\n`;

/** What no route ever sees. Where the parser gives up there are no headers to take an id from. */
const PAST_THE_ROUTES: readonly { name: string; message: string; reason: string; id: RegExp | string }[] = [
  { name: "an unknown Expect", message: `POST /api/x HTTP/1.1\r\n${TRACED}Expect: x\r\n\r\n`, reason: "bad_request", id: TRACE },
  { name: "CONNECT", message: `CONNECT a:1 HTTP/1.1\r\n${TRACED}\r\n`, reason: "method_not_allowed", id: TRACE },
  {
    name: "a body that breaks off",
    message: `POST /open/x HTTP/1.1\r\n${TRACED}Sec-Fetch-Site: same-origin\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    reason: "bad_request",
    id: TRACE,
  },
  { name: "a header that is none", message: `GET / HTTP/1.1\r\n${TRACED}Bad Header: x\r\n\r\n`, reason: "bad_request", id: UUID },
  {
    name: "headers that are too long",
    message: `GET / HTTP/1.1\r\n${TRACED}Cookie: ${"a".repeat(40_000)}\r\n\r\n`,
    reason: "headers_too_large",
    id: UUID,
  },
];

t.test("what no route ever sees is a line too, under the id that its answer names", async (t) => {
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/open", target: "http://127.0.0.1:9", session: "none", token: "none" }] });
  for (const { name, message, reason, id } of PAST_THE_ROUTES) {
    const answer = JSON.parse(bodyOf(await rawExchange(demo.url, message))) as { request_id: string };
    t.match(answer.request_id, id, name);
    const lines = linesOf(demo).filter((line) => line["request_id"] === answer.request_id && line["reason"] === reason);
    t.equal(lines.at(-1)?.["method"], id === TRACE ? message.split(" ")[0] : undefined, `${name}: and one search finds it in the log`);
    t.ok(lines.length > 0);
  }
  const head = await rawExchange(demo.url, `HEAD / HTTP/1.1\r\n${TRACED}Expect: x\r\n\r\n`);
  t.equal(bodyOf(head), "", "a refused HEAD has no body");
});

t.test("each ended session is one line with reason, cause and age, and nobody is named", async (t) => {
  const demo = await runDemo(t);
  const [one, two, three] = [await demo.signedIn(), await demo.signedIn(), await demo.signedIn()];
  demo.advance("2h");
  await one.call("/auth/logout", { method: "POST" });
  for (let call = 0; call < 5; call++) await one.call("/api/echo");
  await administer(demo, "AdminUserGlobalSignOut", { Username: demo.user.email });
  await Promise.all(Array.from({ length: 10 }, () => two.call("/api/echo")));
  await three.call("/api/echo");
  const ended = linesOf(demo, "session_expired");
  t.match(ended, [
    { level: 30, reason: "signed_out", cause: "logout" },
    { level: 30, reason: "expired", cause: "refresh_token_revoked" },
    { level: 30, reason: "expired", cause: "refresh_token_revoked" },
  ]);
  t.equal(ended.length, 3);
  for (const line of ended) t.ok(Math.abs(Number(line["age_seconds"]) - 7_200) < 60, "two hours old");
  t.equal(new Set(ended.map((line) => line["session"])).size, 3);
  t.equal(new Set(ended.map((line) => line["user"])).size, 1, "one person has one pseudonym");
  t.notMatch(demo.logLines.join(""), demo.user.email);
});

t.test("audit events are of OWASP's vocabulary", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  demo.advance("2h");
  await person.call("/api/echo");
  const copy = person.copy();
  await person.call("/auth/logout", { method: "POST" });
  await copy.call("/api/echo");
  await demo.person().call("/api/echo", { method: "POST", headers: { "sec-fetch-site": "cross-site" } });
  await demo.person().visit("/auth/callback?state=nobodys&code=x");
  const events = linesOf(demo).flatMap((line) => (typeof line["event"] === "string" ? [line["event"]] : []));
  const wanted = ["authn_login_success", "session_created", "session_renewed", "session_expired", "authn_token_revoked"];
  for (const event of [...wanted, "session_use_after_expire", "authz_fail", "authn_login_fail"]) t.ok(events.includes(event), event);
  const users = ["session_created", "session_renewed", "session_expired", "authn_token_revoked"].map(
    (event) => linesOf(demo, event)[0]?.["user"],
  );
  t.equal(new Set(users).size, 1);
  t.match(users[0], /^[0-9a-f]{16}$/);
});

t.test(
  "from a reported request id one comes to the session, and from there to its age, its person and Cognito's own request id",
  async (t) => {
    const demo = await runDemo(t);
    const person = await demo.signedIn();
    demo.advance("31d");
    const { request_id } = (await person.call("/api/echo")).json();
    const { session } = linesOf(demo).find((line) => line["request_id"] === request_id) ?? {};
    t.match(session, /^[0-9a-f]{16}$/);
    const about = linesOf(demo).filter((line) => line["session"] === session);
    t.match(
      about.find((line) => line["event"] === "session_expired"),
      { cause: "refresh_token_expired", user: /^[0-9a-f]{16}$/, age_seconds: Number },
    );
    t.match(
      about.find((line) => line["operation"] === "InitiateAuth"),
      { cognito_request_id: String, error: { name: "NotAuthorizedException", message: /Refresh Token has expired/ } },
    );
  },
);

t.test("an outage is not told of at every call: warnings come from the attempts alone", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  demo.advance("2h");
  demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "waf" });
  for (let call = 0; call < 20; call++) t.equal((await person.call("/api/echo")).status, 503);
  const warnings = linesOf(demo).filter((line) => Number(line["level"]) >= 40);
  t.equal(warnings.length, demo.refreshes());
  t.ok(warnings.length < 5);
});

t.test("sessions of another app client are one alert, however often they come", async (t) => {
  const demo = await runDemo(t);
  const { sealer, cookies } = demoKeys(demo);
  const [ticket = ""] = cookies.setTicket(sealer.seal("session", encodeSession(sessionOf()), DICTIONARY), []);
  const headers = { cookie: ticket.split(";")[0] ?? "", "sec-fetch-site": "same-origin" };
  for (let call = 0; call < 5; call++) t.equal((await fetch(`${demo.url}/api/echo`, { headers })).status, 500);
  t.match(
    linesOf(demo).filter((line) => Number(line["level"]) >= 40),
    [{ alert: "misconfigured", client_id: CLIENT_ID }],
  );
});

t.test("a person's pseudonym is keyed: it is the same for one first session key and another for another", (t) => {
  const [one, two] = [keyFrom("one"), keyFrom("two")];
  t.equal(createUserPseudonym([one])("user-1"), createUserPseudonym([one, two])("user-1"));
  t.not(createUserPseudonym([one])("user-1"), createUserPseudonym([two, one])("user-1"));
  t.not(createUserPseudonym([one])("user-1"), createUserPseudonym([one])("user-2"));
  t.end();
});

t.test("at debug every request is a line with its route, never its path or query", async (t) => {
  const demo = await runDemo(t);
  await demo.person().call("/api/echo?code=very-secret");
  const line = linesOf(demo).find((candidate) => candidate["msg"] === "request" && candidate["route"] === "/api");
  t.match(line, { level: 20, method: "GET", status: 401 });
  t.equal(typeof line?.["duration_ms"], "number");
  t.notMatch(demo.logLines.join(""), "very-secret");
});
