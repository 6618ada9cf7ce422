import type { Cause, Reason } from "./reasons.js";

/** A JSON value, as claims hold them. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** RFC 9457 problem details, as `application/problem+json`. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly reason: Reason;
  readonly cause?: Cause;
  readonly detail: string;
  readonly request_id: string;
  /** Where to sign in; on every 401, on `sign_in_failed`, and wherever else that helps. */
  readonly login_url?: string;
}

/** What `GET /auth/session` answers. Times are ISO 8601 in UTC. */
export interface SessionDocument {
  readonly user: {
    readonly sub: string;
    readonly username: string;
    readonly email: string | null;
    readonly groups: readonly string[];
    readonly claims: { readonly [name: string]: Json };
  };
  readonly server_time: string;
  readonly started_at: string;
  readonly token_expires_at: string;
  /** When the idle limit passes if nothing happens; null without one. */
  readonly idle_ends_at: string | null;
  /** When the session must end whatever happens; null while unknown. */
  readonly session_ends_at: string | null;
}

/** What `POST /auth/logout` answers to fetch. The session of this browser has ended in any case. */
export interface LogoutDocument {
  /** Cognito's `/logout`, where the browser goes next to lose its cookie there too. */
  readonly logout_url: string;
  /**
   * With `everywhere=true`, where a session came: `done` when Cognito has ended all of the person's sessions; `pending` while it cannot be reached
   * and is asked again in the background; `failed` when it will not, and the others live on.
   */
  readonly everywhere?: "done" | "pending" | "failed";
}

/** A session in the person's own list. */
export interface ListedSession {
  /** What `DELETE /auth/sessions/HANDLE` takes. Of use to this person alone, and for nothing else. */
  readonly handle: string;
  /** Whether it is the one that asks. */
  readonly current: boolean;
  readonly started_at: string;
  /** When it was used last; up to an hour ago where another process served it. */
  readonly last_seen_at: string;
  /** Such as "Firefox"; "Unknown browser" where it does not say. */
  readonly browser: string;
  /** Such as "Windows"; null where it does not say. */
  readonly system: string | null;
}

/** What `GET /auth/sessions` answers: where the person is signed in, the newest first, this session before all. */
export interface SessionsDocument {
  readonly sessions: readonly ListedSession[];
}
