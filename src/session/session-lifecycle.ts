import type { TokenVerifier } from "../cognito/token-verifier.js";
import type { Cancel, Clock } from "../model/clock.js";
import type { Secret } from "../model/secret.js";
import { createSessionId, identityOf, newestRefreshToken, type Session, type SessionId } from "../model/session.js";
import { type Claims, createTokenSet, type KeptKinds, largestClaims } from "../model/token-set.js";
import type { Awaitable, Ended } from "../store/session-store.js";
import { after, type Sessions } from "../store/sessions.js";
import type { Tell } from "../telemetry/events.js";
import type { SessionEnding } from "../wire/reasons.js";
import { type Demand, demandsNewSignIn, meetsDemand } from "./demand.js";
import { limitPassed, type SessionLimits, touched } from "./limits.js";
import { type IssuedVerdict, verifyIssued } from "./refresh/issued-tokens.js";
import type { Revocation } from "./revocation.js";

/** What a sign-in brought. */
export interface SignIn {
  readonly id: Secret;
  readonly access: Secret;
  readonly refresh: Secret;
  /** The nonce this sign-in began with. */
  readonly nonce: string;
  /** What it had to be; null where any sign-in will do. */
  readonly demand: Demand | null;
  /** The session this browser had before, as far as it is known; it ends. */
  readonly previous: Session | SessionId | null;
}

export type StartOutcome =
  | { readonly kind: "started"; readonly session: Session; readonly sealed: string }
  /** Cognito's keys cannot be had. */
  | { readonly kind: "undecidable"; readonly why: string }
  /** A token is not what Cognito should have issued for this sign-in. */
  | { readonly kind: "invalid"; readonly why: string }
  /** An earlier sign-in was taken for this one, and a new one had been demanded. */
  | { readonly kind: "too_old" }
  | { readonly kind: "too_large" }
  /** There is nowhere to keep it. */
  | { readonly kind: "store_unavailable"; readonly retryAfterSeconds: number };

export interface SessionLifecycleOptions {
  readonly sessions: Sessions;
  readonly verifier: TokenVerifier;
  readonly revocation: Revocation;
  readonly clock: Clock;
  readonly userPoolId: string;
  readonly clientId: string;
  readonly keep: KeptKinds;
  readonly limits: SessionLimits;
  /** How many bytes of Cookie header a ticket takes, and how many it may. */
  readonly ticketBytes: (sealed: string) => number;
  readonly ticketBudgetBytes: number;
  readonly tell: Tell;
}

/** Begins and ends sessions. */
export interface SessionLifecycle {
  start(signIn: SignIn): Promise<StartOutcome>;
  /** Ends the session here alone, at once; `SignOut` ends it at Cognito as well. Its newest version, whose tokens live on. */
  end(session: Session, ending: SessionEnding): Awaitable<Session>;
  /** Ends a session that could not be had, since the store could not be asked, for a person who wants to leave. */
  endUnseen(id: SessionId, ending: SessionEnding): void;
  /** Ends the session on Cognito's verdict, unless somebody has renewed it meanwhile: the loser of a race ends nothing. */
  endRejected(session: Session, ending: SessionEnding): Awaitable<Ended>;
  /** Calls back at every ending this process hears of, whoever brought it about; a session that a new sign-in replaced has ended too. */
  onEnded(listener: (id: SessionId, ending: SessionEnding) => void): Cancel;
  /** Ends the session when a limit of ours has passed. */
  enforceLimits(session: Session): SessionEnding | null;
  /** Whether a session has ended, as far as is known here, in a way after which a sign-in must be a new one. One that a browser brought is ended where a limit of ours has passed. */
  hasEndedForGood(before: Session | SessionId): boolean;
  /** Keeps the session at hand, so that its token can be revoked when a sign-in just begun replaces it. */
  keepAtHand(session: Session): void;
  /** Counts activity, which extends the idle limit. */
  touch(session: Session): Session;
  /** Revokes what arrived after its session had ended. */
  revokeLate(session: Session): void;
}

