import { silentLog } from "../../src/model/log.js";
import type { Session, SessionId } from "../../src/model/session.js";
import type { PresentedCookies } from "../../src/store/cookies.js";
import { type CacheFigures, type OpenedSessions, type OpenSessionsOptions, openSessions } from "../../src/store/open-sessions.js";
import type { Sessions } from "../../src/store/sessions.js";
import type { Reading } from "../../src/store/ticket-codec.js";
import type { SessionEnding } from "../../src/wire/reasons.js";
import { CLIENT_ID, USER_POOL_ID } from "./session-fixtures.js";

export type ProcessOptions = Partial<OpenSessionsOptions> & Pick<OpenSessionsOptions, "sealer" | "clock">;

/** The sessions of one process, with what a test leaves unsaid. */
export function openProcess(options: ProcessOptions): OpenedSessions {
  return openSessions({
    userPoolId: USER_POOL_ID,
    clientId: CLIENT_ID,
    cacheBytes: 8 * 1024 * 1024,
    idleTimeoutMs: null,
    seemsOver: () => false,
    log: silentLog,
    ...options,
  });
}

/** The sessions of a process with the cookie store, which answers at once. */
export interface CookieSessions extends Sessions {
  read(presented: PresentedCookies): Reading;
  end(ended: Session | SessionId, ending: SessionEnding, superseded?: boolean): Session | null;
  /** Keeps a version, as a refresh does. */
  save(session: Session): boolean;
  cacheFigures(): CacheFigures;
}

export function createCookieSessions(options: ProcessOptions): CookieSessions {
  const { sessions, cacheFigures } = openProcess(options);
  const atOnce = <T>(answer: T | Promise<T>): T => {
    if (answer instanceof Promise) throw new Error("the cookie store answers at once");
    return answer;
  };
  return {
    ...sessions,
    read: (presented) => atOnce(sessions.read(presented)),
    end: (...args) => atOnce(sessions.end(...args)),
    save: sessions.keep,
    cacheFigures,
  };
}
