import t from "tap";
import { junitXml } from "../../src/rehearse/local/junit.js";
import type { ScenarioResult } from "../../src/rehearse/local/rehearsal.js";
import { painter, reportEnd, reportHead, resultLines } from "../../src/rehearse/local/report.js";
import { SCENARIOS } from "../../src/rehearse/scenarios/table.js";
import { ENDING_CAUSES } from "../../src/wire/reasons.js";

const base = { title: "a <title> & more", meets: "401 expired / password_reset_required", cookie: "cleared", seconds: 1.25 } as const;
const RESULTS: readonly ScenarioResult[] = [
  { ...base, name: "answer-lost-rotation", outcome: "passed" },
  { ...base, name: "two", outcome: "failed", faults: ['GET /api/x: 401 "anonymous" in place of <503>', "a\u0000b\u001b[2J ".repeat(20)] },
  { ...base, name: "three", outcome: "skipped", because: "COGNITO_REFRESH_API=initiate_auth: no client that rotates can be used" },
];
const plain = painter(false);

t.test("the report is readable in 80 columns, without colours unless asked for", async (t) => {
  const text = [
    reportHead("https://app.example.com", plain),
    ...RESULTS.flatMap((result) => resultLines(result, plain)),
    reportEnd(RESULTS, 2, plain),
  ].join("\n");
  for (const line of text.split("\n")) t.ok(line.length <= 80, line);
  // A proxy's answer stands in a fault as it came.
  for (const control of ["\u0000", "\u001b"]) t.notOk(text.includes(control));
  t.match(text, "1 failed, 1 passed, 1 not possible with this configuration, in 2.0 s.");
  t.match(RESULTS.flatMap((result) => resultLines(result, painter(true))).join(), "\u001b[32m✔");
});

t.test("the JUnit XML escapes what stands in it and counts right", async (t) => {
  const xml = junitXml(RESULTS, 2);
  t.match(xml, '<testsuites tests="3" failures="1" errors="0" skipped="1" time="2.000">');
  const failure = '<failure message="GET /api/x: 401 &quot;anonymous&quot; in place of &lt;503&gt;">';
  t.match(xml, `name="two: a &lt;title&gt; &amp; more" time="1.250">${failure}`);
  t.match(xml, '<skipped message="COGNITO_REFRESH_API=initiate_auth');
  t.notMatch(xml, "\u0000");
});

t.test("scenarios have names of their own that can be typed, and every definite verdict of Cognito's has one", async (t) => {
  const names = SCENARIOS.map(({ name }) => name);
  t.equal(new Set(names).size, names.length);
  for (const name of names) t.match(name, /^[a-z0-9-]{3,20}$/);
  const causes = new Set<string>(SCENARIOS.flatMap(({ expected }) => (expected.kind === "problem" ? [expected.cause ?? ""] : [])));
  // Local Cognito has no user who is unconfirmed again, says no unknown text, and loses no device.
  t.same(
    ENDING_CAUSES.expired.filter((cause) => !causes.has(cause)),
    ["refresh_token_invalid", "user_unconfirmed", "unknown"],
  );
});
