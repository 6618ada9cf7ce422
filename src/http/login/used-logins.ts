import type { Clock } from "../../model/clock.js";
import type { Log } from "../../model/log.js";
import { LOGIN_COOKIE_MS, LOGIN_REFUSED_BEYOND_MS, type LoginTransaction } from "./login-transaction.js";

const MOST_USED = 100_000;
const MINUTE_MS = 60_000;

type Login = Pick<LoginTransaction, "id" | "begunAtMs">;

/** Which sign-ins have come back: a state works once (RFC 9700 4.7.1), for a copied cookie too. */
export interface UsedLogins {
  /** Marks one as used. False where it has been used before, or may have been. */
  claim(login: Login): boolean;
  /** It came to nothing because of an outage: the same answer may come again. */
  release(login: Login): void;
}

/**
 * Kept by the minute in which they began. When there are too many the earliest minute goes, and from then on every sign-in that began before
 * its end counts as used: nothing that was forgotten can be used again.
 */
export function createUsedLogins(clock: Clock, log: Log, most = MOST_USED): UsedLogins {
  const byMinute = new Map<number, Set<string>>();
  let size = 0;
  let forgottenMinute = Number.NEGATIVE_INFINITY;

  const minuteOf = (ms: number) => Math.floor(ms / MINUTE_MS);

  function forget(minute: number): void {
    size -= byMinute.get(minute)?.size ?? 0;
    byMinute.delete(minute);
    forgottenMinute = Math.max(forgottenMinute, minute);
  }

  /** The set of a minute, made where there is none; the moment to drop those whose cookies do not open any more. */
  function idsOf(minute: number): Set<string> {
    const known = byMinute.get(minute);
    if (known) return known;
    const oldest = minuteOf(clock.now() - LOGIN_REFUSED_BEYOND_MS);
    for (const other of [...byMinute.keys()]) if (other < oldest) forget(other);
    const ids = new Set<string>();
    byMinute.set(minute, ids);
    return ids;
  }

  return {
    claim({ id, begunAtMs }) {
      const minute = minuteOf(begunAtMs);
      if (minute <= forgottenMinute) return false;
      const ids = idsOf(minute);
      if (ids.has(id)) return false;
      ids.add(id);
      size += 1;
      if (size > most) {
        const earliest = Math.min(...byMinute.keys());
        forget(earliest);
        // What began before the cookie's hour comes back only where clocks differ.
        if (earliest >= minuteOf(clock.now() - LOGIN_COOKIE_MS))
          log.warn({ kept: most }, "too many sign-ins came back within the hour: those that began longest ago have to be begun again");
      }
      return true;
    },

    release({ id, begunAtMs }) {
      if (byMinute.get(minuteOf(begunAtMs))?.delete(id)) size -= 1;
    },
  };
}
