import { formatDuration } from "../../config/kinds/duration.js";
import { printable, wrapped } from "../../model/terminal-text.js";
import type { Bucket, EndedSession, ListedSession, SummaryAnswer } from "./answers.js";

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;
const LONGEST_BAR = 40;
/** What a username may take in a table: as much as a subject, which many are. */
const USER_COLUMNS = 36;

/** How a part looks; on anything but a terminal it is the text itself. */
export type Paint = (style: "bold" | "dim", text: string) => string;

const COUNT = new Intl.NumberFormat("en-US");
const sessionsText = (count: number) => `${COUNT.format(count)} ${count === 1 ? "session" : "sessions"}`;

/** `2026-11-26 14:57`, of UTC. */
const momentText = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace("T", " ");

/** In its largest unit: `3 d`, `14 h`, `5 min`, `2 s`. */
function spanText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < HOUR_S) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * DAY_S) return `${Math.floor(seconds / HOUR_S)} h`;
  return `${Math.floor(seconds / DAY_S)} d`;
}

function cut(text: string, columns: number): string {
  const characters = [...printable(text)];
  return characters.length <= columns ? characters.join("") : `${characters.slice(0, columns - 1).join("")}…`;
}

/** Columns as wide as what stands in them, two spaces apart. */
function table(rows: readonly (readonly string[])[], paint: Paint): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row, index) => {
    const line = row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
    return index === 0 ? paint("dim", line) : line;
  });
}

export interface ListText {
  readonly asOfMs: number;
  readonly sessions: readonly ListedSession[];
  readonly more: boolean;
  readonly unreadable: number;
}

const OTHER_KEYS = "sealed with other session keys. SESSION_KEYS differs between processes, or another deployment uses the same database.";
const recordsText = (count: number) => `${COUNT.format(count)} ${count === 1 ? "record is" : "records are"} ${OTHER_KEYS}`;

export function listText({ asOfMs, sessions, more, unreadable }: ListText, paint: Paint): string {
  const sealed = unreadable === 0 ? [] : ["", ...wrapped(`Not listed: ${recordsText(unreadable)}`, "")];
  if (sessions.length === 0)
    return `${[unreadable === 0 ? "No session lives." : "No session that can be read lives.", ...sealed].join("\n")}\n`;
  const rows = sessions.map(({ handle, username, startedAtMs, lastSeenAtMs, endsAtMs }) => [
    handle,
    cut(username, USER_COLUMNS),
    spanText(asOfMs - startedAtMs),
    spanText(asOfMs - lastSeenAtMs),
    endsAtMs === null ? "unknown" : spanText(endsAtMs - asOfMs),
  ]);
  const foot = more ? ["", "There are more: --limit says how many are listed, the latest begun first."] : [];
  return `${[...table([["HANDLE", "USERNAME", "AGE", "SEEN", "ENDS IN"], ...rows], paint), ...foot, ...sealed].join("\n")}\n`;
}

export function showText(session: ListedSession): string {
  const limit = (ms: number | null) => (ms === null ? "unknown" : `${momentText(ms)} UTC`);
  const lines: readonly (readonly [string, string])[] = [
    ["Handle", session.handle],
    ["Username", printable(session.username)],
    ["Subject", printable(session.sub)],
    [
      "Signed in with",
      [session.browser, session.system]
        .flatMap((name) => name ?? [])
        .map(printable)
        .join(" on ") || "unknown",
    ],
    ["Begun", `${momentText(session.startedAtMs)} UTC`],
    ["Last seen", `${momentText(session.lastSeenAtMs)} UTC`],
    ["Refreshed", `${momentText(session.refreshedAtMs)} UTC`],
    ["Ends at the latest", limit(session.endsAtMs)],
    ...(session.idleEndsAtMs === null ? [] : ([["Ends unless used by", limit(session.idleEndsAtMs)]] as const)),
  ];
  return `${lines.map(([name, value]) => `${name.padEnd(20)}  ${value}`).join("\n")}\n`;
}

const AT_COGNITO: Readonly<Record<string, string>> = {
  pending: "Cognito has yet to revoke the refresh tokens of",
  failed: "Cognito did not revoke the refresh tokens of",
  left: "Too many waited for Cognito, which was not asked to revoke the refresh tokens of",
};

/** How many were ended, and of how many a refresh token lives on at Cognito: no record holds it any more. */
export function endedText(ended: readonly EndedSession[], unreadable: number): string {
  const lines = [`Ended ${sessionsText(ended.length + unreadable)}.`];
  if (unreadable > 0)
    lines.push(
      ...wrapped(
        `Whose ${COUNT.format(unreadable)} of them were, nobody can say, and Cognito was not asked to revoke their refresh tokens: ${recordsText(unreadable)}`,
        "",
      ),
    );
  for (const [word, text] of Object.entries(AT_COGNITO)) {
    const count = ended.filter(({ refreshToken }) => refreshToken === word).length;
    if (count > 0) lines.push(...wrapped(`${text} ${sessionsText(count)}; the store has forgotten them.`, ""));
  }
  return `${lines.join("\n")}\n`;
}

