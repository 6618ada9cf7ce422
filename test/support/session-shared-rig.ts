import { newestRefreshToken, type Session } from "../../src/model/session.js";
import { createSealer } from "../../src/store/sealing.js";
import type { SessionStore } from "../../src/store/session-store.js";
import { createManualClock, flush } from "./manual-clock.js";
import { HOUR_MS, issuedFor, keyFrom, START_MS, sessionOf } from "./session-fixtures.js";
import { createLifecycleRig, type LifecycleRig } from "./session-lifecycle-rig.js";
import { openProcess } from "./session-stores.js";
import { SlowBackend } from "./slow-store.js";

export interface SharedRigOptions {
  /** The store as a test changes it. */
  readonly change?: (store: SessionStore) => SessionStore;
}

/** What refreshes and ends sessions, over a shared store; Cognito rotates refresh tokens. */
export function createSharedRig({ change = (store) => store }: SharedRigOptions = {}) {
  const clock = createManualClock(START_MS);
  // The manual clock moves on once promises have had their turn.
  const backend = new SlowBackend({ clock, wait: () => Promise.resolve() });
  const options = { sealer: createSealer([keyFrom("shared")]), clock };
  const { sessions } = openProcess({ ...options, openStore: () => change(backend.open()) });
  const rig: LifecycleRig = createLifecycleRig({ sessions, clock, limits: { idleTimeoutMs: null, maxAgeMs: null } });
  let issued = 1;
  rig.cognito.refresh = () => issuedFor("user-1", { issuedAtMs: clock.now() }, `rotated ${++issued}`);
  return {
    ...rig,
    backend,
    sessions,
    /** One more process, which only reads and writes. */
    other: () => openProcess({ ...options, openStore: () => backend.open() }).sessions,
    /** A session that is in the store, its token dead unless `leftMs` says otherwise. */
    async begun(leftMs = -1): Promise<Session> {
      const session = sessionOf({ issuedAtMs: START_MS - HOUR_MS + leftMs });
      await sessions.begin(session);
      return session;
    },
    /** The refresh token that the store has. */
    stored(session: Session): string | null {
      const row = backend.rows.get(session.id);
      return row ? newestRefreshToken(row.session).reveal() : null;
    },
    async settle(): Promise<void> {
      for (let turns = 0; turns < 8; turns++) await flush();
    },
  };
}
