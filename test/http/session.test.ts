import t from "tap";
import type { Config } from "../../src/config/config.js";
import type { ProblemDocument, SessionDocument } from "../../src/index.js";
import { administer } from "../support/administration.js";
import { runAnotherServer } from "../support/another-server.js";
import { runDemo } from "../support/running-demo.js";

t.test("the session tells who, since when, and every deadline there is", async (t) => {
  const demo = await runDemo(t, { sessionIdleTimeout: "2h" });
  const person = await demo.signedIn();
  const answer = await person.call("/auth/session");
  t.equal(answer.headers["cache-control"], "no-store");
  const session = answer.json<SessionDocument>();
  const ms = (text: string | null) => new Date(text ?? Number.NaN).getTime();
  t.equal(session.user.username, session.user.sub);
  t.equal(session.user.email, demo.user.email);
  t.equal(session.user.claims["given_name"], "Demo");
  t.notOk("nonce" in session.user.claims);
  t.match(session.server_time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  t.ok(Math.abs(ms(session.token_expires_at) - ms(session.started_at) - 3_600_000) < 5_000);
  t.equal(ms(session.idle_ends_at) - ms(session.started_at), 2 * 3_600_000);
  t.equal(ms(session.session_ends_at) - ms(session.started_at), 30 * 86_400_000);
});

t.test("when the session must end is not guessed: without COGNITO_REFRESH_TOKEN_VALIDITY only our own limit tells", async (t) => {
  const demo = await runDemo(t);
  const ask = async (changes: Partial<Config>) => {
    const { url, person } = await runAnotherServer(t, demo, { changes: { cognitoRefreshTokenValidityMs: null, ...changes } });
    const visitor = person();
    await visitor.signIn(demo.user, `${url}/auth/login`);
    return (await visitor.call("/auth/session")).json<SessionDocument>();
  };
  t.equal((await ask({})).session_ends_at, null);
  const limited = await ask({ sessionMaxAgeMs: 12 * 3_600_000 });
  t.equal(Date.parse(limited.session_ends_at ?? "") - Date.parse(limited.started_at), 12 * 3_600_000);
});

for (const aheadHours of [2, -2]) {
  t.test(`one clock in one document: ours ${aheadHours} hours ahead, every time compares with server_time`, async (t) => {
    const demo = await runDemo(t, { sessionIdleTimeout: "30m" });
    const person = (await runAnotherServer(t, demo, { aheadMs: aheadHours * 3_600_000 })).person();
    await person.signIn(demo.user);
    const session = (await person.call("/auth/session")).json<SessionDocument>();
    const afterNowMs = (text: string | null) => Date.parse(text ?? "") - Date.parse(session.server_time);
    const near = (text: string | null, ms: number, what: string) => t.ok(Math.abs(afterNowMs(text) - ms) < 10_000, what);
    near(session.started_at, 0, "it began now");
    near(session.token_expires_at, 3_600_000, "its token lives an hour");
    near(session.idle_ends_at, 30 * 60_000, "half an hour of idleness");
    near(session.session_ends_at, 30 * 86_400_000, "thirty days in all");
  });
}

t.test("the session never says yes for a dead session: asking goes through the refresh", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  demo.advance("2h");
  t.equal((await person.call("/auth/session")).status, 200);
  t.equal(demo.refreshes(), 1);
  await administer(demo, "AdminUserGlobalSignOut", { Username: demo.user.email });
  demo.advance("2h");
  t.match((await person.call("/auth/session")).json<ProblemDocument>(), { reason: "expired", cause: "refresh_token_revoked" });
});

t.test("without a session the answer is anonymous, and nothing is set", async (t) => {
  const demo = await runDemo(t);
  const answer = await demo.person().call("/auth/session");
  t.match(answer.json<ProblemDocument>(), {
    type: `${demo.url}/auth/problems/no-session`,
    status: 401,
    reason: "anonymous",
    login_url: "/auth/login",
  });
  t.equal(answer.headers["content-type"], "application/problem+json; charset=utf-8");
  t.equal(answer.headers["set-cookie"], undefined);
});

