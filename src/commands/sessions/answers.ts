import { SessionsFault } from "./management-client.js";

/** What the session routes answer, as far as a person is shown it. */

export interface ListedSession {
  readonly handle: string;
  readonly sub: string;
  readonly username: string;
  readonly startedAtMs: number;
  readonly lastSeenAtMs: number;
  readonly refreshedAtMs: number;
  readonly browser: string | null;
  readonly system: string | null;
  readonly idleEndsAtMs: number | null;
  readonly endsAtMs: number | null;
}

export interface EndedSession {
  readonly handle: string;
  readonly sub: string;
  readonly username: string;
  /** `revoked`, `pending`, `failed` or `left`. */
  readonly refreshToken: string;
}

export interface Bucket {
  readonly fromSeconds: number;
  readonly toSeconds: number | null;
  readonly sessions: number;
}

/** Which sessions a summary counts: all, in a shared store, or those that one process has seen. */
export type Counted =
  | { readonly kind: "all" }
  | { readonly kind: "seen_here"; readonly withinSeconds: number; readonly sinceMs: number; readonly estimated: boolean };

export interface SummaryAnswer {
  readonly counted: Counted;
  readonly asOfMs: number;
  readonly sessions: number;
  readonly byAge: readonly Bucket[];
  readonly lifeSeconds: number | null;
  readonly ends: readonly Bucket[] | null;
}

type Fields = Readonly<Record<string, unknown>>;

function strange(): never {
  throw new SessionsFault("the answer is not one of the session routes: is it the proxy's management address, and of this release?");
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : strange();
}

const listOf = <T>(value: unknown, parse: (item: Fields) => T): readonly T[] =>
  Array.isArray(value) ? value.map((item) => parse(fieldsOf(item))) : strange();
const textOf = (value: unknown): string => (typeof value === "string" ? value : strange());
const numberOf = (value: unknown): number => (typeof value === "number" ? value : strange());
const orNull = <T>(value: unknown, parse: (given: unknown) => T): T | null => (value === null ? null : parse(value));

function timeOf(value: unknown): number {
  const ms = Date.parse(textOf(value));
  return Number.isNaN(ms) ? strange() : ms;
}

function userOf(value: unknown): { readonly sub: string; readonly username: string } {
  const { sub, username } = fieldsOf(value);
  return { sub: textOf(sub), username: textOf(username) };
}

export function sessionOf(given: unknown): ListedSession {
  const fields = fieldsOf(given);
  return {
    handle: textOf(fields["handle"]),
    ...userOf(fields["user"]),
    startedAtMs: timeOf(fields["started_at"]),
    lastSeenAtMs: timeOf(fields["last_seen_at"]),
    refreshedAtMs: timeOf(fields["refreshed_at"]),
    browser: orNull(fields["browser"], textOf),
    system: orNull(fields["system"], textOf),
    idleEndsAtMs: orNull(fields["idle_ends_at"], timeOf),
    endsAtMs: orNull(fields["session_ends_at"], timeOf),
  };
}

function endedOf(fields: Fields): EndedSession {
  return { handle: textOf(fields["handle"]), ...userOf(fields["user"]), refreshToken: textOf(fields["refresh_token"]) };
}

export function pageOf(answer: unknown) {
  const { as_of: asOf, sessions, unreadable, next_cursor: next } = fieldsOf(answer);
  const documents: readonly unknown[] = Array.isArray(sessions) ? sessions : strange();
  return {
    asOfMs: timeOf(asOf),
    documents,
    sessions: documents.map(sessionOf),
    unreadable: numberOf(unreadable),
    next: orNull(next, textOf),
  };
}

export function endedPageOf(answer: unknown) {
  const { ended, unreadable, next_cursor: next } = fieldsOf(answer);
  const documents: readonly unknown[] = Array.isArray(ended) ? ended : strange();
  return { documents, ended: listOf(documents, endedOf), unreadable: numberOf(unreadable), next: orNull(next, textOf) };
}

function bucketOf(fields: Fields): Bucket {
  return {
    fromSeconds: numberOf(fields["from_seconds"]),
    toSeconds: orNull(fields["to_seconds"], numberOf),
    sessions: numberOf(fields["sessions"]),
  };
}

function countedOf(fields: Fields): Counted {
  if (fields["counted"] !== "seen_here") return { kind: "all" };
  return {
    kind: "seen_here",
    withinSeconds: numberOf(fields["seen_within_seconds"]),
    sinceMs: timeOf(fields["seen_since"]),
    estimated: fields["estimated"] === true,
  };
}

export function summaryOf(answer: unknown): SummaryAnswer {
  const fields = fieldsOf(answer);
  return {
    counted: countedOf(fields),
    asOfMs: timeOf(fields["as_of"]),
    sessions: numberOf(fields["sessions"]),
    byAge: listOf(fields["by_age"], bucketOf),
    lifeSeconds: orNull(fields["session_life_seconds"], numberOf),
    ends: orNull(fields["ends_within"], (ends) => listOf(ends, bucketOf)),
  };
}
