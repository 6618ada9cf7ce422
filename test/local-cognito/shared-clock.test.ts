import t from "tap";
import { freePort } from "../../src/demo/free-port.js";
import { createServer } from "../../src/index.js";
import { defaultSeed } from "../../src/local-cognito/default-seed.js";
import { DEFAULT_SEED, startLocalCognito } from "../../src/local-cognito/index.js";
import { testKey } from "../config/valid-environment.js";
import { Person } from "../support/person.js";
import { memoryLogger } from "../support/running-demo.js";
import { standingClock } from "./running-cognito.js";

t.test("one line shares the clock: a session ends in the proxy as its refresh token does at local Cognito", async (t) => {
  const port = await freePort();
  const publicUrl = `http://localhost:${port}`;
  const cognito = await startLocalCognito({ port: 0, seed: defaultSeed({ publicUrl }) });
  t.teardown(() => cognito.close());
  const settings = {
    publicUrl,
    host: "127.0.0.1",
    port,
    managementPort: 0,
    cognitoEndpoint: cognito.url,
    cognitoDomain: cognito.url,
    cognitoUserPoolId: DEFAULT_SEED.userPoolId,
    cognitoClientId: DEFAULT_SEED.clientId,
    cognitoClientSecret: DEFAULT_SEED.clientSecret,
    sessionKeys: [testKey("first")],
  };
  const server = await createServer(settings, { clock: cognito.clock, logger: memoryLogger([]) });
  t.teardown(() => server.close());
  await server.listen();
  const person = new Person(publicUrl);
  await person.signIn(DEFAULT_SEED.user);
  t.equal((await person.call("/auth/session")).status, 200);

  await cognito.advance("61m");
  t.equal((await person.call("/auth/session")).status, 200);
  t.equal(cognito.calls.list("InitiateAuth").length, 1, "the token had expired, and was renewed");

  await cognito.advance("31d");
  t.match((await person.call("/auth/session")).json(), { reason: "expired", cause: "refresh_token_expired" });
});

t.test("a clock without timers gets them from local Cognito, and a server refuses it", async (t) => {
  const clock = standingClock();
  const cognito = await startLocalCognito({ port: 0, clock });
  t.teardown(() => cognito.close());
  let called = 0;
  cognito.clock.after(60_000, () => called++);
  cognito.clock.advance(61_000);
  t.equal(called, 1);
  t.equal(cognito.clock.now(), clock.now());
  const without = Object(clock);
  await t.rejects(createServer({ publicUrl: "", cognitoUserPoolId: "", cognitoClientId: "", sessionKeys: "" }, { clock: without }), {
    name: "TypeError",
    message: "the clock has no after, monotonicMs, deadline: give cognito.clock or createAdjustableClock()",
  });
});
