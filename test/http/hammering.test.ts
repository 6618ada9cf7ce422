import t from "tap";
import { createHammerGuard } from "../../src/http/gate/hammering.js";
import { ProblemError } from "../../src/http/problem/problem.js";
import type { Visit } from "../../src/http/problem/request-state.js";
import { createManualClock } from "../support/manual-clock.js";
import { sessionOf } from "../support/session-fixtures.js";

const CLIENT = { ip: "192.0.2.1" };

t.test(
  "who goes on calling with an ended session is refused for the rest of the minute, and not for an hour that a clock is set back by",
  (t) => {
    const clock = createManualClock();
    const guard = createHammerGuard(clock);
    const visit: Visit = {
      presented: { tickets: [], markers: [], names: [], any: true },
      reading: {
        kind: "ended",
        id: sessionOf().id,
        ending: { reason: "signed_out", cause: "logout" },
        known: "here",
        superseded: false,
        authTimeSeconds: null,
      },
      openedAtMs: 0,
      replacement: null,
    };
    const call = () => guard.check(CLIENT, visit);
    for (let calls = 0; calls < 300; calls++) call();
    t.throws(call, new ProblemError({ reason: "rate_limited", retryAfterSeconds: 60 }));
    clock.jump(-3_600_000);
    t.doesNotThrow(call);
    t.end();
  },
);
