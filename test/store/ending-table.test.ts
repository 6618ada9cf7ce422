import t from "tap";
import { createSessionId, type SessionId } from "../../src/model/session.js";
import { EndingTable } from "../../src/store/ending-table.js";
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
