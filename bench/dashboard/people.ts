import { createHash } from "node:crypto";
import { silentLog } from "../../src/model/log.js";
import { createSessionId, type SessionId, sessionIdIn } from "../../src/model/session.js";
import type { SeenSessions } from "../../src/session/seen-sessions.js";
import type { Metrics } from "../../src/telemetry/metrics.js";
import type { Reason } from "../../src/wire/reasons.js";

/** A problem that nobody reads the log of. */
export function answerProblem(metrics: Metrics, reason: Reason): void {
  metrics.tell({ kind: "problem_answered", reason, cause: undefined, method: "GET", log: silentLog });
}

export const MINUTE = 60;
export const HOUR = 3_600;
export const DAY = 24 * HOUR;

/** When what happens, in seconds from the start, which is 18:00 on a Tuesday. */
export const STORY = {
  lastsSeconds: 3 * DAY,
  startsAtHour: 18,
  /** Tuesday 22:00: a template sets the app client's refresh tokens to 30 hours instead of 30 days. */
  mistakeAt: 4 * HOUR,
  /** Thursday 09:40: Cognito cannot be reached for ten minutes. */
  outage: { from: 39 * HOUR + 40 * MINUTE, to: 39 * HOUR + 50 * MINUTE },
} as const;

const PEOPLE = 1_500;
/** The share of people who begin their day in a browser without a session: a new device, a private window, cookies cleared. */
const NEW_BROWSERS_A_DAY = 0.25;
const TOKEN_LIFE = HOUR;
const REFRESH_EARLY = 5 * MINUTE;
const SESSION = { id: createSessionId(), subject: "somebody" };

/** Dice that fall the same way every time (mulberry32). */
export function createDice(seed: number) {
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    chance: (probability: number) => random() < probability,
    between: (low: number, high: number) => low + (high - low) * random(),
    /** Around `middle`, with the long tail durations have. */
    around: (middle: number, spread = 0.5) => middle * Math.exp(spread * (random() + random() + random() - 1.5) * 2),
    pick: <T>(items: readonly [T, ...T[]]): T => items[Math.floor(random() * items.length)] ?? items[0],
  };
}

export type Dice = ReturnType<typeof createDice>;

interface Person {
  /** Working hours of the day. */
  readonly from: number;
  readonly to: number;
  readonly signsOutAtNight: boolean;
  session: { id: SessionId; startedAt: number; endsAt: number; tokenAt: number } | null;
  comesBackAt: number;
  /** Cognito could not be reached, and is left alone until then. */
  waitsUntil: number;
}

export interface PeopleOptions {
  readonly dice: Dice;
  /** Of each process: a page's calls come by all of them. */
  readonly seen: readonly Pick<SeenSessions, "note" | "forget">[];
  /** When the story begins, in milliseconds since 1970. */
  readonly beganAtMs: number;
}

/** A morning of one of the thirty days before the story, seldom one of a weekend. */
function earlierMorning(dice: Dice, from: number): number {
  const daysAgo = 1 + Math.floor(dice.between(0, 30));
  // The story begins on a Tuesday.
  const isWeekend = [0, 6].includes((((2 - daysAgo) % 7) + 7) % 7);
  const moved = isWeekend && dice.chance(0.85) ? daysAgo + (daysAgo > 28 ? -2 : 2) : daysAgo;
  return -moved * DAY + (from - STORY.startsAtHour + dice.between(0, 0.5)) * HOUR;
}

