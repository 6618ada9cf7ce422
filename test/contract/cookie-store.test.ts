import t from "tap";
import { createCookieStore } from "../../src/store/cookie-store.js";
import { createSealer } from "../../src/store/sealing.js";
import { createManualClock } from "../support/manual-clock.js";
import { CLIENT_ID, keyFrom, USER_POOL_ID } from "../support/session-fixtures.js";
import { sessionStoreContract } from "./session-store.js";

sessionStoreContract(t, "cookie store", () => {
  const clock = createManualClock();
  return {
    open: (owner) =>
      createCookieStore({
        sealer: createSealer([keyFrom("contract")]),
        clock,
        userPoolId: USER_POOL_ID,
        clientId: CLIENT_ID,
        cacheBytes: 8 * 1024 * 1024,
        ...owner,
      }),
    fastForward: (ms) => clock.advance(ms),
  };
});
