import t from "tap";
import { administer } from "../support/administration.js";
import { until } from "../support/condition.js";
import { runDemo } from "../support/running-demo.js";

interface Problem {
  reason: string;
  cause?: string;
}

/** What an operator does at Cognito, and what the person hears. */
const ENDINGS = [
  { operation: "AdminUserGlobalSignOut", cause: "refresh_token_revoked" },
  { operation: "AdminDisableUser", cause: "user_disabled" },
  { operation: "AdminDeleteUser", cause: "user_deleted" },
  { operation: "AdminResetUserPassword", cause: "password_reset_required" },
] as const;

for (const { operation, cause } of ENDINGS) {
  t.test(`${operation} ends the session at its next refresh with ${cause}, in every tab`, async (t) => {
    const demo = await runDemo(t);
    const person = await demo.signedIn();
    await administer(demo, operation, { Username: demo.user.email });
    demo.advance("2h");
    for (const path of ["/api/echo", "/auth/session", "/api/echo"]) {
      const answer = await person.call(path);
      t.equal(answer.status, 401);
      t.match(answer.json<Problem>(), { reason: "expired", cause });
    }
    t.notOk(person.cookies.has("bff-session"));
  });
}

t.test("cookie reuse after expiry: a copied cookie is refused after sign-out", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const thief = person.copy();
  t.equal((await thief.call("/api/echo")).status, 200);
  const logout = await person.call("/auth/logout", { method: "POST" });
  t.match(logout.json<{ logout_url: string }>().logout_url, `${demo.localCognito.url}/logout?client_id=`);
  t.match((await thief.call("/api/echo")).json<Problem>(), { reason: "signed_out", cause: "logout" });
  t.match((await person.call("/api/echo")).json<Problem>(), { reason: "signed_out", cause: "logout" });
  t.ok(
    demo.localCognito.calls.list("RevokeToken").some(({ outcome }) => outcome === "ok"),
    "the refresh token is revoked at Cognito",
  );
});

t.test("a refresh that lands after sign-out cannot bring the session back", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "latency", latencyMs: 400, times: 1 });
  demo.advance("2h");
  const late = person.copy();
  const pending = late.call("/api/echo");
  await until(() => demo.localCognito.faults.list().length === 0);
  await person.call("/auth/logout", { method: "POST" });
  const answer = await pending;
  t.equal(answer.status, 401);
  t.match(answer.json<Problem>(), { reason: "signed_out", cause: "logout" });
  t.equal((await late.call("/api/echo")).status, 401);
});

t.test("RevokeToken down: the sign-out completes all the same and the token is revoked later", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  demo.localCognito.faults.add({ operation: "RevokeToken", fault: "internal_error", times: 1 });
  t.equal((await person.call("/auth/logout", { method: "POST" })).status, 200);
  t.equal((await person.call("/auth/session")).json<Problem>().reason, "signed_out");
  await until(() => demo.localCognito.calls.list("RevokeToken").some(({ outcome }) => outcome === "ok"));
  t.pass("revoked in the background");
});

t.test("sign-out everywhere ends the other browser's session at its next refresh", async (t) => {
  const demo = await runDemo(t);
  const [here, there] = [await demo.signedIn(), await demo.signedIn()];
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const answer = await here.call("/auth/logout", { method: "POST", headers: form, body: "everywhere=true" });
  t.match([answer.status, answer.json()], [200, { everywhere: "done" }]);
  t.match((await here.call("/auth/session")).json<Problem>(), { reason: "signed_out", cause: "logout_everywhere" });
  demo.advance("2h");
  t.match((await there.call("/auth/session")).json<Problem>(), { reason: "expired", cause: "refresh_token_revoked" });
});