/** People who work through the day, their sessions, and what Cognito says to them, one minute at a time. */
export function createPeople({ dice, seen, beganAtMs }: PeopleOptions) {
  let begun = 0;
  /** The same ids in every run: how seen sessions are marked depends on them. */
  function nextId(): SessionId {
    const digest = createHash("sha256").update(String(begun++)).digest();
    return sessionIdIn(digest.subarray(0, Buffer.from(SESSION.id, "base64url").length).toString("base64url")) ?? SESSION.id;
  }
  const lifetimeAt = (at: number) => (at >= STORY.mistakeAt ? 30 * HOUR : 30 * DAY);
  const hourOf = (at: number) => (at / HOUR + STORY.startsAtHour) % 24;
  const secondOf = (at: number) => hourOf(at) * HOUR;
  const people = Array.from({ length: PEOPLE }, (): Person => {
    const from = dice.between(6.5, 10.5);
    const startedAt = earlierMorning(dice, from);
    return {
      from,
      to: dice.chance(0.15) ? 23 : from + dice.between(6, 10),
      signsOutAtNight: dice.chance(0.12),
      session: { id: nextId(), startedAt, endsAt: startedAt + 30 * DAY, tokenAt: -dice.between(0, HOUR) },
      comesBackAt: 0,
      waitsUntil: 0,
    };
  });
  const isUp = (person: Person, at: number) => hourOf(at) >= person.from && hourOf(at) < person.to;

  function end(person: Person, comesBackAt: number): void {
    if (person.session) for (const each of seen) each.forget(person.session.id);
    person.session = null;
    person.comesBackAt = comesBackAt;
  }

  function callCognito({ tell }: Metrics, at: number): "refreshed" | "unavailable" {
    if (at >= STORY.outage.from && at < STORY.outage.to) {
      for (const _ of [1, 2, 3])
        tell({ kind: "cognito_called", operation: "InitiateAuth", outcome: "cognito_unavailable", seconds: dice.between(1, 3) });
      return "unavailable";
    }
    // The first minutes of the working day come near the pool's quota.
    const hour = hourOf(at);
    if (hour > 8.5 && hour < 9.5 && dice.chance(0.06))
      tell({ kind: "cognito_called", operation: "InitiateAuth", outcome: "cognito_throttled", seconds: dice.around(0.03) });
    return "refreshed";
  }

  function refresh(person: Person, metrics: Metrics, at: number): void {
    const { session } = person;
    if (!session) return;
    const waited = at - session.tokenAt > TOKEN_LIFE;
    const seconds = dice.around(0.11);
    if (callCognito(metrics, at) === "unavailable") {
      metrics.tell({ kind: "refresh_finished", result: "unavailable", seconds: dice.between(4, 8) });
      if (waited) answerProblem(metrics, "cognito_unavailable");
      person.waitsUntil = at + dice.between(3, 6) * MINUTE;
      return;
    }
    // A page that wakes up makes several calls at once; one of them refreshes.
    if (waited) for (let call = 0; call < dice.between(0, 4); call++) metrics.tell({ kind: "refresh_joined" });
    if (at >= session.endsAt) {
      metrics.tell({ kind: "cognito_called", operation: "InitiateAuth", outcome: "rejected", seconds });
      metrics.tell({ kind: "refresh_finished", result: "rejected", seconds });
      const known = { subject: SESSION.subject, ageSeconds: at - session.startedAt + dice.between(0, MINUTE) };
      const ending = { reason: "expired", cause: "refresh_token_expired" } as const;
      metrics.tell({ kind: "session_ended", id: SESSION.id, ending, known, replaced: false });
      answerProblem(metrics, "expired");
      end(person, at + dice.between(1, 6) * MINUTE);
      return;
    }
    metrics.tell({ kind: "cognito_called", operation: "InitiateAuth", outcome: "ok", seconds });
    metrics.tell({ kind: "refresh_finished", result: "refreshed", seconds });
    metrics.tell({ kind: "ticket_sealed", bytes: dice.around(2_900, 0.18) });
    session.tokenAt = at;
  }

  function signIn(person: Person, metrics: Metrics, at: number): void {
    if (dice.chance(0.03)) {
      metrics.tell({
        kind: "sign_in_failed",
        reason: "sign_in_failed",
        cause: dice.pick(["access_denied", "state_missing", "login_required"]),
      });
      return;
    }
    metrics.tell({ kind: "cognito_called", operation: "token", outcome: "ok", seconds: dice.around(0.16) });
    metrics.tell({ kind: "signed_in", requestId: "bench" });
    metrics.tell({ kind: "session_started", session: SESSION, cookieBytes: dice.around(2_900, 0.18) });
    person.session = { id: nextId(), startedAt: at, endsAt: at + lifetimeAt(at), tokenAt: at };
  }

  function signOut(person: Person, metrics: Metrics, at: number, startedAt: number): void {
    metrics.tell({ kind: "cognito_called", operation: "RevokeToken", outcome: "ok", seconds: dice.around(0.05) });
    const known = { subject: SESSION.subject, ageSeconds: at - startedAt };
    const ending = { reason: "signed_out", cause: dice.chance(0.04) ? "logout_everywhere" : "logout" } as const;
    metrics.tell({ kind: "session_ended", id: SESSION.id, ending, known, replaced: false });
    end(person, at + 6 * HOUR);
  }

  return {
    /** Lives one minute of everybody; returns how many were at work. */
    live(at: number, metricsOf: () => Metrics): number {
      let atWork = 0;
      for (const person of people) {
        if (!isUp(person, at)) continue;
        atWork += 1;
        const { session } = person;
        if (session) for (const each of seen) each.note({ id: session.id, startedAtMs: beganAtMs + session.startedAt * 1_000 });
        if (!session) {
          if (at >= person.comesBackAt) signIn(person, metricsOf(), at);
        } else if (person.signsOutAtNight && !isUp(person, at + 2 * MINUTE)) {
          signOut(person, metricsOf(), at, session.startedAt);
        } else if (person.from * HOUR > secondOf(at) - MINUTE && dice.chance(NEW_BROWSERS_A_DAY)) {
          signIn(person, metricsOf(), at);
        } else if (at - session.tokenAt > TOKEN_LIFE - REFRESH_EARLY && at >= person.waitsUntil && dice.chance(0.35)) {
          refresh(person, metricsOf(), at);
        }
      }
      return atWork;
    },
  };
}
