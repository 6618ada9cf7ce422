import type { Secret } from "../../src/model/secret.js";
import { createCookieWriter } from "../../src/store/cookies.js";
import { SessionCache } from "../../src/store/memory/session-cache.js";
import { createSealer } from "../../src/store/sealing.js";
import { createTicketCodec } from "../../src/store/ticket-codec.js";
import { refreshTokenOf, sessionOf } from "../../test/support/session-fixtures.js";

/** Somebody at work in the app, as far as their browser knows. */
export interface Person {
  /** The `Cookie` header. */
  cookie: string;
  /** Of the ID token that the API saw last. */
  expiresAtMs: number;
  waitsForAnswer: boolean;
}

export interface Morning {
  readonly publicUrl: string;
  readonly sessionKey: Secret<Buffer>;
  readonly people: number;
  readonly lifeMs: number;
  /** When the first token ends, and over how long the others do. */
  readonly firstExpiryMs: number;
  readonly overMs: number;
}

export const subjectOf = (index: number) => `user-${index}`;
/** As long as Cognito's. */
export const refreshTokenAt = (index: number) => refreshTokenOf(subjectOf(index));

/** People who have signed in some time ago, one after the other, with tickets as the product seals them. */
export function peopleAtWork({ publicUrl, sessionKey, people, lifeMs, firstExpiryMs, overMs }: Morning): Person[] {
  const codec = createTicketCodec({ sealer: createSealer([sessionKey]), now: Date.now, cache: new SessionCache({ bytes: 1_000_000 }) });
  const cookies = createCookieWriter({ publicUrl, sameSite: "strict" });
  return Array.from({ length: people }, (_, index): Person => {
    // exp is in whole seconds.
    const expiresAtMs = Math.floor((firstExpiryMs + (index / people) * overMs) / 1000) * 1000;
    const seed = { subject: subjectOf(index), issuedAtMs: expiresAtMs - lifeMs, lifeMs, refresh: refreshTokenAt(index) };
    const sealed = codec.sealSession(sessionOf(seed));
    return { cookie: `${cookies.names.session}=${sealed}`, expiresAtMs, waitsForAnswer: false };
  });
}

/** What a browser makes of the answer's Set-Cookie: only the ticket changes here, and it fits into one cookie. */
export function keepCookie(person: Person, setCookie: string | readonly string[] | undefined): void {
  const name = person.cookie.slice(0, person.cookie.indexOf("="));
  const lines = typeof setCookie === "string" ? [setCookie] : (setCookie ?? []);
  for (const line of lines) if (line.startsWith(`${name}=`)) person.cookie = line.slice(0, line.indexOf(";"));
}
