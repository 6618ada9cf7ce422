import t from "tap";
import { createSummary, figuresOf } from "../../src/session/session-summary.js";
import { createManualClock } from "../support/manual-clock.js";
import { HOUR_MS } from "../support/session-fixtures.js";

const DAY_MS = 24 * HOUR_MS;

/** The summary of sessions that began so long ago. */
async function summaryOf(agesMs: readonly number[], refreshableMs: number | null) {
  const clock = createManualClock();
  let asked = 0;
  const countSince = async (moments: readonly number[]) => {
    asked += 1;
    return moments.map((moment) => agesMs.filter((ageMs) => clock.now() - ageMs >= moment).length);
  };
  const summary = await createSummary({ directory: { countSince }, refreshableMs, clock })();
  if (summary.kind !== "summary") throw new Error("the store is away");
  return { ...summary, asked };
}

const sumOf = (buckets: readonly { readonly sessions: number }[]) => buckets.reduce((sum, { sessions }) => sum + sessions, 0);

t.test("each session that lives is in one bucket of its age and one of its end, and the store is asked once", async (t) => {
  const agesMs = [0, 1, HOUR_MS - 1, HOUR_MS, 8 * HOUR_MS, DAY_MS, 7 * DAY_MS, 12 * DAY_MS, 30 * DAY_MS - 1];
  const { sessions, byAge, ends, asked } = await summaryOf([...agesMs, 30 * DAY_MS, 31 * DAY_MS], 30 * DAY_MS);
  t.equal(asked, 1);
  t.equal(sessions, agesMs.length, "what is over is not counted");
  t.equal(sumOf(byAge), agesMs.length);
  t.equal(sumOf(ends?.buckets ?? []), agesMs.length);
  t.match(byAge, [
    { toMs: HOUR_MS, sessions: 3 },
    { sessions: 1 },
    { sessions: 1 },
    { sessions: 1 },
    { sessions: 3 },
    { toMs: null, sessions: 0 },
  ]);
});

t.test("a session is in the hour or the day in which it ends", async (t) => {
  for (const [ageMs, fromMs, toMs] of [
    [30 * DAY_MS - 1, 0, HOUR_MS],
    [30 * DAY_MS - HOUR_MS, 0, HOUR_MS],
    [30 * DAY_MS - HOUR_MS - 1, HOUR_MS, 2 * HOUR_MS],
    [29 * DAY_MS, 23 * HOUR_MS, DAY_MS],
    [29 * DAY_MS - 1, DAY_MS, 2 * DAY_MS],
    [0, 29 * DAY_MS, 30 * DAY_MS],
  ] as const) {
    const { ends } = await summaryOf([ageMs], 30 * DAY_MS);
    t.match(
      ends?.buckets.filter(({ sessions }) => sessions > 0),
      [{ fromMs, toMs, sessions: 1 }],
      String(ageMs),
    );
  }
});

t.test("who signed in a moment ago is in the forecast, too: in the last hour of the life, or in its last day", async (t) => {
  const shift = figuresOf(await summaryOf([0, 1, 2, 2 * HOUR_MS], 12 * HOUR_MS)).ending;
  t.match(
    shift?.byHour.filter(({ sessions }) => sessions > 0),
    [
      { hour: "09", sessions: 1 },
      { hour: "11", sessions: 3 },
    ],
  );
  t.equal(shift?.mostInOneHour, 3);
  const hour = figuresOf(await summaryOf([0, 1], HOUR_MS)).ending;
  t.equal(hour?.mostInOneHour, 2, "the shortest life that Cognito knows");
  const month = figuresOf(await summaryOf([0, 1], 30 * DAY_MS)).ending;
  t.match(month?.byDay.at(-1), { day: "29", sessions: 2 });
  const year = await summaryOf([0, 340 * DAY_MS], 365 * DAY_MS);
  t.match(year.ends?.buckets.at(-1), { fromMs: 30 * DAY_MS, toMs: null, sessions: 1 }, "beyond a month it is not said when");
});

t.test("where no setting says how long sessions live their end is unknown, and nothing is assumed", async (t) => {
  const summary = await summaryOf([0, 31 * DAY_MS, 399 * DAY_MS, 401 * DAY_MS], null);
  t.match(summary, { sessions: 3, ends: null });
  t.match(figuresOf(summary), { sessions: 3, ending: null });
});

t.test("sessions that live for less than an hour are counted as well", async (t) => {
  const summary = await summaryOf([0, 10 * 60_000, 16 * 60_000], 15 * 60_000);
  t.match(summary, {
    sessions: 2,
    ends: {
      buckets: [
        { fromMs: 0, toMs: HOUR_MS, sessions: 2 },
        { toMs: null, sessions: 0 },
      ],
    },
  });
  t.match(figuresOf(summary).ending?.within, [
    { within: "1h", sessions: 2 },
    { within: "6h", sessions: 2 },
  ]);
});

t.test("the last hour or day of the longest life is one among the others for metrics", async (t) => {
  const endingOf = async (lifeMs: number) => {
    const { ending } = figuresOf(await summaryOf([0, 1, lifeMs - 1], lifeMs));
    if (ending === null) throw new Error("no end is known");
    const filled = ({ sessions }: { readonly sessions: number }) => sessions > 0;
    return { hours: ending.byHour.filter(filled), days: ending.byDay.filter(filled), most: ending.mostInOneHour };
  };
  const first = { hour: "00", sessions: 1 };
  t.same(await endingOf(30 * DAY_MS), { hours: [first], days: [{ day: "29", sessions: 2 }], most: 1 });
  t.same(await endingOf(12 * HOUR_MS), { hours: [first, { hour: "11", sessions: 2 }], days: [], most: 2 });
  t.same(await endingOf(36 * HOUR_MS), { hours: [first], days: [{ day: "01", sessions: 2 }], most: 1 });
  for (const lifeMs of [30 * DAY_MS + HOUR_MS, 400 * DAY_MS]) t.same(await endingOf(lifeMs), { hours: [first], days: [], most: 1 });
  t.same(await endingOf(HOUR_MS / 4), { hours: [{ hour: "00", sessions: 3 }], days: [], most: 3 });
});
