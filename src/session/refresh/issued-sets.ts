import { LRUCache } from "lru-cache";
import type { IssuedTokens } from "../../cognito/answers.js";
import type { CognitoTime } from "../../cognito/cognito-time.js";
import type { TokenVerifier } from "../../cognito/token-verifier.js";
import { atMost } from "../../model/at-most.js";
import type { Clock } from "../../model/clock.js";
import type { Log } from "../../model/log.js";
import { hasNewerTokens, identityOf, isNewer, type Session, type SessionId } from "../../model/session.js";
import type { KeptKinds, TokenSet } from "../../model/token-set.js";
import type { Lease } from "../../store/session-store.js";
import type { Sessions } from "../../store/sessions.js";
import type { Tell } from "../../telemetry/events.js";
import type { DoubtGuard } from "./doubt-guard.js";
import { type IssuedVerdict, verifyIssued } from "./issued-tokens.js";
import type { Hindrance, OutcomeMemory } from "./outcome-memory.js";
import type { RefreshOutcome } from "./refresh-coordinator.js";
import { issuedBy, unverifiedSet, verifiedSet, withoutDead } from "./refreshed-sets.js";

/** Sets that wait for a store that is away: each holds the only refresh token of its session that still works. */
const MOST_UNSAVED = 10_000;
const NOT_READABLE: Hindrance = { kind: "unavailable", reason: "cognito_unavailable", retryAfterSeconds: 1 };

export interface IssuedSetsOptions {
  readonly sessions: Pick<Sessions, "newest" | "endingOf" | "keep" | "commit">;
  readonly verifier: Pick<TokenVerifier, "verify">;
  readonly time: CognitoTime;
  readonly clock: Clock;
  readonly guard: DoubtGuard;
  readonly memory: OutcomeMemory;
  readonly keep: KeptKinds;
  readonly tell: Tell;
  readonly log: Log;
  /** The session ended while Cognito was issuing: what was issued is of no use to it any more. */
  readonly late: (session: Session, issued: IssuedTokens | null) => void;
  /** The app client rotates refresh tokens, or does not, as an answer of Cognito's has just shown. */
  readonly learnRotation: (rotation: "on" | "off") => void;
}

/** What Cognito issued, on its way into the session: saved as soon as it is there, used once it is verified. */
export class IssuedSets {
  readonly #options: IssuedSetsOptions;
  readonly #unsaved = new LRUCache<SessionId, Session>(atMost(MOST_UNSAVED));

  constructor(options: IssuedSetsOptions) {
    this.#options = options;
  }

  /** A set that could not be saved; null where none waits, or somebody has newer tokens by now. */
  unsaved(session: Session): Session | null {
    const waiting = this.#unsaved.get(session.id);
    return waiting && hasNewerTokens(waiting, session) ? waiting : null;
  }

  /** A session that was signed out meanwhile has ended, whatever else went wrong. */
  hindered(session: Session, hindrance: Hindrance): RefreshOutcome {
    return this.#ended(session) ?? this.#options.memory.remember(session.id, hindrance);
  }

  /** Takes what Cognito issued for a session. */
  async take(session: Session, issued: IssuedTokens, lease: Lease): Promise<RefreshOutcome> {
    const { clock, time, keep, log, learnRotation } = this.#options;
    const unverified = unverifiedSet(session, issued, keep);
    if (!unverified) {
      log.error({}, "Cognito's answer holds no token that can be read");
      return this.hindered(session, NOT_READABLE);
    }
    learnRotation(issued.refresh ? "on" : "off");
    // Saved before anything else can go wrong: with rotation on this is the only refresh token that still works.
    const next: Session = {
      ...session,
      tokens: withoutDead(session.tokens, unverified, time.now()),
      unverified,
      refreshedAtMs: clock.now(),
      version: session.version + 1,
    };
    return this.save(next, session.version, lease, issued);
  }

