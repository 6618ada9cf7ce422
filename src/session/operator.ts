import type { Clock } from "../model/clock.js";
import { newestRefreshToken, type Session, type SessionId, sessionPseudonym } from "../model/session.js";
import type { IndexedSession, IndexPlace, SessionDirectory, StoreUnavailable } from "../store/session-store.js";
import type { Sessions } from "../store/sessions.js";
import type { SessionEnding } from "../wire/reasons.js";
import { each, isUnavailable } from "./each-answer.js";
import { idleEndsAtMs, isSaidToBeOver, type SessionLimits } from "./limits.js";
import type { ErrandResult, Revocation } from "./revocation.js";
import type { SessionLifecycle } from "./session-lifecycle.js";

export interface OperatorOptions {
  readonly directory: SessionDirectory;
  readonly sessions: Pick<Sessions, "find" | "end" | "endAllOf" | "isUnwritten">;
  readonly lifecycle: Pick<SessionLifecycle, "end">;
  readonly revocation: Pick<Revocation, "revoke">;
  readonly limits: SessionLimits;
  /** How long after its start a session can be refreshed; null where nobody said. */
  readonly refreshableMs: number | null;
  readonly clock: Clock;
}

/** A living session as an operator sees it. */
export interface SeenSession {
  /** What the log calls it; not enough to open it, nor to find its id. */
  readonly handle: string;
  readonly session: Session;
  /** Null while unknown. */
  readonly endsAtMs: number | null;
  readonly idleEndsAtMs: number | null;
}

export interface SessionPage {
  readonly kind: "page";
  readonly asOfMs: number;
  /** May be fewer than asked for although there are more: what is in the index and no more is left out. */
  readonly sessions: readonly SeenSession[];
  /** How many more are in the index of which nothing can be told: their records are sealed with keys that are not configured here. */
  readonly unreadable: number;
  /** Where the next page begins; null on the last. */
  readonly next: IndexPlace | null;
}

/** `left`: too many wait for their turn at Cognito, and it is not asked for this one. Its refresh token is in no record any more. */
export type RevokedAtCognito = ErrandResult | "left";

/** What is told of it; none of its tokens, since a person may have any number of them. */
export interface EndedSession extends Pick<Session, "subject" | "username" | "startedAtMs"> {
  readonly handle: string;
  readonly atCognito: RevokedAtCognito;
}

export interface EndedSessions {
  readonly kind: "ended";
  readonly sessions: readonly EndedSession[];
  /** How many more have ended although their records cannot be opened: their refresh tokens are in no hands any more, and live at Cognito. */
  readonly unreadable: number;
  readonly next: IndexPlace | null;
}

/** No session lives under this handle: it has ended, or there never was one. */
export interface NoSession {
  readonly kind: "none";
}

/** What the people who run the proxy can see and end. Nothing here is for a browser. */
export interface Operator {
  /** The latest begun first; a person's alone, by subject or username, or with null everybody's. */
  list(user: string | null, from: IndexPlace | null, count: number): Promise<SessionPage | StoreUnavailable>;
  show(handle: string): Promise<SeenSession | NoSession | Unreadable | StoreUnavailable>;
  /** Ends it in every process, and revokes its refresh token at Cognito. Resolves after the first attempt there. */
  end(handle: string): Promise<EndedSessions | NoSession | StoreUnavailable>;
  /** The same for all sessions of a person, those that are about to begin included; waits for Cognito for the latest hundred alone. */
  endOf(user: string): Promise<EndedSessions | StoreUnavailable>;
  /** The same for a page of all; does not wait for Cognito. */
  endSome(from: IndexPlace | null, count: number): Promise<EndedSessions | StoreUnavailable>;
}

const ENDING: SessionEnding = { reason: "signed_out", cause: "operator" };
/** Sessions of a person at a time. */
const PAGE = 100;
/** Revocations under way that nobody waits for: a minute's worth at the default rate. */
const MOST_REVOKING = 1_200;
/** A sign-in is in the index before its record is written. */
const SIGN_IN_MS = 60_000;