t.test("sign-out everywhere says when Cognito will not do it; the session here has ended all the same", async (t) => {
  const demo = await runDemo(t, { cognitoScopes: "openid email profile" });
  const [here, there] = [await demo.signedIn(), await demo.signedIn()];
  const headers = { "content-type": "application/json" };
  const leave = () => here.call("/auth/logout", { method: "POST", headers, body: '{"everywhere":true}' });
  t.match((await leave()).json(), { everywhere: "failed" }, "the scope is missing");
  t.match((await here.call("/auth/session")).json<Problem>(), { reason: "signed_out", cause: "logout_everywhere" });
  demo.advance("2h");
  t.equal((await there.call("/auth/session")).status, 200);
  t.notOk("everywhere" in (await leave()).json(), "without a session nothing is said of it");
  t.notOk("everywhere" in (await there.call("/auth/logout", { method: "POST" })).json(), "nor where nobody asked");
});

t.test("a form's sign-out is a redirect to Cognito's logout, and without a session the answer is the same", async (t) => {
  const demo = await runDemo(t);
  const anonymous = demo.person();
  const logout = (await anonymous.call("/auth/logout", { method: "POST" })).json<{ logout_url: string }>().logout_url;
  t.equal(new URL(logout).searchParams.get("logout_uri"), `${demo.url}/`);
  const person = await demo.signedIn();
  const headers = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "content-type": "application/x-www-form-urlencoded" };
  const form = await person.call("/auth/logout", { method: "POST", headers, body: "" });
  t.equal(form.status, 303);
  t.equal(form.headers["location"], logout);
});

t.test("open redirect: nothing in a sign-out says where Cognito sends the person afterwards", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const evil = "logout_uri=https://evil.example&redirect_uri=https://evil.example&return_to=https://evil.example&client_id=evil";
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const answer = await person.call(`/auth/logout?${evil}`, { method: "POST", headers, body: evil });
  t.notMatch(answer.text, /evil/);
  t.equal(new URL(answer.json<{ logout_url: string }>().logout_url).searchParams.get("logout_uri"), `${demo.url}/`);
});

t.test("after a sign-out the next sign-in asks for the password again", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  await person.call("/auth/logout", { method: "POST" });
  const login = await person.call("/auth/login", { headers: { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" } });
  t.match(login.headers["location"], /[?&]prompt=login(&|$)/);
});

t.test("session fixation: a new sign-in replaces the session, the planted or previous one is worth nothing", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const before = person.copy();
  const ticket = person.cookies.get("bff-session");
  await person.signIn(demo.user);
  t.not(person.cookies.get("bff-session"), ticket);
  t.equal((await person.call("/api/echo")).status, 200);
  const refused = await before.call("/api/echo");
  t.equal(refused.status, 401);
  t.equal(refused.headers["set-cookie"], undefined, "and its answer leaves the browser's cookies alone");
});

t.test("the idle limit: activity extends it, asking for the session does not", async (t) => {
  const demo = await runDemo(t, { sessionIdleTimeout: "30m", sessionMaxAge: "12h" });
  const person = await demo.signedIn();
  for (let step = 0; step < 4; step++) {
    demo.advance("20m");
    t.equal((await person.call("/api/echo")).status, 200);
  }
  demo.advance("20m");
  t.equal((await person.call("/auth/session")).status, 200);
  demo.advance("11m");
  t.match((await person.call("/auth/session")).json<Problem>(), { reason: "expired", cause: "idle_timeout" });
  t.match((await person.call("/api/echo")).json<Problem>(), { reason: "expired", cause: "idle_timeout" });
  const navigation = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  t.match(
    (await person.call("/auth/login", { headers: navigation })).headers["location"],
    /[?&]prompt=login(&|$)/,
    "and Cognito asks again",
  );
  await person.signIn(demo.user);
  for (let hours = 0; hours < 48; hours++) {
    demo.advance("15m");
    await person.call("/auth/session", { method: "POST" });
  }
  t.match((await person.call("/auth/session")).json<Problem>(), { reason: "expired", cause: "session_lifetime" });
});
