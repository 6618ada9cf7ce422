import t from "tap";
import { createSealer } from "../../src/store/sealing.js";
import { createManualClock, flush } from "../support/manual-clock.js";
import { keyFrom } from "../support/session-fixtures.js";
import { openProcess } from "../support/session-stores.js";
import { sessionStoreContract } from "./session-store.js";

sessionStoreContract(t, "cookie store", () => {
  const clock = createManualClock();
  return {
    open: (owner) => openProcess({ sealer: createSealer([keyFrom("contract")]), clock, ...owner }).sessions,
    fastForward: (ms) => clock.advance(ms),
    settle: flush,
    shared: null,
  };
});
