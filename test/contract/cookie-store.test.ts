import t from "tap";
import { createSealer } from "../../src/store/sealing.js";
import { createManualClock } from "../support/manual-clock.js";
import { keyFrom } from "../support/session-fixtures.js";
import { createCookieSessions } from "../support/session-stores.js";
import { sessionStoreContract } from "./session-store.js";

sessionStoreContract(t, "cookie store", () => {
  const clock = createManualClock();
  return {
    open: (owner) => createCookieSessions({ sealer: createSealer([keyFrom("contract")]), clock, ...owner }),
    fastForward: (ms) => clock.advance(ms),
  };
});