/** Its record cannot be opened here: nobody can say whose it is. */
export interface Unreadable {
  readonly kind: "unreadable";
}

const countUnreadable = (answers: readonly object[]): number =>
  answers.filter((answer) => "kind" in answer && answer.kind === "unreadable").length;

type Revoke = (session: Session) => RevokedAtCognito | Promise<RevokedAtCognito>;

/** One that has ended, while Cognito may still be asked for it. */
interface EndedHere extends Omit<EndedSession, "atCognito"> {
  readonly kind: "ended";
  readonly atCognito: ReturnType<Revoke>;
}

/** What holds in this process has not reached the store. */
const UNWRITTEN: StoreUnavailable = { kind: "unavailable", retryAfterSeconds: 1 };

function createEnding({ directory, sessions, lifecycle, clock }: OperatorOptions) {
  /** What is in the index and no more. One that began just now may not have been written yet. */
  function forgetOld({ id, startedAtMs }: IndexedSession, user: string | null): void {
    if (startedAtMs < clock.now() - SIGN_IN_MS) directory.forget(id, user);
  }

  /**
   * The session, where it lives.
   *
   * @param user under whose name the index has it; null: under nobody's.
   */
  async function living(indexed: IndexedSession, user: string | null): Promise<Session | NoSession | Unreadable | StoreUnavailable> {
    const found = await sessions.find(indexed.id);
    if ("kind" in found && found.kind === "unavailable" && found.unreadable) return { kind: "unreadable" };
    if (!("kind" in found) || found.kind === "unavailable") return found;
    forgetOld(indexed, user);
    return { kind: "none" };
  }

  /** Ends one in the store, and has its refresh token revoked. */
  async function end(
    indexed: IndexedSession,
    user: string | null,
    revoke: Revoke,
  ): Promise<EndedHere | NoSession | Unreadable | StoreUnavailable> {
    const { id } = indexed;
    // One that cannot be opened ends all the same, and there is nothing to tell of it.
    const found = await living(indexed, user);
    // It may have ended here, by an order of before that the store has not heard of yet.
    if ("kind" in found && found.kind !== "unreadable") return sessions.isUnwritten(id) ? UNWRITTEN : found;
    const last = "kind" in found ? await sessions.end(id, ENDING) : await lifecycle.end(found, ENDING);
    const atCognito = last && revoke(last);
    // An ending that could not be written is written later; whoever gave the order is told that it is not everywhere yet.
    if (sessions.isUnwritten(id)) return UNWRITTEN;
    if (last === null || atCognito === null) return "kind" in found ? found : { kind: "none" };
    const { subject, username, startedAtMs } = last;
    return { kind: "ended", handle: sessionPseudonym(id), subject, username, startedAtMs, atCognito };
  }

  return { living, end };
}

function createAtCognito({ revocation }: OperatorOptions) {
  let revoking = 0;
  const awaited = (session: Session): Promise<ErrandResult> => revocation.revoke(newestRefreshToken(session), session);
  return {
    awaited,
    begun(session: Session): RevokedAtCognito {
      if (revoking >= MOST_REVOKING) return "left";
      revoking++;
      void awaited(session).finally(() => revoking--);
      return "pending";
    },
  };
}

/** Where the index names an id alone: its sign-in may be under way. */
const justBegun = (id: SessionId): IndexedSession => ({ id, startedAtMs: Number.POSITIVE_INFINITY });

