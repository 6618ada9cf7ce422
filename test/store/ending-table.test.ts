import t from "tap";
import { createSessionId, type SessionId } from "../../src/model/session.js";
import { EndingTable } from "../../src/store/memory/ending-table.js";
import fc from "../support/property.js";

const ENDING = { ending: { reason: "signed_out", cause: "logout" }, superseded: false } as const;
const ENTRY_BYTES = 256;

t.test("whatever is added, confirmed and waited for: what is left is what a plain list would keep", (t) => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("add" as const), id: fc.nat(30), untilMs: fc.integer({ min: 1, max: 500 }) }),
    fc.record({ kind: fc.constant("confirm" as const), id: fc.nat(30), untilMs: fc.constant(0) }),
    fc.record({ kind: fc.constant("wait" as const), id: fc.constant(0), untilMs: fc.nat(60) }),
  );
  const ids = Array.from({ length: 31 }, () => createSessionId());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      let now = 0;
      let forgotten = 0;
      const table = new EndingTable({
        maxBytes: 8 * ENTRY_BYTES,
        now: () => now,
        forgotten() {
          forgotten += 1;
        },
      });
      const list = new Map<SessionId, { untilMs: number; shortestMs: number }>();
      let expected = 0;
      for (const { kind, id: index, untilMs } of steps) {
        const id = ids[index] ?? createSessionId();
        const known = list.get(id);
        if (kind === "wait") now += untilMs;
        for (const [each, { untilMs: until }] of list) if (until <= now && kind === "add") list.delete(each);
        if (kind === "confirm") {
          table.keepForTokensAlone(id);
          if (known) known.untilMs = known.shortestMs;
        }
        if (kind !== "add") continue;
        // Unlike times, so that which one is the earliest is never a matter of taste.
        const until = now + untilMs + index / 64;
        const shortestMs = now + untilMs / 2 + index / 64;
        table.add(id, ENDING, until, shortestMs);
        if (!list.has(id)) list.set(id, { untilMs: until, shortestMs });
        if (list.size <= 8) continue;
        const [earliest] = [...list].sort(([, a], [, b]) => a.untilMs - b.untilMs);
        if (earliest) list.delete(earliest[0]);
        expected += 1;
      }
      const kept = ids.filter((id) => table.get(id) !== null);
      const living = ids.filter((id) => (list.get(id)?.untilMs ?? 0) > now);
      t.same(kept, living);
      t.equal(forgotten, expected);
    }),
    { numRuns: 200 },
  );
  t.end();
});

t.test("however many are due at once, one more ending takes a few of them along, and none of them counts as forgotten", (t) => {
  let now = 0;
  let forgotten = 0;
  const most = 1_000;
  const table = new EndingTable({
    maxBytes: most * ENTRY_BYTES,
    now: () => now,
    forgotten() {
      forgotten += 1;
    },
  });
  const ids = Array.from({ length: most }, () => createSessionId());
  for (const [index, id] of ids.entries()) table.add(id, ENDING, 100 + index / most, 100);
  now = 200;
  const [first = createSessionId()] = ids;
  const again = ids.at(-1) ?? first;
  table.add(again, ENDING, 300, 300);
  const left = table.bytes / ENTRY_BYTES;
  t.ok(left >= most - 100, `${left} are left`);
  t.ok(table.get(again), "one whose time was up can end again");
  for (let added = 0; added < 20; added++) table.add(createSessionId(), ENDING, 300, 300);
  t.equal(table.bytes, 21 * ENTRY_BYTES, "and the rest are gone before long");
  t.equal(forgotten, 0);
  t.end();
});
