import t from "tap";
import { until } from "../support/condition.js";
import { runDemo } from "../support/running-demo.js";

// Most of each test is waiting for retries.
t.jobs = 4;

interface Problem {
  reason: string;
  cause?: string;
}

/** Each fault of local Cognito, and what a call hears once the token is dead. */
const FAULTS = [
  { fault: "throttle", status: 503, reason: "cognito_throttled" },
  { fault: "internal_error", status: 503, reason: "cognito_unavailable" },
  { fault: "waf", status: 503, reason: "cognito_blocked" },
  { fault: "html_503", status: 503, reason: "cognito_unavailable" },
  { fault: "reset_before", status: 503, reason: "cognito_unavailable" },
  { fault: "reset_after", status: 503, reason: "cognito_unavailable" },
  { fault: "unknown_error", status: 503, reason: "cognito_unavailable" },
  { fault: "lambda_timeout", status: 503, reason: "cognito_unavailable" },
  { fault: "hang", status: 503, reason: "cognito_unavailable" },
  { fault: "lambda_error", status: 403, reason: "denied" },
] as const;

/** Short where the fault is to wait for it; a busy machine may need longer for everything else. */
const deadlineMs = (fault: string) => (fault === "hang" || fault === "lambda_timeout" ? 1_000 : 6_000);

for (const { fault, status, reason } of FAULTS) {
  t.test(`${fault}: a living token is used, a dead one gives ${status} ${reason}, and nobody signs in again`, async (t) => {
    const demo = await runDemo(t, {}, { cognitoDeadlineMs: deadlineMs(fault) });
    const person = await demo.signedIn();
    const ticket = person.cookies.get("bff-session");
    demo.localCognito.faults.add({ operation: "InitiateAuth", fault });

    demo.advance("58m");
    for (let call = 0; call < 5; call++) t.equal((await person.call("/api/echo")).status, 200, "the token lives");
    await demo.refreshesFinished(1);

    demo.advance("1h");
    const refused = await person.call("/api/echo");
    t.equal(refused.status, status);
    t.equal(refused.json<Problem>().reason, reason);
    t.equal(refused.headers["bff-problem"], reason);
    if (status === 503) t.match(refused.headers["retry-after"], /^[1-9]\d*$/);
    t.equal((await person.call("/auth/session")).status, status, "the session never says yes without a usable token");
    t.equal(person.cookies.get("bff-session"), ticket, "the ticket is kept");

    demo.localCognito.faults.clear();
    demo.advance("10s");
    t.equal((await person.call("/api/echo")).status, 200);
  });
}

for (const { fault } of FAULTS) {
  const everywhere = fault === "lambda_error" ? "failed" : "pending";
  t.test(`${fault} at GlobalSignOut: the session here ends, the answer is "${everywhere}", and the rest is made good`, async (t) => {
    const demo = await runDemo(t, {}, { cognitoDeadlineMs: deadlineMs(fault) });
    const [here, there] = [await demo.signedIn(), await demo.signedIn()];
    demo.localCognito.faults.add({ operation: "GlobalSignOut", fault });
    const answer = await here.call("/auth/logout", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"everywhere":true}',
    });
    t.match([answer.status, answer.json()], [200, { everywhere, logout_url: /logout/ }]);
    t.match((await here.call("/auth/session")).json<Problem>(), { reason: "signed_out", cause: "logout_everywhere" });

    demo.localCognito.faults.clear();
    demo.advance("1s");
    // The last thing that is done, whatever became of GlobalSignOut.
    await until(() => demo.localCognito.calls.list("RevokeToken").some(({ outcome }) => outcome === "ok"));
    demo.advance("2h");
    t.equal((await there.call("/auth/session")).status, everywhere === "pending" ? 401 : 200, "the other browser");
    t.equal(demo.logLines.filter((line) => line.includes("GlobalSignOut failed: this session")).length, everywhere === "failed" ? 1 : 0);
  });
}

t.test("latency: a slow Cognito delays a call with a dead token and nothing else", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "latency", latencyMs: 300 });
  demo.advance("2h");
  t.equal((await person.call("/api/echo")).status, 200);
  t.equal(demo.refreshes(), 1);
});

t.test("an answer lost after the commit costs a refresh more, not the session", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "reset_after", times: 1 });
  demo.advance("2h");
  t.equal((await person.call("/api/echo")).status, 200);
  t.equal(demo.refreshes(), 2);
});

t.test("keys that cannot be had are no verdict: 503, then verified without another refresh", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  // A new signing key makes the proxy ask for the keys again.
  await demo.localCognito.rotateSigningKeys(demo.config.cognitoUserPoolId);
  demo.localCognito.faults.add({ operation: "jwks", fault: "html_503" });
  demo.advance("2h");
  const refused = await person.call("/api/echo");
  t.equal(refused.status, 503);
  t.equal(refused.json<Problem>().reason, "cognito_unavailable");
  t.equal(demo.refreshes(), 1);
  demo.localCognito.faults.clear();
  demo.advance("10s");
  t.equal((await person.call("/api/echo")).status, 200);
  t.equal(demo.refreshes(), 1, "the tokens that came were kept and are verified now");
});

t.test("the token endpoint down at the callback: reloading the page goes on where it stopped", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  demo.localCognito.faults.add({ operation: "token", fault: "html_503" });
  const failed = await person.signIn(demo.user, "/auth/login?return_to=/checkout");
  t.equal(failed.status, 503);
  t.equal(failed.headers["bff-problem"], "cognito_unavailable");
  demo.localCognito.faults.clear();
  const reloaded = await person.visit(failed.url);
  t.equal(reloaded.url, `${demo.url}/checkout`);
  t.equal((await person.call("/auth/session")).status, 200);
});
