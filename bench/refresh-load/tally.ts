/** How much life a call's token had, as far as its browser could know, when the call was made. */
export type Life = "plenty" | "early" | "due" | "dead";

export interface AnsweredCall {
  readonly life: Life;
  readonly tookMs: number;
  /** Whether the token that it was forwarded with was issued while the call was under way. */
  readonly gotNewToken: boolean;
  /** Null: it was answered as it should. */
  readonly failure: string | null;
}

interface Kept {
  readonly tookMs: number[];
  /** Of those that had to wait until a token was there. */
  readonly waitedMs: number[];
  readonly failures: Map<string, number>;
}

const LIVES: Readonly<Record<Life, string>> = {
  plenty: "more than REFRESH_EARLY",
  early: "REFRESH_EARLY to 10 s",
  due: "the last 10 s",
  dead: "none",
};

function at(sorted: readonly number[], share: number): string {
  const figure = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return figure === undefined ? "" : figure.toFixed(0);
}

function spread(figures: readonly number[]): string {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted.length === 0 ? "" : `${at(sorted, 0.5)}, ${at(sorted, 0.99)}, ${at(sorted, 1)}`;
}

/** What became of all calls. */
export class Tally {
  readonly #kept = new Map<Life, Kept>();
  calls = 0;
  failed = 0;
  /** With life left in the token. */
  waitedAlive = 0;

  add({ life, tookMs, gotNewToken, failure }: AnsweredCall): void {
    const kept = this.#kept.get(life) ?? { tookMs: [], waitedMs: [], failures: new Map<string, number>() };
    this.#kept.set(life, kept);
    this.calls += 1;
    kept.tookMs.push(tookMs);
    if (gotNewToken) kept.waitedMs.push(tookMs);
    if (gotNewToken && (life === "plenty" || life === "early")) this.waitedAlive += 1;
    if (failure === null) return;
    this.failed += 1;
    kept.failures.set(failure, (kept.failures.get(failure) ?? 0) + 1);
  }

  table(): Record<string, Record<string, string | number>> {
    const rows: Record<string, Record<string, string | number>> = {};
    for (const [life, title] of Object.entries(LIVES)) {
      const kept = this.#kept.get(life as Life);
      if (!kept) continue;
      rows[title] = {
        calls: kept.tookMs.length,
        "ms: p50, p99, most": spread(kept.tookMs),
        "waited for a new token": kept.waitedMs.length,
        "those, ms: p50, p99, most": spread(kept.waitedMs),
        failed: [...kept.failures].map(([why, count]) => `${count} × ${why}`).join(", ") || 0,
      };
    }
    return rows;
  }
}
