import t from "tap";
import { createDoubtGuard } from "../../src/session/refresh/doubt-guard.js";
import { createManualClock } from "../support/manual-clock.js";
import { MINUTE_MS } from "../support/session-fixtures.js";

function rig() {
  const clock = createManualClock();
  const guard = createDoubtGuard(clock);
  return {
    clock,
    guard,
    doubt(times: number) {
      for (let index = 0; index < times; index++) guard.doubted();
    },
  };
}

t.test("twenty doubts in five minutes trip it, nineteen do not", (t) => {
  const { guard, doubt } = rig();
  t.notOk(guard.tripped());
  doubt(19);
  t.notOk(guard.tripped());
  doubt(1);
  t.ok(guard.tripped());
  doubt(500);
  t.ok(guard.tripped());
  t.end();
});

t.test("one success between them puts it back to nothing", (t) => {
  const { guard, doubt } = rig();
  doubt(25);
  guard.succeeded();
  t.notOk(guard.tripped());
  doubt(19);
  t.notOk(guard.tripped());
  t.end();
});

t.test("doubts older than five minutes do not count", (t) => {
  const { clock, guard, doubt } = rig();
  doubt(10);
  clock.advance(4 * MINUTE_MS);
  doubt(10);
  t.ok(guard.tripped());
  clock.advance(MINUTE_MS - 1);
  t.ok(guard.tripped());
  clock.advance(1);
  t.notOk(guard.tripped());
  doubt(9);
  t.notOk(guard.tripped());
  doubt(1);
  t.ok(guard.tripped());
  t.end();
});

t.test("a doubt every quarter of a minute trips it, one every sixteen seconds never does", (t) => {
  for (const [everySeconds, trips] of [
    [15, true],
    [16, false],
  ] as const) {
    const { clock, guard, doubt } = rig();
    let tripped = false;
    for (let index = 0; index < 100; index++) {
      doubt(1);
      tripped ||= guard.tripped();
      clock.advance(everySeconds * 1000);
    }
    t.equal(tripped, trips, `every ${everySeconds} s`);
  }
  t.end();
});

t.test("a clock set back by an hour does not keep it tripped for that hour", (t) => {
  const { clock, guard, doubt } = rig();
  doubt(20);
  clock.jump(-60 * MINUTE_MS);
  t.notOk(guard.tripped());
  doubt(20);
  t.ok(guard.tripped());
  t.end();
});