t.test("refreshing on demand brings new claims, at most once in 30 seconds", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  t.equal((await person.call("/auth/refresh", { method: "POST" })).status, 200);
  t.equal(demo.refreshes(), 0, "the tokens are seconds old");
  await administer(demo, "AdminUpdateUserAttributes", {
    Username: demo.user.email,
    UserAttributes: [{ Name: "given_name", Value: "Changed" }],
  });
  demo.advance("31s");
  const refreshed = await person.call("/auth/refresh", { method: "POST" });
  t.equal(refreshed.json<SessionDocument>().user.claims["given_name"], "Changed");
  await person.call("/auth/refresh", { method: "POST" });
  t.equal(demo.refreshes(), 1);
});

t.test("a token about to die is used and refreshed in the background, once", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const before = person.cookies.get("bff-session");
  demo.advance("57m");
  const answers = await Promise.all(Array.from({ length: 10 }, () => person.call("/api/echo")));
  t.ok(answers.every(({ status }) => status === 200));
  await demo.refreshesFinished(1);
  t.equal(demo.refreshes(), 1);
  await person.call("/api/echo");
  t.ok(person.cookies.get("bff-session") !== before, "the newest ticket has come");
  t.equal(demo.refreshes(), 1);
});

t.test("activity is counted by POST /auth/session without asking Cognito", async (t) => {
  const demo = await runDemo(t, { sessionIdleTimeout: "30m" });
  const person = await demo.signedIn();
  const idleEnds = async (method: string) => (await person.call("/auth/session", { method })).json<SessionDocument>().idle_ends_at;
  const first = await idleEnds("GET");
  demo.advance("10m");
  t.equal(await idleEnds("GET"), first, "asking is no activity");
  t.not(await idleEnds("POST"), first);
  demo.localCognito.calls.clear();
  await idleEnds("POST");
  t.equal(demo.localCognito.calls.list().length, 0);
});

t.test("a session of another app client is the server's mistake: 500, and the cookie is kept", async (t) => {
  const key = Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64");
  const theirs = await runDemo(t, { sessionKeys: [key] });
  const person = await theirs.signedIn();
  const ours = await runDemo(t, { sessionKeys: [key], cognitoClientId: "anotherclient" });
  const other = ours.person();
  other.plant("bff-session", person.cookies.get("bff-session") ?? "");
  const answer = await other.call("/api/echo");
  t.equal(answer.status, 500);
  t.equal(answer.json<ProblemDocument>().reason, "misconfigured");
  t.ok(other.cookies.has("bff-session"));
});

t.test("key rotation: a ticket of an older key opens and is sealed anew; one of an unknown key answers invalid and is kept", async (t) => {
  const [older, newer] = ["0123456789abcdefghijklmnopqrstuv", "vutsrqponmlkjihgfedcba9876543210"].map((text) =>
    Buffer.from(text).toString("base64"),
  );
  const before = await runDemo(t, { sessionKeys: [older ?? ""] });
  const person = await before.signedIn();
  const ticket = person.cookies.get("bff-session") ?? "";
  const visit = async (sessionKeys: string[], value: string) => {
    const demo = await runDemo(t, { sessionKeys });
    const visitor = demo.person();
    visitor.plant("bff-session", value);
    return { answer: await visitor.call("/auth/session"), kept: visitor.cookies.get("bff-session") ?? "" };
  };
  const rotated = await visit([newer ?? "", older ?? ""], ticket);
  t.equal(rotated.answer.status, 200);
  t.not(rotated.kept, ticket);
  t.equal((await visit([newer ?? ""], rotated.kept)).answer.status, 200, "and then without the older key");
  const unknown = await visit([newer ?? ""], ticket);
  t.match(unknown.answer.json<ProblemDocument>(), { reason: "invalid", cause: "unknown_key" });
  t.equal(unknown.kept, ticket);
});
