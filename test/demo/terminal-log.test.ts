import t from "tap";
import { readableLine } from "../../src/demo/terminal-log.js";

const AT = new Date(2026, 10, 26, 17, 6, 9).getTime();

function line(fields: object): string {
  return JSON.stringify({ level: 30, time: AT, pid: 1, hostname: "vm", ...fields });
}

t.test("an ended session is one line that says why, after how long, and whose", (t) => {
  const ended = { event: "session_expired", session: "7d580eaf8bb05582", user: "0123456789abcdef", msg: "session ended" };
  const cases = [
    [
      { reason: "expired", cause: "refresh_token_expired", age_seconds: 2_678_400 },
      "expired · refresh_token_expired  after 31 d  7d580eaf",
    ],
    [{ reason: "signed_out", cause: "logout", age_seconds: 59 }, "signed_out · logout  after 59 s  7d580eaf"],
    [{ reason: "expired", cause: "password_reset_required", age_seconds: 7_199 }, "expired · password_reset_required  after 1 h  7d580eaf"],
    [{ reason: "signed_out", cause: "operator", age_seconds: null }, "signed_out · operator  7d580eaf"],
  ] as const;
  for (const [fields, said] of cases) {
    const text = readableLine(line({ ...ended, ...fields }), false);
    t.equal(text, `17:06:09  session ended  ${said}`);
    t.ok((text ?? "").length <= 80, "in 80 columns");
  }
  t.equal(
    readableLine(line({ ...ended, ...cases[0][0] }), true),
    `\u001b[2m17:06:09\u001b[22m  \u001b[1msession ended\u001b[22m  ${cases[0][1]}`,
    "in colours where they are seen",
  );
  t.end();
});

t.test("what the log warns of is shown with what Cognito said, and the rest is not", (t) => {
  t.equal(readableLine(line({ event: "session_created", msg: "session started" }), false), null);
  const failed = {
    level: 40,
    operation: "InitiateAuth",
    error: { name: "TooManyRequestsException", message: "Rate exceeded" },
    outcome: { kind: "unavailable", reason: "cognito_throttled" },
    msg: "a call to Cognito failed",
  };
  t.equal(
    readableLine(line(failed), false),
    "17:06:09  warning  a call to Cognito failed\n          InitiateAuth  TooManyRequestsException: Rate exceeded  cognito_throttled",
  );
  t.match(readableLine(line({ level: 50, msg: "a setting is wrong" }), false), /error {2}a setting is wrong$/);
  t.end();
});

t.test("nothing in a message moves the cursor", (t) => {
  const text = readableLine(line({ level: 40, msg: "a\u001b[2Jb\r\nc", error: { name: "X\u0007", message: "\u009b2J" } }), false);
  t.equal(text, "17:06:09  warning  a [2Jb c\n          X :  2J");
  t.match(readableLine(line({ level: 40, msg: "a\u202eb" }), false), /a\ufffdb$/, "or turns it round");
  t.end();
});
