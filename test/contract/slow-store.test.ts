import t from "tap";
import { createSealer } from "../../src/store/sealing.js";
import { createManualClock, flush } from "../support/manual-clock.js";
import { keyFrom } from "../support/session-fixtures.js";
import { openProcess } from "../support/session-stores.js";
import { SlowBackend } from "../support/slow-store.js";
import { sessionStoreContract } from "./session-store.js";

for (const [name, trustMs] of [
  ["shared store, asked every time", 0],
  ["shared store, trusted for a second", 1_000],
] as const) {
  sessionStoreContract(t, name, () => {
    const clock = createManualClock();
    const backend = new SlowBackend({ clock, trustMs });
    return {
      open: (owner) =>
        openProcess({ sealer: createSealer([keyFrom("contract")]), clock, openStore: () => backend.open(), ...owner }).sessions,
      fastForward: (ms) => clock.advance(ms),
      async settle() {
        for (let turns = 0; turns < 5; turns++) await flush();
      },
      shared: {
        reachable(is) {
          backend.away = !is;
        },
        listening(is) {
          if (is) backend.reconnect();
          else backend.deaf = true;
        },
      },
    };
  });
}
