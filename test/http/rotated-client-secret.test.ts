import t from "tap";
import { Secret } from "../../src/model/secret.js";
import { runAnotherServer } from "../support/another-server.js";
import { runDemo } from "../support/running-demo.js";

t.test("which of two client secrets works is found by the first sign-in, for those after it and for their refreshes", async (t) => {
  const demo = await runDemo(t);
  const cognitoClientSecrets = [new Secret("notyetasecretatcognitonotyetasecretatcognitonotyet12"), ...demo.config.cognitoClientSecrets];
  const another = await runAnotherServer(t, demo, { changes: { cognitoClientSecrets } });
  const saying = (text: string) => another.logLines.filter((line) => line.includes(text)).length;
  for (let count = 0; count < 4; count++) {
    const person = another.person();
    await person.signIn(demo.user);
    t.equal((await person.call("/auth/session")).status, 200);
    if (count < 3) continue;
    demo.advance("2h");
    t.equal((await person.call("/auth/session")).status, 200);
  }
  t.equal(cognitoClientSecrets.length, 2);
  t.equal(demo.refreshes(), 1, "refreshed, with the right secret at once");
  t.equal(saying("the token endpoint issued nothing"), 1);
  t.equal(saying("the other client secret is in use now"), 1);
  t.equal(saying("a call to Cognito failed"), 0);
});
