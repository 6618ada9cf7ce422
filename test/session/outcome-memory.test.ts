import t from "tap";
import { createSessionId } from "../../src/model/session.js";
import { createOutcomeMemory } from "../../src/session/refresh/outcome-memory.js";
import type { Hindrance } from "../../src/session/refresh/refresh-outcome.js";
import { createManualClock } from "../support/manual-clock.js";

const OUTAGE: Hindrance = { kind: "unavailable", reason: "cognito_unavailable", retryAfterSeconds: 1 };

function rig() {
  const clock = createManualClock();
  return { clock, memory: createOutcomeMemory(clock), id: createSessionId() };
}

t.test("what is not known is not remembered", (t) => {
  const { memory, id } = rig();
  t.equal(memory.recall(id), null);
  memory.forget(id);
  t.end();
});

for (const [hindrance, seconds] of [
  [{ kind: "doubtful", cause: "refresh_token_invalid" }, 60],
  [{ kind: "doubtful", cause: "unknown" }, 60],
  [{ kind: "misconfigured", problem: "settings" }, 1],
  [{ kind: "denied" }, 1],
  [OUTAGE, 1],
] as const) {
  t.test(`${JSON.stringify(hindrance)} stands for ${seconds} s, for this session alone`, (t) => {
    const { clock, memory, id } = rig();
    t.same(memory.remember(id, hindrance), hindrance);
    clock.advance(seconds * 1000 - 1);
    t.same(memory.recall(id), hindrance);
    t.equal(memory.recall(createSessionId()), null);
    clock.advance(1);
    t.equal(memory.recall(id), null);
    t.end();
  });
}

t.test("in an outage the waits double: 1, 2, 4, 8 s and no longer", (t) => {
  const { clock, memory, id } = rig();
  for (const seconds of [1, 2, 4, 8, 8, 8, 8]) {
    t.match(memory.remember(id, OUTAGE), { retryAfterSeconds: seconds });
    clock.advance(seconds * 1000 - 1);
    t.ok(memory.recall(id));
    clock.advance(1);
    t.equal(memory.recall(id), null);
  }
  t.end();
});

t.test("a refusal that goes on is asked about less often too, a doubt always once a minute", (t) => {
  for (const [hindrance, waits] of [
    [{ kind: "misconfigured", problem: "settings" }, [1, 2, 4, 8, 8]],
    [{ kind: "denied" }, [1, 2, 4, 8, 8]],
    [{ kind: "doubtful", cause: "unknown" }, [60, 60, 60]],
  ] as const) {
    const { clock, memory, id } = rig();
    for (const seconds of waits) {
      memory.remember(id, hindrance);
      clock.advance(seconds * 1000 - 1);
      t.same(memory.recall(id), hindrance);
      clock.advance(1);
      t.equal(memory.recall(id), null);
    }
  }
  t.end();
});

t.test("Retry-After says what is left of the wait, in whole seconds, never 0", (t) => {
  const { clock, memory, id } = rig();
  for (let failure = 0; failure < 4; failure++) memory.remember(id, OUTAGE);
  const left: number[] = [];
  for (let step = 0; step < 4; step++) {
    const known = memory.recall(id);
    left.push(known?.kind === "unavailable" ? known.retryAfterSeconds : -1);
    clock.advance(2_500);
  }
  t.same(left, [8, 6, 3, 1]);
  t.end();
});

t.test("a success makes it forget, the number of failures included", (t) => {
  const { memory, id } = rig();
  for (let failure = 0; failure < 4; failure++) memory.remember(id, OUTAGE);
  memory.forget(id);
  t.equal(memory.recall(id), null);
  t.match(memory.remember(id, OUTAGE), { retryAfterSeconds: 1 });
  t.end();
});

t.test("a clock set back by an hour does not keep a session from Cognito for that hour", (t) => {
  const { clock, memory, id } = rig();
  memory.remember(id, OUTAGE);
  clock.jump(-3_600_000);
  t.equal(memory.recall(id), null);
  t.end();
});