function createLooking({ directory, limits, refreshableMs, clock }: OperatorOptions, living: ReturnType<typeof createEnding>["living"]) {
  function seen(session: Session): SeenSession {
    return {
      handle: sessionPseudonym(session.id),
      session,
      endsAtMs: refreshableMs === null ? null : session.startedAtMs + refreshableMs,
      idleEndsAtMs: idleEndsAtMs(session, limits),
    };
  }

  return {
    seen,
    async seenOf(
      indexed: readonly IndexedSession[],
      user: string | null,
      next: IndexPlace | null,
    ): Promise<SessionPage | StoreUnavailable> {
      const found = await each(indexed, (one) => living(one, user));
      if (isUnavailable(found)) return found;
      const alive = found.flatMap((one) => ("kind" in one ? [] : [seen(one)]));
      const sessions = alive.filter(({ session, endsAtMs }) => !isSaidToBeOver(session, endsAtMs, clock.now()));
      return { kind: "page", asOfMs: clock.now(), sessions, unreadable: countUnreadable(found), next };
    },
    /** Of two sessions with one name neither is meant: nobody ends the wrong one. */
    async named(handle: string): Promise<IndexedSession | NoSession | StoreUnavailable> {
      const ids = await directory.named(handle);
      if ("kind" in ids) return ids;
      const [id, ...others] = ids;
      return id === undefined || others.length > 0 ? { kind: "none" } : justBegun(id);
    },
    /** @param sinceMs when they began at the earliest. */
    async page(user: string | null, from: IndexPlace | null, count: number, sinceMs: number) {
      const found = await directory.page(user, from, count, sinceMs);
      if ("kind" in found) return found;
      return { kind: "found", found, next: found.length < count ? null : (found.at(-1) ?? null) } as const;
    },
  };
}

export function createOperator(options: OperatorOptions): Operator {
  const { limits, sessions, clock } = options;
  const { living, end } = createEnding(options);
  const { seen, seenOf, named, page } = createLooking(options, living);
  const atCognito = createAtCognito(options);

  const endEach = (indexed: readonly IndexedSession[], user: string | null, revoke: Revoke) =>
    each(indexed, (one) => end(one, user, revoke));

  async function revoked(over: readonly (EndedHere | NoSession | Unreadable)[], next: IndexPlace | null): Promise<EndedSessions> {
    const ended = over.flatMap((one) => (one.kind === "ended" ? [one] : []));
    const asked = ended.map(async ({ kind: _, ...one }) => ({ ...one, atCognito: await one.atCognito }));
    return { kind: "ended", sessions: await Promise.all(asked), unreadable: countUnreadable(over), next };
  }

  /** What began before is over by a limit of ours. Not by what Cognito is said to allow, which may be wrong: nobody would see what goes on living. */
  const listedSinceMs = () => (limits.maxAgeMs === null ? 0 : clock.now() - limits.maxAgeMs + 1);

  return {
    async list(user, from, count) {
      const answer = await page(user, from, count, listedSinceMs());
      return answer.kind === "unavailable" ? answer : seenOf(answer.found, user, answer.next);
    },
    async show(handle) {
      const found = await named(handle);
      if ("kind" in found) return found;
      const session = await living(found, null);
      return "kind" in session ? session : seen(session);
    },
    async end(handle) {
      const found = await named(handle);
      if ("kind" in found) return found;
      const ended = await endEach([found], null, atCognito.awaited);
      if (isUnavailable(ended)) return ended;
      return ended.every(({ kind }) => kind === "none") ? { kind: "none" } : revoked(ended, null);
    },
    async endOf(user) {
      const ended: (EndedHere | NoSession | Unreadable)[] = [];
      const subjects = new Set([user]);
      let [next, revoke]: [IndexPlace | null, Revoke] = [null, atCognito.awaited];
      do {
        const answer = await page(user, next, PAGE, 0);
        if (answer.kind === "unavailable") return answer;
        const over = await endEach(answer.found, user, revoke);
        if (isUnavailable(over)) return over;
        ended.push(...over);
        for (const one of over) if (one.kind === "ended") subjects.add(one.subject);
        // Whoever has more of them gets the answer before Cognito has heard of all.
        [next, revoke] = [answer.next, atCognito.begun];
      } while (next !== null);
      // A sign-in on its way has no record yet: this leaves it an ending to meet.
      const rest = await each([...subjects], async (subject) => sessions.endAllOf(subject, ENDING));
      return isUnavailable(rest) ? rest : revoked(ended, null);
    },
    async endSome(from, count) {
      const answer = await page(null, from, count, 0);
      if (answer.kind === "unavailable") return answer;
      const ended = await endEach(answer.found, null, atCognito.begun);
      return isUnavailable(ended) ? ended : revoked(ended, answer.next);
    },
  };
}
