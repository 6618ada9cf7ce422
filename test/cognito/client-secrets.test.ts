import t, { type Test } from "tap";
import type { CognitoAnswer } from "../../src/cognito/answers.js";
import { createClientSecrets } from "../../src/cognito/client-secrets.js";
import { Secret } from "../../src/model/secret.js";
import { collectLog } from "../support/collected-log.js";

const SECRETS = [new Secret("first"), new Secret("second")];
const REVOKED: CognitoAnswer = { kind: "revoked" };

function rig() {
  const log = collectLog();
  return { log, secrets: createClientSecrets(SECRETS, log) };
}

/** A step of Cognito's that knows one secret and has its own word for another one. */
function step(works: string, refusal: "wrong_secret" | "invalid_client", asked: (string | undefined)[]) {
  return async (secret: Secret | undefined): Promise<CognitoAnswer> => {
    asked.push(secret?.reveal());
    return secret?.reveal() === works ? REVOKED : { kind: "misconfigured", problem: refusal };
  };
}

const steps = [
  ["a sign-in", "invalid_client", "a refresh", "wrong_secret"],
  ["a refresh", "wrong_secret", "a sign-in", "invalid_client"],
] as const;
for (const [learner, learned, knower, unasked] of steps) {
  t.test(`which secret works is learned by ${learner} and known to ${knower}`, async (t: Test) => {
    const { secrets, log } = rig();
    const asked: (string | undefined)[] = [];
    t.same(await secrets.with(step("second", learned, asked)), REVOKED);
    t.same(await secrets.with(step("second", unasked, asked)), REVOKED);
    t.same(asked, ["first", "second", "second"]);
    t.equal(log.lines.length, 1);
  });
}

t.test("two calls at once that find the other secret say so once", async (t) => {
  const { secrets, log } = rig();
  const asked: (string | undefined)[] = [];
  await Promise.all([secrets.with(step("second", "wrong_secret", asked)), secrets.with(step("second", "invalid_client", asked))]);
  t.same(asked, ["first", "first", "second", "second"]);
  t.equal(log.lines.length, 1);
});

t.test("any other mistake, and an outage, change nothing", async (t) => {
  const { secrets, log } = rig();
  const asked: (string | undefined)[] = [];
  const answers: CognitoAnswer[] = [
    { kind: "misconfigured", problem: "settings" },
    { kind: "misconfigured", problem: "invalid_client" },
    { kind: "unavailable", reason: "cognito_unavailable", answerLost: false },
    REVOKED,
  ];
  const next = async (secret: Secret | undefined): Promise<CognitoAnswer> => {
    asked.push(secret?.reveal());
    return answers.shift() ?? REVOKED;
  };
  for (let call = 0; call < 3; call++) await secrets.with(next);
  t.same(asked, ["first", "first", "second", "first"]);
  t.same(log.lines, []);
});