export function createSessionLifecycle(options: SessionLifecycleOptions): SessionLifecycle {
  const { sessions, verifier, revocation, clock, keep, limits, tell } = options;
  const listeners = new Set<(id: SessionId, ending: SessionEnding) => void>();

  function announce(id: SessionId, ending: SessionEnding): void {
    for (const listener of listeners) listener(id, ending);
  }

  function end(session: Session, ending: SessionEnding): Awaitable<Session> {
    if (sessions.endingOf(session.id)) return session;
    const last = sessions.end(session, ending);
    tell({ kind: "session_ended", id: session.id, ending, known: knownOf(session), replaced: false });
    announce(session.id, ending);
    return after(last, (newest) => newest ?? session);
  }

  function endRejected(session: Session, ending: SessionEnding): Awaitable<Ended> {
    const known = sessions.endingOf(session.id);
    if (known) return { kind: "ended", ...known, before: true, last: null };
    return after(sessions.endUnlessRenewed(session, ending), (answer) => {
      if (answer.kind === "ended") {
        if (!answer.before) tell({ kind: "session_ended", id: session.id, ending, known: knownOf(session), replaced: false });
        announce(session.id, answer.ending);
      }
      return answer;
    });
  }

  const knownOf = ({ subject, startedAtMs }: Session) => ({ subject, ageSeconds: Math.round((clock.now() - startedAtMs) / 1000) });

  function replacePrevious(before: Session | SessionId): void {
    const [id, presented] = typeof before === "string" ? [before, null] : [before.id, before];
    const previous = sessions.newest(id) ?? presented;
    const known = sessions.endingOf(id);
    const ending: SessionEnding = { reason: "signed_out", cause: "logout" };
    const last = sessions.end(id, ending, "superseded");
    if (!known) tell({ kind: "session_ended", id, ending, known: previous && knownOf(previous), replaced: true });
    announce(id, ending);
    void after(last, (newest) => {
      const ended = newest ?? previous;
      if (ended) void revocation.revoke(newestRefreshToken(ended), ended);
    });
  }

  async function verify(signIn: SignIn, receivedAtMs: number): Promise<IssuedVerdict> {
    const verdict = await verifyIssued(verifier, signIn, null, receivedAtMs);
    // OpenID Connect Core 3.1.3.7, 11: the nonce binds the token to this sign-in.
    if (verdict.kind === "valid" && verdict.claims["nonce"] !== signIn.nonce) return { kind: "invalid", why: "another nonce" };
    return verdict;
  }

  function enforceLimits(session: Session): SessionEnding | null {
    const ending = limitPassed(session, clock.now(), limits);
    if (ending) void after(end(session, ending), (last) => void revocation.revoke(newestRefreshToken(last), last));
    return ending;
  }

  sessions.onEndedElsewhere(announce);

  return {
    async start(signIn) {
      const nowMs = clock.now();
      const verdict = await verify(signIn, nowMs);
      if (verdict.kind !== "valid") {
        void revocation.revoke(signIn.refresh, null);
        return verdict;
      }
      const { claims, accessClaims } = verdict;
      if (signIn.demand && !meetsDemand(claims, signIn.demand, nowMs)) {
        void revocation.revoke(signIn.refresh, null);
        return { kind: "too_old" };
      }
      const session: Session = {
        // A new id at every sign-in: nothing that was planted before it is worth anything after (session fixation).
        id: createSessionId(),
        userPoolId: options.userPoolId,
        clientId: options.clientId,
        ...identityOf(claims),
        deviceKey: deviceKeyOf(accessClaims),
        tokens: createTokenSet({
          refresh: signIn.refresh.reveal(),
          claims,
          id: keep.id ? signIn.id.reveal() : null,
          access: keep.access && accessClaims ? { jwt: signIn.access.reveal(), claims: accessClaims } : null,
        }),
        unverified: null,
        startedAtMs: nowMs,
        lastSeenAtMs: nowMs,
        refreshedAtMs: nowMs,
        version: 1,
      };
      const sealed = sessions.seal(session);
      const bytes = options.ticketBytes(sealed);
      if (bytes > options.ticketBudgetBytes) {
        const fits = { cookie_bytes: bytes, budget_bytes: options.ticketBudgetBytes };
        const details = { at: "sign-in", ...fits, largest_claims: largestClaims(claims) };
        tell({ kind: "alert", alert: "session_too_large", details });
        void revocation.revoke(signIn.refresh, session);
        return { kind: "too_large" };
      }
      const begun = sessions.begin(session);
      const saved = begun instanceof Promise ? await begun : begun;
      if (saved.kind !== "saved") {
        void revocation.revoke(signIn.refresh, session);
        return { kind: "store_unavailable", retryAfterSeconds: saved.kind === "unavailable" ? saved.retryAfterSeconds : 1 };
      }
      if (signIn.previous) replacePrevious(signIn.previous);
      tell({ kind: "session_started", session, cookieBytes: bytes });
      return { kind: "started", session, sealed };
    },

    end,
    endUnseen(id, ending) {
      if (sessions.endingOf(id)) return;
      const last = sessions.end(id, ending);
      tell({ kind: "session_ended", id, ending, known: null, replaced: false });
      announce(id, ending);
      void after(last, (newest) => newest && void revocation.revoke(newestRefreshToken(newest), newest));
    },
    endRejected,

    onEnded(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    enforceLimits,

    hasEndedForGood(before) {
      const [id, presented] = typeof before === "string" ? [before, null] : [before.id, before];
      const known = sessions.endingOf(id);
      // One that a newer sign-in replaced was not signed out of.
      if (known) return !known.superseded && demandsNewSignIn(known.ending);
      // Where its cookie is not there, activity may have gone by in another process: then it is not ended here.
      const here = sessions.newest(id);
      const ending = presented ? enforceLimits(presented) : here && limitPassed(here, clock.now(), limits);
      return ending !== null && demandsNewSignIn(ending);
    },

    keepAtHand: (session) => void sessions.keep(session),

    touch(session) {
      const next = touched(session, clock.now(), limits);
      if (next !== session) sessions.touch(next);
      return next;
    },

    revokeLate(session) {
      tell({ kind: "refreshed_late", session });
      void revocation.revoke(newestRefreshToken(session), session);
    },
  };
}

function deviceKeyOf(accessClaims: Claims | null): string | null {
  const key = accessClaims?.["device_key"];
  return typeof key === "string" ? key : null;
}
