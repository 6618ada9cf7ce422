import t from "tap";
import type { RevokeAnswer } from "../../src/cognito/answers.js";
import { Secret } from "../../src/model/secret.js";
import { createSessionId, sessionPseudonym } from "../../src/model/session.js";
import { createRevocation } from "../../src/session/revocation.js";
import type { BffEvent } from "../../src/telemetry/events.js";
import { collectLog } from "../support/collected-log.js";
import { createManualClock } from "../support/manual-clock.js";
import { GRANTED } from "../support/session-lifecycle-rig.js";

const SESSION = { id: createSessionId(), subject: "user-1" };
const OUTAGE: RevokeAnswer = { kind: "unavailable", reason: "cognito_unavailable", answerLost: false };

function rig(answers: (attempt: number) => RevokeAnswer | Promise<RevokeAnswer>) {
  const clock = createManualClock();
  const startMs = clock.now();
  const log = collectLog();
  const attempts: number[] = [];
  const tokens = new Set<string>();
  const revoke = async (token: Secret) => {
    tokens.add(token.reveal());
    attempts.push((clock.now() - startMs) / 1000);
    return answers(attempts.length);
  };
  const told: BffEvent[] = [];
  const revocation = createRevocation({ source: { revoke }, turn: GRANTED, clock, tell: (event) => void told.push(event), log });
  return { clock, log, told, attempts, tokens, revocation };
}

t.test("a token that Cognito revokes is revoked once, and told of with its session", async (t) => {
  const { clock, revocation, attempts, log, told } = rig(() => ({ kind: "revoked" }));
  await revocation.revoke(new Secret("the-token"), SESSION);
  await clock.run(3_600_000);
  t.same(attempts, [0]);
  t.same(told, [{ kind: "token_revoked", session: SESSION }]);
  t.equal(log.lines.length, 0);
});

t.test("an outage does not hold up the sign-out, and is made good in the background", async (t) => {
  const { clock, revocation, attempts, log, told, tokens } = rig((attempt) => (attempt < 4 ? OUTAGE : { kind: "revoked" }));
  await revocation.revoke(new Secret("the-token"), SESSION);
  t.same(attempts, [0], "the sign-out went on after the first attempt");
  await clock.run(3_600_000);
  t.same(attempts, [0, 1, 6, 36]);
  t.same([...tokens], ["the-token"]);
  t.equal(log.saying("tried again in the background").length, 3);
  t.same(told, [{ kind: "token_revoked", session: SESSION }]);
});

t.test("after six attempts it gives up, and says that the token lives on", async (t) => {
  const { clock, revocation, attempts, log } = rig(() => OUTAGE);
  await revocation.revoke(new Secret("the-token"), SESSION);
  await clock.run(24 * 3_600_000);
  t.same(attempts, [0, 1, 6, 36, 156, 756]);
  const session = sessionPseudonym(SESSION.id);
  t.match(log.saying("could not be revoked"), [{ level: "error", fields: { session, attempts: 6, outcome: "unavailable" } }]);
  t.same(
    log.saying("tried again").map(({ fields }) => (fields as { session?: string }).session),
    [session, session, session, session, session],
    "and whose it is",
  );
  t.equal(clock.pending(), 0);
});

t.test("a refusal is not repeated, but logged", async (t) => {
  for (const refusal of [
    { kind: "misconfigured", problem: "settings" },
    { kind: "denied" },
    { kind: "doubtful", cause: "unknown" },
  ] as const) {
    const { clock, revocation, attempts, log } = rig(() => refusal);
    await revocation.revoke(new Secret("the-token"), SESSION);
    await clock.run(3_600_000);
    t.same(attempts, [0]);
    t.match(log.lines, [{ level: "error", fields: { outcome: refusal.kind } }]);
  }
});

t.test("a long outage does not fill the memory: beyond a thousand waiting tokens a failure is only logged", async (t) => {
  const { clock, revocation, log } = rig(() => OUTAGE);
  await Promise.all(Array.from({ length: 1_200 }, (_, index) => revocation.revoke(new Secret(`token ${index}`), null)));
  t.equal(clock.pending(), 1_000);
  t.equal(log.saying("could not be revoked").length, 200);
});

t.test("a bug in the background is logged", async (t) => {
  const { clock, revocation, log } = rig((attempt) => (attempt === 1 ? OUTAGE : Promise.reject(new Error("a bug"))));
  await revocation.revoke(new Secret("the-token"), SESSION);
  await clock.run(1_000);
  t.equal(log.saying("failed unexpectedly").length, 1);
});

t.test("the token stands in no log line", async (t) => {
  const { clock, revocation, log } = rig((attempt) => (attempt < 3 ? OUTAGE : { kind: "denied" }));
  await revocation.revoke(new Secret("the-token"), SESSION);
  await clock.run(3_600_000);
  t.ok(log.lines.length >= 3);
  t.notOk(log.text().includes("the-token"));
});

t.test("the end of the process waits for an attempt under way, and tries once more where it fails", async (t) => {
  let answer: (answer: RevokeAnswer) => void = () => {};
  const first = new Promise<RevokeAnswer>((resolve) => {
    answer = resolve;
  });
  const { revocation, attempts, told } = rig((attempt) => (attempt === 1 ? first : { kind: "revoked" }));
  const revoking = revocation.revoke(new Secret("the-token"), SESSION);
  const flushing = revocation.flush();
  answer(OUTAGE);
  await Promise.all([revoking, flushing]);
  t.equal(attempts.length, 2);
  t.same(told, [{ kind: "token_revoked", session: SESSION }]);
});
