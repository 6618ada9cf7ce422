import { LRUCache } from "lru-cache";
import type { IssuedTokens } from "../../cognito/answers.js";
import type { CognitoTime } from "../../cognito/cognito-time.js";
import type { TokenVerifier } from "../../cognito/token-verifier.js";
import { atMost } from "../../model/at-most.js";
import type { Cancel, Clock } from "../../model/clock.js";
import type { Log } from "../../model/log.js";
import { RETRY_AFTER_MS } from "../../model/retry-after.js";
import { identityOf, type Session, type SessionId } from "../../model/session.js";
import { type KeptKinds, type TokenSet, withRefreshToken } from "../../model/token-set.js";
import type { Sessions } from "../../store/sessions.js";
import type { Tell } from "../../telemetry/events.js";
import type { DoubtGuard } from "./doubt-guard.js";
import type { HeldLease } from "./held-lease.js";
import { type IssuedVerdict, verifyIssued } from "./issued-tokens.js";
import type { OutcomeMemory } from "./outcome-memory.js";
import { endedOutcome, type Hindrance, type RefreshOutcome, storeAway } from "./refresh-outcome.js";
import { issuedBy, unverifiedSet, verifiedSet, withoutDead } from "./refreshed-sets.js";

/** Sets that wait for a store that is away: each holds the only refresh token of its session that still works. */
const MOST_UNSAVED = 10_000;
const NOT_READABLE: Hindrance = { kind: "unavailable", reason: "cognito_unavailable", retryAfterSeconds: 1 };

export interface IssuedSetsOptions {
  readonly sessions: Pick<Sessions, "newestOf" | "endingOf" | "keep" | "commit" | "onEnded">;
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
  /** Writes a session's waiting set, if the store is there by now; never rejects. */
  readonly saveAgain: (session: Session) => Promise<unknown>;
  /** The app client rotates refresh tokens, or does not, as an answer of Cognito's has just shown. */
  readonly learnRotation: (rotation: "on" | "off") => void;
}

interface Retry {
  cancel: Cancel;
}

/** What Cognito issued, on its way into the session: saved as soon as it is there, used once it is verified. */
export class IssuedSets {
  readonly #options: IssuedSetsOptions;
  readonly #unsaved: LRUCache<SessionId, Session>;
  /** Those that are tried again, as long as they wait. */
  readonly #retries = new Map<SessionId, Retry>();

