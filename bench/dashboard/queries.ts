import { setTimeout as sleep } from "node:timers/promises";

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat?: string;
  readonly instant?: boolean;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly interval?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
}

export interface Dashboard {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** One line of a chart: its labels, its name in the legend, and a value for each time, null where there is none. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly name: string;
  readonly values: readonly (number | null)[];
}

export interface Answer {
  readonly times: readonly number[];
  readonly series: readonly Series[];
}

interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

/** Steps Grafana rounds to, in seconds. */
const ROUND_STEPS = [60, 120, 300, 600, 900, 1_200, 1_800, 3_600, 7_200];
const MINUTES_OF: Readonly<Record<string, number>> = { "1h": 60 };

export interface Range {
  readonly from: number;
  readonly to: number;
  readonly scrapeSeconds: number;
}

/** Asks a Prometheus what a panel asks for, with Grafana's variables filled in as Grafana does. */
export function createQueries(prometheusUrl: string, range: Range) {
  async function ask(path: string, parameters: Record<string, string>): Promise<readonly Result[]> {
    const response = await fetch(`${prometheusUrl}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const answer = (await response.json()) as { status: string; error?: string; data: { result: readonly Result[] } };
    if (answer.status !== "success") throw new Error(`${parameters["query"]}: ${answer.error}`);
    return answer.data.result;
  }

  return {
    async ready(): Promise<void> {
      for (let tries = 0; tries < 300; tries++) {
        const answered = await fetch(`${prometheusUrl}/-/ready`).then(
          ({ ok }) => ok,
          () => false,
        );
        if (answered) return;
        await sleep(100);
      }
      throw new Error("Prometheus did not become ready");
    },

    async answer(panel: Panel, widthPx: number): Promise<Answer> {
      const length = range.to - range.from;
      const rounded = ROUND_STEPS.find((step) => step >= length / widthPx) ?? 7_200;
      const step = Math.max(rounded, (MINUTES_OF[panel.interval ?? ""] ?? 0) * 60, range.scrapeSeconds);
      const filled = (expr: string) =>
        expr
          .replaceAll("$__rate_interval", `${Math.max(step + range.scrapeSeconds, 4 * range.scrapeSeconds)}s`)
          .replaceAll("$__interval", `${step}s`)
          .replaceAll("$__range", `${length}s`)
          .replaceAll(/\$(job|instance)/g, ".*");
      const first = Math.ceil(range.from / step) * step;
      const times = Array.from({ length: Math.floor((range.to - first) / step) + 1 }, (_, index) => first + index * step);
      const series: Series[] = [];
      for (const { expr, legendFormat = "", instant } of panel.targets ?? []) {
        const results = instant
          ? await ask("query", { query: filled(expr), time: String(range.to) })
          : await ask("query_range", { query: filled(expr), start: String(first), end: String(range.to), step: String(step) });
        for (const { metric, value, values } of results) {
          const at = new Map(values ?? (value ? [value] : []));
          series.push({
            labels: metric,
            name: legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ""),
            values: instant ? [numberOf(value?.[1])] : times.map((time) => numberOf(at.get(time))),
          });
        }
      }
      return { times, series };
    },
  };
}

function numberOf(text: string | undefined): number | null {
  const value = Number(text ?? "NaN");
  return Number.isFinite(value) ? value : null;
}
