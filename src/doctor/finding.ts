/** From the gravest: people cannot sign in or lose sessions that should live; it will hurt; good to know. */
export const SEVERITIES = ["error", "warning", "note"] as const;

export type Severity = (typeof SEVERITIES)[number];

/** Something that somebody should know of. No field holds a secret. */
export interface Finding {
  /** Of the check that made it, for scripts and for `doctor fix`. */
  readonly id: string;
  readonly severity: Severity;
  /** What was found, in one sentence. */
  readonly what: string;
  /** What it means for people who use the app. */
  readonly meaning: string;
  readonly fix: string;
}

/** What makes a command fail: findings of this severity and graver ones; `never`: none. */
export const FAIL_ON = [...SEVERITIES, "never"] as const;
export type FailOn = (typeof FAIL_ON)[number];

export function isAtLeast(severity: Severity, limit: FailOn): boolean {
  return limit !== "never" && SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(limit);
}

/** The gravest first; of one severity, in the order they came. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

/** 1 with a finding of that severity or a graver one, 0 without. That nothing could be looked at is 2, and is for who looks to say. */
export function exitCodeOf(findings: readonly Finding[], failOn: FailOn): 0 | 1 {
  return findings.some(({ severity }) => isAtLeast(severity, failOn)) ? 1 : 0;
}
