/**
 * The number of insertions, deletions, substitutions and swaps of neighbours between two short texts (optimal string alignment distance).
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let distance = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) distance = Math.min(distance, (beforeLast[column - 2] ?? 0) + 1);
      current.push(distance);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}

const LONGEST_NAME = 64;
const SHORT_NAME = 8;

function isSlipOf(name: string, known: string): boolean {
  if (name.length > LONGEST_NAME || Math.abs(name.length - known.length) > 2) return false;
  return editDistance(name, known) <= (known.length <= SHORT_NAME ? 1 : 2);
}

function firstWord(name: string): string {
  return name.split("_", 1)[0] ?? "";
}

/** Whether every word of `name` is one of `known`, in its order: COGNITO_POOL_ID within COGNITO_USER_POOL_ID. */
function leavesWordsOut(name: string, known: string): boolean {
  const words = name.split("_");
  let next = 0;
  for (const word of known.split("_")) if (word === words[next]) next++;
  return words.length > 1 && next === words.length;
}

/**
 * The known variable that somebody who wrote `name` most likely meant, or null. An environment is full of other programs' variables, so
 * only names that begin as one of ours does are looked at.
 */
export function meantVariable(name: string, known: readonly string[]): string | null {
  if (!name.includes("_")) return null;
  const start = firstWord(name);
  const related = known.filter((candidate) => {
    const ours = firstWord(candidate);
    return candidate.includes("_") && (ours === start || (ours.length > 4 && isSlipOf(start, ours)));
  });
  return closest(name, related) ?? related.find((candidate) => firstWord(candidate) === start && leavesWordsOut(name, candidate)) ?? null;
}

/** The known name at most a slip or two away from `name`, or null. */
export function closest(name: string, known: readonly string[]): string | null {
  let best: string | null = null;
  for (const candidate of known) {
    if (!isSlipOf(name, candidate)) continue;
    if (best === null || editDistance(name, candidate) < editDistance(name, best)) best = candidate;
  }
  return best;
}
