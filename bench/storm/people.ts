import { DEFAULT_SEED } from "../../src/local-cognito/index.js";
import { systemClock } from "../../src/model/clock.js";
import { silentLog } from "../../src/model/log.js";
import type { Secret } from "../../src/model/secret.js";
import type { Session } from "../../src/model/session.js";
import { createCookieWriter } from "../../src/store/cookies.js";
import { SessionCache } from "../../src/store/memory/session-cache.js";
import { createSealer } from "../../src/store/sealing.js";
import type { SessionStore } from "../../src/store/session-store.js";
import { createTicketCodec } from "../../src/store/ticket-codec.js";
import { sessionOf } from "../../test/support/session-fixtures.js";
import type { SignedIn } from "./stand-ins.js";

/** Somebody whose tokens have just ended. */
export interface Person {
  /** The `Cookie` header. */
  readonly cookie: string;
  /** `signed out`: on purpose, and whoever comes back with the cookie hears that, for good. */
  state: "not called yet" | "calls" | "signed out";
}

const HOUR_MS = 60 * 60 * 1000;
const WRITTEN_AT_A_TIME = 100;

/** Writes sessions as a sign-in of an hour ago has, whose tokens have just ended; their refresh tokens are Cognito's. */
export async function writeSessions(
  store: SessionStore,
  signedIn: readonly SignedIn[],
  { publicUrl, sessionKey }: { readonly publicUrl: string; readonly sessionKey: Secret<Buffer> },
): Promise<readonly Person[]> {
  const codec = createTicketCodec({ sealer: createSealer([sessionKey]), now: Date.now, cache: new SessionCache({ bytes: 1_000_000 }) });
  const { names } = createCookieWriter({ publicUrl, sameSite: "strict" });
  const issuedAtMs = Date.now() - HOUR_MS - 1_000;
  const sessionFor = ({ subject, refreshToken }: SignedIn): Session =>
    sessionOf(
      { subject, issuedAtMs, lifeMs: HOUR_MS, refresh: refreshToken },
      { userPoolId: DEFAULT_SEED.userPoolId, clientId: DEFAULT_SEED.clientId, username: subject, lastSeenAtMs: systemClock.now() },
    );
  const sessions = signedIn.map(sessionFor);
  for (let from = 0; from < sessions.length; from += WRITTEN_AT_A_TIME) {
    const some = sessions.slice(from, from + WRITTEN_AT_A_TIME);
    const committed = await Promise.all(some.map((session) => store.commit(session, null, null)));
    if (committed.some(({ kind }) => kind !== "saved")) throw new Error("a session could not be written");
  }
  return sessions.map((session) => ({ cookie: `${names.session}=${codec.sealId(session)}`, state: "not called yet" }));
}

export const quiet = { clock: systemClock, random: Math.random, log: silentLog };
