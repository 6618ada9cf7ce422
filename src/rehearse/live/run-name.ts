import { randomBytes } from "node:crypto";

/**
 * What everything a live rehearsal creates is called: app clients carry no tags, so the name has to say what it is. With the time in it nobody
 * has to ask how old a leftover is.
 */
export const NAME_PREFIX = "cognito-bff-rehearsal-";

const NAME = /^cognito-bff-rehearsal-(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)z-[0-9a-f]{8}(?:@example\.com)?$/;

/** A name that nobody has had: `cognito-bff-rehearsal-20261126t114500z-1a2b3c4d`; in lower case, since a user pool may not tell cases apart. */
export function newRunName(nowMs: number, random: string = randomBytes(4).toString("hex")): string {
  const time = new Date(nowMs).toISOString().replace(/\.\d+/, "").replaceAll(/[-:]/g, "").toLowerCase();
  return `${NAME_PREFIX}${time}-${random}`;
}

/** When a rehearsal gave this name; null: it is somebody else's, and not to be touched. */
export function startedAtMs(name: string): number | null {
  const [, year, month, day, hours, minutes, seconds] = (NAME.exec(name) ?? []).map(Number);
  if (year === undefined || month === undefined) return null;
  return Date.UTC(year, month - 1, day, hours, minutes, seconds);
}
