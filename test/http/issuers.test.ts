import t from "tap";
import { startDemo } from "../../src/demo/demo.js";
import { Person } from "../support/person.js";

t.test("tokens of a local Cognito that names itself as their issuer are accepted, refreshed ones too", async (t) => {
  const demo = await startDemo({
    host: "127.0.0.1",
    port: 0,
    localCognitoPort: 0,
    localCognito: { issuer: "url" },
    settings: { logLevel: "fatal" },
  });
  t.teardown(() => demo.close());
  const person = new Person(demo.url);
  t.equal((await person.signIn(demo.user)).status, 200);
  for (const life of ["new", "refreshed"]) {
    const echo = (await (await person.call("/api/echo")).json()) as { headers: { authorization: string } };
    const [, claims = ""] = echo.headers.authorization.split(".");
    t.match(Buffer.from(claims, "base64url").toString(), `"iss":"${demo.localCognito.url}/`, life);
    demo.clock.advance(3_600_000);
  }
  t.equal(demo.localCognito.calls.list("InitiateAuth").length, 1);
});
