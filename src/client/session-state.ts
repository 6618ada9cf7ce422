import type { Cause, Reason } from "../wire/reasons.js";
import type { Json, SessionDocument } from "../wire/shapes.js";
import type { OwnProblem } from "./problem.js";

/** The claims of the ID token, as the server hands them out. */
export type AnyClaims = { readonly [name: string]: Json };

/** Who is signed in. */
export type SessionUser<Claims = AnyClaims> = Omit<SessionDocument["user"], "claims"> & { readonly claims: Claims };

/** What `GET /auth/session` answered. Times are the server's. */
export type SessionOf<Claims = AnyClaims> = Omit<SessionDocument, "user"> & { readonly user: SessionUser<Claims> };

/** The reasons of our own 401. */
export type EndedReason = Extract<Reason, "anonymous" | "expired" | "signed_out" | "invalid">;

/**
 * What this page knows of its session. `active` and `expiring` are signed in.
 *
 * - `unknown`: the server has not answered yet.
 * - `active`: signed in.
 * - `expiring`: signed in, and a limit is near. `idle`: `stayActive()` moves it. `session`: nothing moves it but another sign-in.
 * - `expired`: the session has ended and nobody wanted that, or the server cannot read its cookie (`invalid`). What is on the page may stay.
 * - `signed_out`: ended on purpose. What is private has to go.
 * - `anonymous`: nobody has signed in.
 * - `unreachable`: the server could not say, and never has since the page was opened.
 */
export type SessionState<Claims = AnyClaims> =
  | { readonly status: "unknown" }
  | { readonly status: "active"; readonly session: SessionOf<Claims> }
  | {
      readonly status: "expiring";
      readonly session: SessionOf<Claims>;
      readonly limit: "idle" | "session";
      /** By this machine's clock, milliseconds since 1970. */
      readonly endsAtMs: number;
    }
  | {
      readonly status: "expired";
      readonly reason: "expired" | "invalid";
      readonly cause: Cause | null;
      readonly loginUrl: string;
      /** Who was signed in; null where this page never knew. */
      readonly user: SessionUser<Claims> | null;
    }
  | { readonly status: "signed_out"; readonly cause: Cause | null; readonly loginUrl: string }
  | { readonly status: "anonymous"; readonly loginUrl: string }
  | { readonly status: "unreachable" };

/** The states in which somebody is signed in. */
export type SignedInState<Claims = AnyClaims> = Extract<SessionState<Claims>, { readonly session: unknown }>;

/** Whether somebody is signed in, be it that their session expires soon. */
export function isSignedIn<Claims>(state: SessionState<Claims>): state is SignedInState<Claims> {
  return "session" in state;
}

/** Whose page this is: who is signed in, or was until the session expired; null where that is nobody. */
export function userOf<Claims>(state: SessionState<Claims>): SessionUser<Claims> | null {
  if (isSignedIn(state)) return state.session.user;
  return state.status === "expired" ? state.user : null;
}

/** When to warn ahead of a limit, milliseconds. */
export interface WarnAhead {
  readonly idle: number;
  readonly session: number;
}

interface Limit {
  readonly limit: "idle" | "session";
  readonly endsAtMs: number;
  readonly warnAtMs: number;
}

/** A session, and its limits by this machine's clock. */
export interface HeardSession<Claims> {
  readonly session: SessionOf<Claims>;
  readonly limits: readonly Limit[];
  /** Whether it had just begun. */
  readonly isFresh: boolean;
}

const FRESH_MS = 60_000;

/** @param askedAtMs the answer is not older: limits are rather seen too near than too far. */
export function hearSession<Claims>(session: SessionOf<Claims>, warnAhead: WarnAhead, askedAtMs: number): HeardSession<Claims> {
  const serverMs = Date.parse(session.server_time);
  const limits = (["idle", "session"] as const).map((limit) => {
    // Where there is none this is NaN, which no moment is near.
    const endsAtMs = Date.parse(session[`${limit}_ends_at`] ?? "") - serverMs + askedAtMs;
    return { limit, endsAtMs, warnAtMs: endsAtMs - warnAhead[limit] };
  });
  return { session, limits, isFresh: serverMs - Date.parse(session.started_at) < FRESH_MS };
}

/** What a session is at a moment: a limit whose warning is due makes it `expiring`, the nearest of several. Time alone never ends it. */
export function stateAt<Claims>({ session, limits }: HeardSession<Claims>, nowMs: number): SignedInState<Claims> {
  const [nearest] = limits.filter(({ warnAtMs }) => warnAtMs <= nowMs).sort((a, b) => a.endsAtMs - b.endsAtMs);
  return nearest ? { status: "expiring", session, limit: nearest.limit, endsAtMs: nearest.endsAtMs } : { status: "active", session };
}

/** What our own 401 makes of a state. */
export function stateAfter<Claims>(problem: OwnProblem, loginUrl: string, user: SessionUser<Claims> | null): SessionState<Claims> {
  const { reason, cause = null } = problem;
  if (reason === "anonymous") return { status: reason, loginUrl };
  if (reason === "signed_out") return { status: reason, cause, loginUrl };
  return { status: "expired", reason: reason === "invalid" ? reason : "expired", cause, loginUrl, user };
}
