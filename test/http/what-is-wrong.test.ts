import { randomBytes } from "node:crypto";
import t from "tap";
import { Secret } from "../../src/model/secret.js";
import { keyFingerprints } from "../../src/telemetry/key-fingerprints.js";
import { SUSPECTS, suspectOf } from "../../src/telemetry/suspects.js";
import { runAnotherServer } from "../support/another-server.js";
import { until } from "../support/condition.js";
import { readMetric } from "../support/metric.js";
import { runDemo } from "../support/running-demo.js";

t.test("whether all processes hold the same session keys in the same order is seen without any key", async (t) => {
  const keys = [new Secret(randomBytes(32)), new Secret(randomBytes(32))];
  const [old = "", fresh = ""] = keyFingerprints(keys);
  t.match(old, /^[0-9a-f]{12}$/);
  t.not(old, fresh);
  t.same(keyFingerprints([...keys].reverse()), [fresh, old], "a key has one fingerprint, wherever it stands");
  const demo = await runDemo(t);
  const other = await runAnotherServer(t, demo, { changes: { sessionKeys: keys } });
  const readyz = await fetch(`${other.managementUrl}/readyz`);
  t.same(await readyz.json(), { status: "ready", session_keys: [old, fresh] });
  const metrics = await (await fetch(`${other.managementUrl}/metrics`)).text();
  t.match(metrics, `bff_session_key_info{place="1",fingerprint="${old}"} 1\n`);
  t.match(metrics, `bff_session_key_info{place="2",fingerprint="${fresh}"} 1\n`);
  for (const key of keys)
    for (const form of ["hex", "base64", "base64url"] as const) t.notMatch(metrics, key.reveal().toString(form).slice(0, 12));
});

t.test("a wrong client secret is named in the log and as a metric's label, at the sign-in and at the refresh", async (t) => {
  const demo = await runDemo(t);
  const cognitoClientSecrets = [new Secret("notasecretatcognitonotasecretatcognitonotasecret1234")];
  const other = await runAnotherServer(t, demo, { changes: { publicUrl: demo.url, cognitoClientSecrets } });
  const person = (await demo.signedIn()).copy();
  demo.advance("2h");
  t.equal((await person.call(`${other.url}/auth/session`)).status, 500);
  const counted = () => readMetric(other.managementUrl, "bff_misconfigured_total", 'setting="COGNITO_CLIENT_SECRET"');
  await until(async () => (await counted()) === 1);
  const alert = other.logLines.find((line) => line.includes('"alert":"misconfigured"')) ?? "{}";
  t.match(JSON.parse(alert), { setting: "COGNITO_CLIENT_SECRET", problem: "wrong_secret" });
});

t.test("what Cognito says leads to the variable to look at first, and to none where it is not the environment", (t) => {
  for (const [mistake, setting] of [
    [{ operation: "token", problem: "invalid_client" }, "COGNITO_CLIENT_SECRET or COGNITO_CLIENT_ID"],
    [{ problem: "wrong_secret" }, "COGNITO_CLIENT_SECRET"],
    [{ problem: "wrong_client" }, "COGNITO_CLIENT_ID"],
    [{ problem: "invalid_scope" }, "COGNITO_SCOPES"],
    [{ operation: "keys", problem: "settings" }, "COGNITO_ENDPOINT, COGNITO_USER_POOL_ID or HTTPS_PROXY"],
    [{ problem: "Cognito issues no access token" }, "PROXY_ROUTES"],
    [{ problem: "anything_that_cognito_makes_up" }, "none"],
    [{ problem: "constructor" }, "none"],
    [{}, "none"],
  ] as const) {
    t.equal(suspectOf(mistake), setting);
    t.ok(SUSPECTS.includes(setting), "and the metric has it from the beginning");
  }
  t.end();
});