  /** Saves a set, and verifies it once it is saved. */
  async save(next: Session, expected: number, lease: Lease, issued: IssuedTokens | null = null): Promise<RefreshOutcome> {
    const { sessions, guard } = this.#options;
    const { unverified } = next;
    if (!unverified) return { kind: "refreshed", session: next };
    const committed = await sessions.commit(next, expected, lease);
    if (committed.kind === "unavailable") {
      this.#unsaved.set(next.id, next);
      return this.hindered(next, storeAway(committed.retryAfterSeconds));
    }
    this.#unsaved.delete(next.id);
    if (committed.kind === "ended") return this.#late(next, issued ?? issuedBy(unverified, unverified.access?.jwt ?? null));
    guard.succeeded();
    if (committed.kind === "newer") return this.adopt(committed.session, lease);
    return this.verify(next, unverified, lease, issued?.access ?? unverified.access?.jwt ?? null);
  }

  /** Goes on with what a sibling has refreshed. */
  async adopt(session: Session, lease: Lease): Promise<RefreshOutcome> {
    return session.unverified ? this.verify(session, session.unverified, lease) : { kind: "refreshed", session };
  }

  /** A set is used once its signature, issuer, audience, use and subject are good. */
  async verify(session: Session, unverified: TokenSet, lease: Lease, access = unverified.access?.jwt ?? null): Promise<RefreshOutcome> {
    const { sessions, verifier, memory, keep, tell, log } = this.#options;
    const id = unverified.id?.jwt;
    const verdict: IssuedVerdict = id
      ? await verifyIssued(verifier, { id, access }, session.subject, session.refreshedAtMs)
      : { kind: "invalid", why: "no ID token" };

    // Signed out while the keys were fetched.
    if (sessions.endingOf(session.id)) return this.#late(session, issuedBy(unverified, access));
    if (verdict.kind === "undecidable") {
      log.warn({ why: verdict.why }, "a refreshed token could not be verified: Cognito's keys cannot be had");
      return this.hindered(session, NOT_READABLE);
    }
    if (verdict.kind === "invalid") {
      const details = { problem: "a refreshed token is not good", why: verdict.why };
      tell({ kind: "alert", alert: "misconfigured", details });
      const without: Session = { ...session, tokens: { ...session.tokens, refresh: unverified.refresh }, unverified: null };
      await sessions.commit(without, session.version, lease);
      return this.hindered(session, { kind: "misconfigured" });
    }

    const tokens = verifiedSet(unverified, keep);
    const next: Session = { ...session, ...identityOf(tokens.claims), tokens, unverified: null };
    const committed = await sessions.commit(next, session.version, lease);
    if (committed.kind === "ended") return this.#late(session, issuedBy(unverified, access));
    // The set itself has been saved: that its verdict could not be costs the next process another look at it.
    if (committed.kind === "unavailable") sessions.keep(next);
    memory.forget(session.id);
    tell({ kind: "session_renewed", session: next });
    // With what was learned meanwhile, as later activity.
    return { kind: "refreshed", session: this.#newestOf(next) };
  }

  #newestOf(session: Session): Session {
    const newest = this.#options.sessions.newest(session.id);
    return newest && isNewer(newest, session) ? newest : session;
  }

  #ended(session: Session): RefreshOutcome | null {
    const known = this.#options.sessions.endingOf(session.id);
    return known ? { kind: "rejected", ending: known.ending } : null;
  }

  /** What was issued is revoked, and nothing brings the session back. */
  #late(session: Session, issued: IssuedTokens | null): RefreshOutcome {
    this.#options.late(session, issued);
    return this.#ended(session) ?? { kind: "rejected", ending: { reason: "signed_out", cause: "logout" } };
  }
}

/** What is heard while the session store cannot be asked. */
export function storeAway(retryAfterSeconds: number): Hindrance {
  return { kind: "unavailable", reason: "store_unavailable", retryAfterSeconds };
}
