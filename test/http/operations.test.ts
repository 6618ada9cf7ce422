import t from "tap";
import { request } from "undici";
import { updateClient } from "../support/administration.js";
import { runDemo } from "../support/running-demo.js";

t.test("with rotation on, the first refresh ahead of time after a restart travels on its own answer", async (t) => {
  const demo = await runDemo(t);
  await updateClient(demo, { RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 0 } });
  const person = await demo.signedIn();
  demo.advance("57m");
  t.ok((await person.call("/api/echo")).headers["set-cookie"]);
});

t.test("a Cognito that hangs does not hold up a call whose token lives", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "hang" });
  demo.advance("57m");
  const startedAtMs = performance.now();
  t.equal((await person.call("/api/echo")).status, 200);
  t.ok(performance.now() - startedAtMs < 4_000, "and not for the 6 seconds of its deadline");
});

t.test("a call under way when the server stops is answered, and the stop does not wait for its connection's keep-alive", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const pending = person.call("/api/slow?ms=400");
  await new Promise((resolve) => setTimeout(resolve, 100));
  const startedAtMs = performance.now();
  const closing = demo.server.close();
  t.equal((await pending).status, 200);
  await closing;
  t.ok(performance.now() - startedAtMs < 5_000);
});

t.test("DRAIN_DELAY: not ready, and serving until it has passed", async (t) => {
  const demo = await runDemo(t, { drainDelay: "30s" });
  const { managementUrl } = demo;
  const person = await demo.signedIn();
  const closing = demo.server.close();
  const ready = await request(`${managementUrl}/readyz`);
  await ready.body.dump();
  t.equal(ready.statusCode, 503);
  t.equal((await person.call("/api/echo")).status, 200);
  demo.advance("31s");
  await closing;
  await t.rejects(person.call("/api/echo"));
});

t.test("a route that needs another kind of token works for sessions from before it, after one refresh", async (t) => {
  const key = Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64");
  const before = await runDemo(t, { sessionKeys: [key] });
  const target = before.config.proxyRoutes[0]?.target.href ?? "";
  const cognito = { cognitoEndpoint: before.localCognito.url, cognitoDomain: before.localCognito.url };
  const person = await before.signedIn();
  const proxyRoutes = [
    { prefix: "/api", target },
    { prefix: "/acc", target, token: "access" as const },
  ];
  const after = await runDemo(t, { sessionKeys: [key], proxyRoutes, ...cognito });
  const visitor = after.person();
  visitor.plant("bff-session", person.cookies.get("bff-session") ?? "");
  t.not((await visitor.call("/acc/x")).status, 500);
  t.equal((await visitor.call("/acc/x")).headers["bff-problem"], undefined);
  t.equal(before.refreshes(), 1);
});

t.test("keys that cannot be had at the callback do not spend the code: reloading the page signs in", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  demo.localCognito.faults.add({ operation: "jwks", fault: "html_503" });
  const failed = await person.signIn(demo.user, "/auth/login?return_to=/checkout");
  t.equal(failed.status, 503);
  demo.localCognito.faults.clear();
  t.equal((await person.visit(failed.url)).url, `${demo.url}/checkout`);
});

t.test("a revocation that still waits when the process ends is tried once more", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  demo.localCognito.faults.add({ operation: "RevokeToken", fault: "internal_error", times: 1 });
  await person.call("/auth/logout", { method: "POST" });
  await demo.server.close();
  t.ok(demo.localCognito.calls.list("RevokeToken").some(({ outcome }) => outcome === "ok"));
});
