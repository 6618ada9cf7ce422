import t from "tap";
import type { ProblemDocument } from "../../src/index.js";
import { updateClient } from "../support/administration.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";

async function withRotation(demo: RunningDemo, RetryGracePeriodSeconds: number): Promise<void> {
  await updateClient(demo, { RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds } });
}

t.test("with rotation on, InitiateAuth is tried once, then GetTokensFromRefreshToken serves every session", async (t) => {
  const demo = await runDemo(t);
  await withRotation(demo, 10);
  const [one, two] = [await demo.signedIn(), await demo.signedIn()];
  demo.localCognito.calls.clear();
  for (let hours = 0; hours < 3; hours++) {
    demo.advance("2h");
    const answers = await Promise.all([...Array.from({ length: 20 }, () => one.call("/api/echo")), two.call("/api/echo")]);
    t.ok(answers.every(({ status }) => status === 200));
  }
  t.ok(demo.localCognito.calls.list("InitiateAuth").length <= 2);
  t.equal(demo.localCognito.calls.list("GetTokensFromRefreshToken").length, 6, "one for each session and expiry");
});

t.test("non-atomic rotation: tabs that still bring the old ticket get the new token, not an end", async (t) => {
  const demo = await runDemo(t);
  await withRotation(demo, 0);
  const person = await demo.signedIn();
  const tab = person.copy();
  for (let hours = 0; hours < 4; hours++) {
    demo.advance("2h");
    t.equal((await person.call("/api/echo")).status, 200);
    t.equal((await tab.call("/api/echo")).status, 200);
  }
});

t.test("the rotated token travels on the very answer that waited for it", async (t) => {
  const demo = await runDemo(t);
  await withRotation(demo, 0);
  const person = await demo.signedIn();
  demo.advance("2h");
  t.ok((await person.call("/api/echo")).headers["set-cookie"]);
});

t.test("with rotation and a grace period, an answer lost after the commit does not cost the session", async (t) => {
  const demo = await runDemo(t);
  await withRotation(demo, 30);
  const person = await demo.signedIn();
  demo.advance("2h");
  await person.call("/api/echo");
  demo.localCognito.faults.add({ operation: "GetTokensFromRefreshToken", fault: "reset_after", times: 1 });
  demo.advance("2h");
  t.equal((await person.call("/api/echo")).status, 200);
  demo.advance("2h");
  t.equal((await person.call("/api/echo")).status, 200);
});

t.test("rotation cannot extend the session: after 30 days it ends as without", async (t) => {
  const demo = await runDemo(t);
  await withRotation(demo, 10);
  const person = await demo.signedIn();
  for (let days = 0; days < 29; days++) {
    demo.advance("1d");
    await person.call("/api/echo");
  }
  t.equal((await person.call("/api/echo")).status, 200);
  demo.advance("2d");
  t.match((await person.call("/api/echo")).json<ProblemDocument>(), { reason: "expired", cause: "refresh_token_expired" });
});

t.test("a token used again after its grace ends the session with refresh_token_reused, as a security event", async (t) => {
  const demo = await runDemo(t);
  await withRotation(demo, 0);
  const person = await demo.signedIn();
  const stolen = person.cookies.get("bff-session") ?? "";
  demo.advance("2h");
  await person.call("/api/echo");
  // Another process that never saw the new ticket.
  const key = demo.config.sessionKeys.map((secret) => secret.reveal().toString("base64"));
  const elsewhere = await runDemo(t, { sessionKeys: key, cognitoEndpoint: demo.localCognito.url, cognitoDomain: demo.localCognito.url });
  elsewhere.clock.advance(2 * 3_600_000);
  const thief = elsewhere.person();
  thief.plant("bff-session", stolen);
  t.match((await thief.call("/api/echo")).json<ProblemDocument>(), { reason: "expired", cause: "refresh_token_reused" });
  t.ok(elsewhere.logLines.some((line) => line.includes("authn_token_reuse")));
});
