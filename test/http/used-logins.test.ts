import t from "tap";
import { createUsedLogins } from "../../src/http/login/used-logins.js";
import { collectLog } from "../support/collected-log.js";
import { createManualClock } from "../support/manual-clock.js";

const MINUTE_MS = 60_000;

function rig(most: number) {
  const clock = createManualClock();
  const log = collectLog();
  const login = (id: string, minutesAgo = 0) => ({ id, begunAtMs: clock.now() - minutesAgo * MINUTE_MS });
  return { clock, log, login, used: createUsedLogins(clock, log, most) };
}

t.test("a sign-in is claimed once, and again only after an outage", (t) => {
  const { used, login } = rig(10);
  const one = login("one");
  t.same([used.claim(one), used.claim(one)], [true, false]);
  used.release(one);
  t.same([used.claim(one), used.claim(one)], [true, false]);
  t.end();
});

t.test("what is forgotten for want of room is not usable again, nor is anything that began as early", (t) => {
  const { used, login, log } = rig(3);
  const [late, early, between] = [login("late", 1), login("early", 50), login("between", 20)];
  for (const one of [late, early, between]) t.equal(used.claim(one), true);
  t.equal(used.claim(login("one more")), true, "the newest is served");
  t.equal(log.lines.length, 1, "and the log says so");
  for (const one of [late, early, between, login("never seen", 51)]) t.equal(used.claim(one), false, one.id);
  t.equal(used.claim(login("younger than what was forgotten", 48)), true);
  t.end();
});

t.test("a release that comes when its sign-in is forgotten already frees nothing", (t) => {
  const { used, login } = rig(1);
  const early = login("early", 10);
  used.claim(early);
  used.claim(login("late"));
  used.release(early);
  t.equal(used.claim(early), false);
  t.end();
});

t.test("those that are over make room without refusing anybody", (t) => {
  const { used, login, clock, log } = rig(100);
  for (let minute = 0; minute < 300; minute++) {
    t.equal(used.claim(login(`${minute}`)), true);
    clock.advance(MINUTE_MS);
  }
  t.same(log.lines, []);
  t.end();
});
