const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const HOURS = ["", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"];
const HOUR = 3_600;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

function timeInWords(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60];
  if (minute !== 0) return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
  if (hour === 0) return "midnight";
  return hour === 12 ? "noon" : (HOURS[hour % 12] ?? "");
}

/** When somebody who signed in on Monday at nine is signed out after so many seconds: `on Tuesday at three`; null beyond that week. */
export function afterMondayAtNine(seconds: number): string | null {
  const end = 9 * HOUR + seconds;
  if (end >= WEEK) return null;
  return `on ${DAYS[Math.floor(end / DAY)] ?? ""} at ${timeInWords(end % DAY)}`;
}
