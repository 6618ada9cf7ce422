import { randomBytes } from "node:crypto";
import t from "tap";
import { buildApp } from "../../examples/embedded-plugin/app.js";
import { freePort } from "../../src/demo/free-port.js";
import { DEFAULT_SEED, defaultSeed, startLocalCognito } from "../../src/local-cognito/index.js";
import { Person } from "../support/person.js";

t.test("the example app greets who has signed in, tells everybody else why not, and shows the plugin's metrics", async (t) => {
  const port = await freePort();
  const publicUrl = `http://localhost:${port}`;
  const cognito = await startLocalCognito({ port: 0, seed: defaultSeed({ publicUrl }) });
  t.teardown(() => cognito.close());
  const app = await buildApp({
    publicUrl,
    cognitoEndpoint: cognito.url,
    cognitoDomain: cognito.url,
    cognitoUserPoolId: DEFAULT_SEED.userPoolId,
    cognitoClientId: DEFAULT_SEED.clientId,
    cognitoClientSecret: DEFAULT_SEED.clientSecret,
    sessionKeys: [randomBytes(32).toString("base64")],
  });
  t.teardown(() => app.close());
  await app.listen({ port });

  const person = new Person(publicUrl);
  const before = await person.call("/greeting");
  t.equal(before.status, 401);
  t.equal(before.json()["reason"], "anonymous");
  await person.click(await person.visit("/"), "Sign in").then((page) => person.submitLogin(page, DEFAULT_SEED.user));
  t.same((await person.call("/greeting")).json(), { hello: DEFAULT_SEED.user.email, groups: ["admin", "customers"] });
  t.match((await person.call("/metrics")).text, /^bff_/m);
});