  constructor(options: IssuedSetsOptions) {
    const { log, sessions, tell } = options;
    this.#options = options;
    this.#unsaved = new LRUCache<SessionId, Session>({
      ...atMost(MOST_UNSAVED),
      dispose: ({ version }, id, reason) => {
        // One that another takes the place of waits on with its turn.
        if (reason !== "set") this.#dropRetry(id);
        if (reason !== "evict") return;
        tell({ kind: "store_failed", operation: "keep" });
        log.error({ version }, "a refreshed session was forgotten before the session store came back for it: too many wait");
      },
    });
    sessions.onEnded((id, { cause }) => {
      const waiting = this.takeUnsaved(id);
      // GlobalSignOut ends it; RevokeToken beside it could end the access token that another process is about to send with it.
      if (waiting && cause !== "logout_everywhere") options.late(waiting, null);
    });
  }

  /** The set that waits for the store, of a session that ends: it waits no more. Null where none does. */
  takeUnsaved(id: SessionId): Session | null {
    const waiting = this.#unsaved.get(id);
    this.#unsaved.delete(id);
    return waiting ?? null;
  }

  /** Tries once more to save what waits, at once, and says how much could not be. For the end of the process. */
  async flush(): Promise<void> {
    const { saveAgain, tell, log } = this.#options;
    await Promise.all([...this.#unsaved.values()].map(saveAgain));
    const left = this.#unsaved.size;
    if (left === 0) return;
    for (let lost = 0; lost < left; lost++) tell({ kind: "store_failed", operation: "keep" });
    log.error(
      { sessions: left },
      "refreshed tokens could not be written to the session store before the end: with rotation on their people have to sign in anew",
    );
  }

  /**
   * A set that could not be saved; null where none waits. Where somebody has written newer tokens by now it is kept as an alternate: with rotation
   * it may be the one that Cognito takes.
   */
  unsaved({ id }: Session): Session | null {
    return this.#unsaved.get(id) ?? null;
  }

  /** A session that was signed out meanwhile has ended, whatever else went wrong. */
  hindered(session: Session, hindrance: Hindrance): RefreshOutcome {
    return endedOutcome(this.#options.sessions, session) ?? this.#options.memory.remember(session.id, hindrance);
  }

  /** Takes what Cognito issued for a session. */
  async take(session: Session, issued: IssuedTokens, held: HeldLease): Promise<RefreshOutcome> {
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
    return this.save(next, session.version, held, issued);
  }

  /** Saves a set, and verifies it once it is saved. */
  async save(next: Session, expected: number, held: HeldLease, issued: IssuedTokens | null = null): Promise<RefreshOutcome> {
    const { sessions, guard } = this.#options;
    const { unverified } = next;
    if (!unverified) return { kind: "refreshed", session: next };
    const committed = await sessions.commit(next, expected, held.lease);
    if (committed.kind !== "unavailable") held.settle();
    const all = () => issued ?? issuedBy(unverified, unverified.access?.jwt ?? null);
    if (committed.kind === "unavailable") {
      // Signed out while Cognito was asked: nobody would ever save it.
      if (sessions.endingOf(next.id)) return this.#late(next, all());
      this.#unsaved.set(next.id, next);
      this.#saveLater(next);
      return this.hindered(next, storeAway(committed.retryAfterSeconds));
    }
    this.#unsaved.delete(next.id);
    if (committed.kind === "ended") return this.#late(next, all());
    guard.succeeded();
    if (committed.kind === "newer") return this.adopt(committed.session, held);
    return this.verify(next, unverified, held, issued?.access ?? unverified.access?.jwt ?? null);
  }

  /** A few times, after which the next refresh tries: until then another process has the tokens of before, and may lose the session with them. */
  #saveLater(session: Session): void {
    if (this.#retries.has(session.id)) return;
    const retry: Retry = { cancel: () => {} };
    this.#retries.set(session.id, retry);
    this.#retry(session, retry, 0);
  }

  #retry(session: Session, retry: Retry, failures: number): void {
    const { clock, saveAgain } = this.#options;
    const delayMs = RETRY_AFTER_MS[failures];
    if (delayMs === undefined) {
      this.#dropRetry(session.id);
      return;
    }
    retry.cancel = clock.after(delayMs, () => {
      void saveAgain(session).then(() => {
        // It may have been saved, and the next one may wait with a turn of its own.
        if (this.#retries.get(session.id) === retry) this.#retry(session, retry, failures + 1);
      });
    });
  }

  #dropRetry(id: SessionId): void {
    this.#retries.get(id)?.cancel();
    this.#retries.delete(id);
  }

  /** Goes on with what a sibling has refreshed. */
  async adopt(session: Session, held: HeldLease): Promise<RefreshOutcome> {
    return session.unverified ? this.verify(session, session.unverified, held) : { kind: "refreshed", session };
  }

  /** A set is used once its signature, issuer, audience, use and subject are good. */
  async verify(
    session: Session,
    unverified: TokenSet,
    { lease }: HeldLease,
    access = unverified.access?.jwt ?? null,
  ): Promise<RefreshOutcome> {
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
      const without: Session = { ...session, tokens: withRefreshToken(session.tokens, unverified.refresh), unverified: null };
      await sessions.commit(without, session.version, lease);
      return this.hindered(session, { kind: "misconfigured", problem: details.problem });
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
    return { kind: "refreshed", session: sessions.newestOf(next) };
  }

  /** What was issued is revoked, and nothing brings the session back. */
  #late(session: Session, issued: IssuedTokens | null): RefreshOutcome {
    this.#options.late(session, issued);
    return endedOutcome(this.#options.sessions, session) ?? { kind: "rejected", ending: { reason: "signed_out", cause: "logout" } };
  }
}
