/** What a test file's own process said, as TAP; see https://testanything.org/tap-version-14-specification.html. */
export interface TapResult {
  readonly passed: number;
  /** Assertions that failed or were left out without an excuse; at least 1 where the process ended badly or without its count. */
  readonly failed: number;
  /** Names and reasons of what was skipped. */
  readonly skipped: readonly string[];
}

/** With CI=true what is skipped has failed, but for the suite of AWS's CLI, of which some distributions have no package. */
const EXCUSED = /# SKIP aws is not on the PATH/;

/** One of the counts in tap's closing line, "# { total: 142, pass: 141, fail: 1 }", which leaves out a kind with none. */
function counted(output: string, kind: string): number {
  return Number(new RegExp(`^# \\{.*\\b${kind}: (\\d+)`, "m").exec(output)?.[1] ?? 0);
}

/** @param mayBeSkipped whether a suite that is skipped is no failure, which it is with CI=true. */
export function readTap(output: string, code: number | null, mayBeSkipped: boolean): TapResult {
  const total = counted(output, "total");
  const passed = counted(output, "pass");
  const skips = output.split("\n").filter((line) => /^\s*ok\b.* # SKIP\b/.test(line));
  const excused = mayBeSkipped ? skips.length : skips.filter((line) => EXCUSED.test(line)).length;
  return {
    passed,
    // A process that ended without its count has failed, whatever it said before.
    failed: Math.max(total - passed - excused, code === 0 && total > 0 ? 0 : 1),
    skipped: skips.map((line) => line.trim().replace(/^ok \d+ - /, "")),
  };
}

/** Each failed assertion with what tap says of it, below the names of its tests, and all that is no TAP: what was thrown or printed. */
export function failuresIn(output: string): string {
  const kept: string[] = [];
  let diagnosing = false;
  let failing = false;
  for (const line of output.split("\n")) {
    const text = line.trim();
    if (!diagnosing && /^(?:not )?ok\b/.test(text)) failing = text.startsWith("not ok") && !/# (?:SKIP|TODO)/i.test(text);
    if (text === "---") diagnosing = true;
    if (diagnosing ? failing : !/^(?:ok\b|# |\d+\.\.\d+|TAP version|\}?$)/.test(text)) kept.push(line);
    if (text === "...") diagnosing = false;
  }
  return kept.join("\n");
}
