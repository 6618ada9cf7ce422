import { styleText } from "node:util";
import type { Outcome, Scenario } from "./scenario.js";
import { faultsOf } from "./verdict.js";

/** One scenario, as a table and a program read it. */
export interface Result {
  readonly scenario: string;
  readonly passed: boolean;
  readonly faults: readonly string[];
  readonly sessions: number;
  readonly answers: number;
  readonly refreshes: number;
  readonly refreshes_per_session: number;
  /** By status and reason, but for 200. */
  readonly others: Readonly<Record<string, number>>;
  readonly in_flight: number;
  readonly lost: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly seconds: number;
}

export function resultOf(scenario: Scenario, outcome: Outcome): Result {
  const { tally, refreshes, sessions, witnessed, notBack, seconds } = outcome;
  const { p50, p99 } = tally.latencies();
  const faults = faultsOf(scenario, outcome);
  return {
    scenario: scenario.name,
    passed: faults.length === 0,
    faults,
    sessions,
    answers: tally.answers,
    refreshes,
    refreshes_per_session: Number((refreshes / sessions).toFixed(3)),
    others: Object.fromEntries(tally.others),
    in_flight: witnessed.inFlight,
    lost: [...notBack.values()].reduce((all, count) => all + count, 0),
    p50_ms: Math.round(p50),
    p99_ms: Math.round(p99),
    seconds: Number(seconds.toFixed(1)),
  };
}

export function brokenResult({ name }: Scenario, sessions: number, error: unknown): Result {
  const fault = error instanceof Error ? error.message : String(error);
  const none = { answers: 0, refreshes: 0, refreshes_per_session: 0, others: {}, in_flight: 0, lost: 0, p50_ms: 0, p99_ms: 0, seconds: 0 };
  return { scenario: name, passed: false, faults: [fault.replace(/\s+/g, " ").slice(0, 300)], sessions, ...none };
}

const count = (others: Result["others"], begins: string) =>
  Object.entries(others).reduce((all, [answered, number]) => all + (answered.startsWith(begins) ? number : 0), 0);

const COLUMNS: readonly (readonly [title: string, width: number, text: (result: Result) => string | number])[] = [
  ["scenario", -16, ({ scenario }) => scenario],
  ["answers", 8, ({ answers }) => answers],
  ["refreshes", 10, ({ refreshes }) => refreshes],
  ["each", 7, (result) => result.refreshes_per_session.toFixed(3)],
  ["401", 5, ({ others }) => count(others, "401")],
  ["5xx", 7, ({ others }) => count(others, "5")],
  ["p50 ms", 7, (result) => result.p50_ms],
  ["p99 ms", 7, (result) => result.p99_ms],
  ["s", 6, ({ seconds }) => seconds.toFixed(0)],
];

const padded = (text: string, width: number) => (width < 0 ? text.padEnd(-width) : text.padStart(width));

export function tableOf(results: readonly Result[]): string {
  const head = COLUMNS.map(([title, width]) => padded(title, width)).join("");
  const rows = results.map((result) => COLUMNS.map(([, width, text]) => padded(String(text(result)), width)).join(""));
  return [head, ...rows].join("\n");
}

/** PASS or FAIL, and below it why, with what else was answered. */
export function verdictOf({ passed, scenario, faults, others, in_flight, lost }: Result, title: string): string {
  const word = passed ? styleText("green", "PASS") : styleText("red", "FAIL");
  const heard = Object.entries(others).map(([answered, number]) => `${number} × ${answered}`);
  const details = [
    ...faults.map((fault) => `     ${fault}`),
    ...(heard.length === 0 ? [] : [`     besides 200: ${heard.join(", ")}`]),
    ...(in_flight === 0 ? [] : [`     in flight: ${in_flight}, lost: ${lost}`]),
  ];
  return [`${word} ${scenario}: ${title}`, ...details].join("\n");
}
