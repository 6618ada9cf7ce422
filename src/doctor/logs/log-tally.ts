import { ENDING_CAUSES, INVALID_CAUSES, REASONS } from "../../wire/reasons.js";
import { Histogram } from "./histogram.js";
import type { LogLinesReader, LogObject } from "./log-lines.js";
import { SeenNames } from "./seen-names.js";

/** What no session reaches: cookies live 400 days. What claims more is no age. */
const LONGEST_AGE_SECONDS = 10 * 366 * 24 * 3_600;
/** 9999-12-31: beyond it a time has no ISO form of four digits. */
const LATEST_MS = 253_402_300_799_999;

/** Flags of a session that the log has named. */
const HAS_ENDED = 1;
const HAS_AGE = 2;

/** Why a session ended, `other` for what this release does not know. */
export const TALLIED_CAUSES = [...ENDING_CAUSES.expired, ...ENDING_CAUSES.signed_out, "other"] as const;
export type TalliedCause = (typeof TALLIED_CAUSES)[number];

/** The sessions that ended of one cause. */
export interface EndedSessions {
  readonly cause: TalliedCause;
  sessions: number;
  /** A new sign-in in the same browser took their place. */
  replaced: number;
  /** Seconds. */
  readonly ages: Histogram;
  /** Seconds since 1970. */
  readonly times: Histogram;
}

/** Lines of one kind: problems that were answered, alerts, calls to Cognito that failed. */
export interface Told {
  readonly name: string;
  count: number;
  /** Seconds since 1970. */
  readonly times: Histogram;
}

const CAUSES: ReadonlyMap<unknown, TalliedCause> = new Map(TALLIED_CAUSES.map((cause) => [cause, cause]));
const PROBLEMS: ReadonlyMap<unknown, string> = new Map(Object.keys(REASONS).map((reason) => [reason, reason]));
const INVALID: ReadonlyMap<unknown, string> = new Map(INVALID_CAUSES.map((cause) => [cause, `invalid ${cause}`]));
const ALERTS: ReadonlyMap<unknown, string> = new Map(
  ["refreshes_doubtful", "misconfigured", "session_too_large"].map((alert) => [alert, alert]),
);
/** Of what the proxy writes about itself and its sessions (docs/operations.md). */
const EVENTS: ReadonlySet<unknown> = new Set([
  "authn_login_success",
  "authn_login_fail",
  "session_created",
  "session_renewed",
  "session_expired",
  "authn_token_reuse",
  "session_lost",
  "authn_token_revoked",
  "session_use_after_expire",
  "sys_startup",
  "sys_shutdown",
]);
const LINES_LOST = "log lines were lost: they could not be written";

function timeOf({ time }: LogObject, wrappedMs: number | null): number | null {
  const ms = typeof time === "string" ? Date.parse(time) : typeof time === "number" ? time : wrappedMs;
  return ms !== null && ms > 0 && ms <= LATEST_MS ? ms : null;
}

/** The problem that was answered: its reason, and of a cookie that cannot be opened why not. */
function problemIn({ reason, cause }: LogObject): string | undefined {
  return (reason === "invalid" ? INVALID.get(cause) : undefined) ?? PROBLEMS.get(reason);
}

/** A count that a line carries, of what befell many at once. */
const countIn = ({ count }: LogObject) => (typeof count === "number" && Number.isSafeInteger(count) && count > 0 ? count : 1);

/** Counts what the proxy's log tells, line by line, in constant memory. */
export class LogTally implements LogLinesReader {
  lines = 0;
  /** Lines that are no JSON. */
  others = 0;
  firstOther: number | null = null;
  /** Lines that the proxy wrote about sessions or about itself. */
  ours = 0;
  fromMs: number | null = null;
  toMs: number | null = null;
  started = 0;
  renewed = 0;
  ended = 0;
  /** Ends that another process had told of already. */
  toldAgain = 0;
  people = 0;
  /** What the proxy could not write. */
  linesLost = 0;
  readonly causes = new Map<TalliedCause, EndedSessions>();
  readonly problems = new Map<string, Told>();
  readonly alerts = new Map<string, Told>();
  readonly #sessions = new SeenNames();
  readonly #people = new SeenNames();

  onOther(): void {
    this.lines += 1;
    this.others += 1;
    this.firstOther ??= this.lines;
  }

  onObject(line: LogObject, wrappedMs: number | null): void {
    this.lines += 1;
    const { event, alert } = line;
    const problem = event === "session_expired" ? undefined : problemIn(line);
    const isOurs = EVENTS.has(event) || problem !== undefined || ALERTS.has(alert) || line["msg"] === LINES_LOST;
    if (!isOurs) return;
    this.ours += 1;
    const timeMs = timeOf(line, wrappedMs);
    if (timeMs !== null) {
      this.fromMs = Math.min(this.fromMs ?? timeMs, timeMs);
      this.toMs = Math.max(this.toMs ?? timeMs, timeMs);
    }
    if (event === "session_expired") this.#end(line, timeMs);
    else if (event === "session_created") this.started += 1;
    else if (event === "session_renewed") this.renewed += 1;
    else if (line["msg"] === LINES_LOST && typeof line["lines"] === "number") this.linesLost += line["lines"];
    if (problem !== undefined) tell(this.problems, problem, 1, timeMs);
    const alertName = ALERTS.get(alert);
    if (alertName !== undefined) tell(this.alerts, alertName, countIn(line), timeMs);
  }

  /** Each process that hears of an end writes a line; one that never knew the session does not know its age. */
  #end(line: LogObject, timeMs: number | null): void {
    const age = line["age_seconds"];
    const hasAge = typeof age === "number" && age >= 0 && age <= LONGEST_AGE_SECONDS;
    const known = this.#sessions.note(line["session"], HAS_ENDED | (hasAge ? HAS_AGE : 0)) ?? 0;
    const of = this.#endedOf(CAUSES.get(line["cause"]) ?? "other");
    if (hasAge && (known & HAS_AGE) === 0) of.ages.add(age);
    if ((known & HAS_ENDED) !== 0) {
      this.toldAgain += 1;
      return;
    }
    this.ended += 1;
    of.sessions += 1;
    if (line["replaced"] === true) of.replaced += 1;
    if (timeMs !== null) of.times.add(timeMs / 1_000);
    if (this.#people.note(line["user"], HAS_ENDED) === 0) this.people += 1;
  }

  #endedOf(cause: TalliedCause): EndedSessions {
    let of = this.causes.get(cause);
    if (of === undefined) {
      of = { cause, sessions: 0, replaced: 0, ages: new Histogram(), times: new Histogram() };
      this.causes.set(cause, of);
    }
    return of;
  }
}

function tell(all: Map<string, Told>, name: string, count: number, timeMs: number | null): void {
  let told = all.get(name);
  if (told === undefined) {
    told = { name, count: 0, times: new Histogram() };
    all.set(name, told);
  }
  told.count += count;
  if (timeMs !== null) told.times.add(timeMs / 1_000);
}
