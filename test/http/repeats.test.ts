import t from "tap";
import { createMetrics } from "../../src/telemetry/metrics.js";
import { createRepeats } from "../../src/telemetry/repeats.js";
import { createManualClock } from "../support/manual-clock.js";
import { createCoordinatorRig } from "../support/session-coordinator-rig.js";
import { HOUR_MS, START_MS, sessionOf } from "../support/session-fixtures.js";

t.test("one wrong secret is one alert line a minute with a count, however many sessions hear of it; the metric counts each", async (t) => {
  const { coordinator, cognito, clock, log, told } = createCoordinatorRig();
  const metrics = createMetrics();
  cognito.answer = () => ({ kind: "misconfigured", problem: "wrong_secret" });
  const sessions = Array.from({ length: 20 }, (_, index) => sessionOf({ subject: `user-${index}`, issuedAtMs: START_MS - 2 * HOUR_MS }));
  const lines = () => log.lines.filter((line) => line.fields["alert"] === "misconfigured");
  for (let round = 0; round < 3; round++) {
    for (const session of sessions) await clock.advanceUntilSettled(coordinator.refreshNow(session));
    await clock.run(9_000);
  }
  t.match(lines(), [{ level: "error", fields: { problem: "wrong_secret", count: 1 } }]);
  await clock.run(60_000);
  t.match(lines()[1], { fields: { problem: "wrong_secret", count: 59 } });
  await clock.run(10 * 60_000);
  t.equal(lines().length, 2, "and nothing where nothing happens");
  for (const event of told) metrics.tell(event);
  t.match(await metrics.registry.metrics(), /^bff_alerts_total\{alert="misconfigured"\} 60$/m);
});

t.test("doubtful refreshes that trip the guard are one line a minute as well", async (t) => {
  const { coordinator, cognito, clock, log } = createCoordinatorRig();
  cognito.answer = () => ({ kind: "doubtful", cause: "unknown" });
  for (let index = 0; index < 60; index++) {
    const session = sessionOf({ subject: `user-${index}`, issuedAtMs: START_MS - 2 * HOUR_MS });
    await clock.advanceUntilSettled(coordinator.refreshNow(session));
  }
  await clock.run(60_000);
  const lines = log.lines.filter((line) => line.fields["alert"] === "refreshes_doubtful");
  t.same(
    lines.map(({ fields }) => fields["count"]),
    [1, 40],
  );
});

t.test("another mistake is not hidden behind the first one", async (t) => {
  const { coordinator, cognito, clock, log } = createCoordinatorRig();
  for (const problem of ["wrong_secret", "settings"] as const) {
    cognito.answer = () => ({ kind: "misconfigured", problem });
    await clock.advanceUntilSettled(coordinator.refreshNow(sessionOf({ subject: problem })));
  }
  t.equal(log.lines.filter((line) => line.fields["alert"] === "misconfigured").length, 2);
});

t.test("kinds without number share one line, and take no memory that stays", async (t) => {
  const clock = createManualClock();
  const repeats = createRepeats(clock);
  const said: number[] = [];
  for (let kind = 0; kind < 10_000; kind++) repeats.happened(`kind ${kind}`, (count) => void said.push(count));
  t.ok(said.length <= 201);
  t.ok(clock.pending() <= 201);
  await clock.run(120_000);
  t.equal(
    said.reduce((sum, count) => sum + count, 0),
    10_000,
    "none is lost in the count",
  );
  t.equal(clock.pending(), 0);
});