function bar(sessions: number, most: number): string {
  return sessions === 0 ? "" : "#".repeat(Math.max(1, Math.round((sessions / most) * LONGEST_BAR)));
}

const boundText = (seconds: number) => formatDuration(seconds * 1000);

function histogram(buckets: readonly Bucket[], label: (bucket: Bucket) => string): string[] {
  const shown = buckets.filter(({ sessions }) => sessions > 0);
  const most = Math.max(...shown.map(({ sessions }) => sessions));
  const rows = shown.map((bucket) => [label(bucket), COUNT.format(bucket.sessions), bar(bucket.sessions, most)] as const);
  const [width, digits] = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map(([name, count, drawn]) => `  ${name.padEnd(width ?? 0)}  ${count.padStart(digits ?? 0)}  ${drawn}`.trimEnd());
}

function ageLabel({ fromSeconds, toSeconds }: Bucket): string {
  return toSeconds === null ? `${boundText(fromSeconds)} and older` : `under ${boundText(toSeconds)}`;
}

/** The hour or the day with its beginning, and how far away that is. */
function endLabel({ fromSeconds, toSeconds }: Bucket, asOfMs: number): string {
  const from = momentText(asOfMs + fromSeconds * 1000);
  if (toSeconds === null) return `${from}  or later`;
  return `${from}  ${toSeconds <= DAY_S ? `hour ${toSeconds / HOUR_S}` : `day ${toSeconds / DAY_S}`}`;
}

function peakText({ sessions, ends, asOfMs }: SummaryAnswer): string[] {
  const bounded = (ends ?? []).filter(({ toSeconds }) => toSeconds !== null);
  const most = bounded.reduce<Bucket | null>((best, bucket) => (bucket.sessions > (best?.sessions ?? 0) ? bucket : best), null);
  if (most === null || most.toSeconds === null) return [];
  const length = most.toSeconds - most.fromSeconds > HOUR_S ? "day" : "hour";
  const share = Math.round((most.sessions / sessions) * 100);
  const begins = most.fromSeconds === 0 ? "now" : `at ${momentText(asOfMs + most.fromSeconds * 1000)}`;
  return ["", ...wrapped(`Most at once: ${sessionsText(most.sessions)} (${share} %) in the ${length} that begins ${begins}.`, "")];
}

const UNKNOWN_END =
  "When they end is unknown: set COGNITO_REFRESH_TOKEN_VALIDITY to what the app client says (`cognito-bff doctor` names it), or SESSION_MAX_AGE.";
const FOR_400_DAYS = "A session that nobody comes back for is counted for 400 days.";

/** What a process can know of sessions that stand in cookies, and how to read the counts of several. */
function seenHereText({ counted, asOfMs }: SummaryAnswer): string[] {
  if (counted.kind === "all") return [];
  const within = `${counted.withinSeconds / HOUR_S} hours`;
  const short = asOfMs - counted.sinceMs < (counted.withinSeconds - 60) * 1000;
  return [
    "",
    ...wrapped(
      `Sessions are kept in cookies, so this process counts those that it has seen in the last ${within}${
        short ? ` (it has looked since ${momentText(counted.sinceMs)} UTC)` : ""
      }. Of several processes ask each (--url): there are between the largest count and the sum. Whoever has been away for longer is in none.`,
      "",
    ),
    ...(counted.estimated ? wrapped("There are too many to keep each in memory: these counts are right within about a percent.", "") : []),
  ];
}

export function summaryText(summary: SummaryAnswer, paint: Paint): string {
  const { sessions, asOfMs, byAge, lifeSeconds, ends } = summary;
  const about = summary.counted.kind === "seen_here" && summary.counted.estimated ? "about " : "";
  const lines = [paint("bold", `${about}${sessionsText(sessions)} at ${momentText(asOfMs)} UTC`)];
  if (sessions > 0) {
    lines.push("", "By age", ...histogram(byAge, ageLabel), "");
    if (ends === null || lifeSeconds === null)
      lines.push(...wrapped(summary.counted.kind === "all" ? `${UNKNOWN_END} ${FOR_400_DAYS}` : UNKNOWN_END, ""));
    else
      lines.push(
        `When they end at the latest, ${boundText(lifeSeconds)} after sign-in (UTC)`,
        ...histogram(ends, (bucket) => endLabel(bucket, asOfMs)),
        ...peakText(summary),
      );
  }
  lines.push(...seenHereText(summary));
  return `${lines.join("\n")}\n`;
}
