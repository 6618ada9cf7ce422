const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** An age as people say it: `45 s`, `12 min`, `30.0 h`, `12.5 days`. */
export function ageInWords(seconds: number): string {
  if (seconds < 2 * MINUTE) return `${Math.round(seconds)} s`;
  if (seconds < 2 * HOUR) return `${Math.round(seconds / MINUTE)} min`;
  if (seconds < 3 * DAY) return `${(seconds / HOUR).toFixed(1)} h`;
  return `${(seconds / DAY).toFixed(1)} days`;
}

/** A time to the minute, in UTC as the log has it. */
export function timeInWords(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** `412 of 430 sessions`, `all 412 sessions`, `1 of 1 sessions`. */
export function partOf(count: number, all: number, many: string): string {
  return count === all && all > 1
    ? `all ${all.toLocaleString("en")} ${many}`
    : `${count.toLocaleString("en")} of ${all.toLocaleString("en")} ${many}`;
}
