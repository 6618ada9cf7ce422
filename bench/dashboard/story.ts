import { Counter, Gauge, type Registry } from "prom-client";
import type { Clock } from "../../src/model/clock.js";
import { createSeenSessions } from "../../src/session/seen-sessions.js";
import { createSessionCounts } from "../../src/session/session-summary.js";
import { createMetrics, type Metrics } from "../../src/telemetry/metrics.js";
import { createManualClock } from "../../test/support/manual-clock.js";
import { answerProblem, createDice, createPeople, DAY, type Dice, HOUR, MINUTE, STORY } from "./people.js";

/** Friday 18:00; the same every time, so that two pictures differ only where the dashboard does. */
export const STORY_ENDS_AT = Date.UTC(2026, 10, 20, 18) / 1_000;
export const SCRAPE_SECONDS = 120;

const MIB = 2 ** 20;
const PROCESSES = ["10.0.1.17:9000", "10.0.2.31:9000"] as const;
/** Median answer of the API behind each route, in seconds, and the share of the calls that go there. */
const ROUTES = { "/api": { middle: 0.035, share: 0.86 }, "/reports": { middle: 0.38, share: 0.14 } } as const;
const CALLS_A_MINUTE = 0.8;
const LIVED_UNSEEN = 8 * HOUR;

/** One process of the story: the product's own metrics, moved by invented people. */
function createProcess(instance: string, dice: Dice, clock: Clock) {
  const seen = createSeenSessions(clock);
  // COGNITO_REFRESH_TOKEN_VALIDITY still says what people believe.
  const counts = createSessionCounts({ directory: seen, refreshableMs: 30 * DAY * 1_000, clock });
  const metrics = createMetrics();
  const now = { calls: 0, streams: 0, sockets: 0, waiting: 0, hits: 0, misses: 0, openedBytes: 0, cpu: 0, lag: 0.011, heap: 0 };
  metrics.watch({
    openCalls: () => now.calls,
    openSockets: () => now.sockets,
    openStreams: () => now.streams,
    watchedSessions: () => now.streams + now.sockets,
    waitingCalls: () => 0,
    waitingRefreshes: () => now.waiting,
    cognitoAheadMs: () => 0,
    cache: () => ({
      hits: now.hits,
      misses: now.misses,
      openedBytes: now.openedBytes,
      endingBytes: 0,
      newestBytes: now.openedBytes * 0.08,
    }),
    cacheMaxBytes: 64 * MIB,
    keyFingerprints: [],
    store: null,
    sessions: { of: "seen", read: counts.figures },
  });
  metrics.watchReady(() => true);
  likeNodes(metrics.registry, now);
  return { instance, metrics, seen, live: (at: number, atWork: number) => liveProcess(metrics, now, dice, at, atWork) };
}

type Now = Parameters<typeof liveProcess>[1];

/** What prom-client measures of a process, under its names; this one's own figures would be those of a story told in seconds. */
function likeNodes(registry: Registry, now: Now): void {
  const registers = [registry];
  const gauge = (name: string, read: () => number) => {
    const measured: Gauge = new Gauge({ name, help: name, registers, collect: () => measured.set(read()) });
  };
  gauge("process_resident_memory_bytes", () => 92 * MIB + now.heap * 1.15);
  gauge("nodejs_heap_size_used_bytes", () => now.heap);
  gauge("nodejs_eventloop_lag_p99_seconds", () => now.lag);
  const cpu: Counter = new Counter({
    name: "process_cpu_seconds_total",
    help: "process_cpu_seconds_total",
    registers,
    collect() {
      cpu.reset();
      cpu.inc(now.cpu);
    },
  });
}

function liveProcess(
  metrics: Metrics,
  now: Record<"calls" | "streams" | "sockets" | "waiting" | "hits" | "misses" | "openedBytes" | "cpu" | "lag" | "heap", number>,
  dice: Dice,
  at: number,
  atWork: number,
): void {
  const inOutage = at >= STORY.outage.from && at < STORY.outage.to;
  const calls = Math.round(atWork * CALLS_A_MINUTE * dice.between(0.85, 1.15));
  for (let call = 0; call < calls; call++) callApi(metrics, dice);
  for (let page = 0; page < calls / 20; page++)
    metrics.tell({
      kind: "request_finished",
      method: "GET",
      route: "*",
      status: dice.chance(0.4) ? 304 : 200,
      seconds: 0.003,
      headerBytes: dice.around(1_000),
    });
  if (dice.chance(0.05)) answerProblem(metrics, dice.pick(["csrf", "not_found", "bad_request"]));
  now.calls = Math.round(dice.around(calls / 90, 0.3));
  now.streams = Math.round(atWork * 0.21 + dice.between(0, 3));
  now.sockets = Math.round(atWork * 0.09 + dice.between(0, 2));
  now.waiting = inOutage ? Math.round(dice.between(2, 9)) : 0;
  const misses = Math.round(calls * dice.between(0.03, 0.05));
  now.misses += misses;
  now.hits += calls - misses;
  now.openedBytes = Math.max(now.openedBytes * 0.999, atWork * 13_000);
  now.cpu += MINUTE * 0.012 + calls * 0.0042 * dice.between(0.9, 1.1);
  now.lag = dice.around(0.0108 + calls * 0.000012, 0.12);
  now.heap = 38 * MIB + now.openedBytes + dice.between(0, 14) * MIB;
}

function callApi(metrics: Metrics, dice: Dice): void {
  const route = dice.chance(ROUTES["/reports"].share) ? "/reports" : "/api";
  const seconds = dice.around(ROUTES[route].middle, 0.7);
  const method = dice.chance(0.25) ? "POST" : "GET";
  const headerBytes = dice.around(4_300, 0.16);
  if (dice.chance(0.0006)) {
    metrics.tell({ kind: "upstream_failed", route, failure: "client_gone" });
    metrics.tell({ kind: "request_finished", method, route, status: null, seconds, headerBytes });
    return;
  }
  if (route === "/reports" && dice.chance(0.0004)) {
    metrics.tell({ kind: "upstream_failed", route, failure: "timeout" });
    answerProblem(metrics, "upstream_timeout");
    metrics.tell({ kind: "request_finished", method, route, status: 504, seconds: 30, headerBytes });
    return;
  }
  const status = dice.chance(0.012) ? 404 : dice.chance(0.0004) ? 500 : dice.chance(0.00003) ? 401 : 200;
  metrics.tell({ kind: "upstream_answered", route, status, seconds, withToken: true });
  metrics.tell({ kind: "request_finished", method, route, status, seconds: seconds + 0.001, headerBytes });
}

/** The whole story as OpenMetrics lines with times, only of the series `isWanted`. */
export async function* tellStory(isWanted: (name: string) => boolean): AsyncGenerator<string> {
  const dice = createDice(20_261_120);
  const beganAtMs = (STORY_ENDS_AT - STORY.lastsSeconds) * 1_000;
  const clock = createManualClock(beganAtMs - LIVED_UNSEEN * 1_000);
  const processes = PROCESSES.map((instance) => createProcess(instance, dice, clock));
  const people = createPeople({ dice, seen: processes.map(({ seen }) => seen), beganAtMs });
  // The day before is lived unseen, so that counters exist and the people's tokens are of different ages.
  for (let at = -LIVED_UNSEEN; at < STORY.lastsSeconds; at += MINUTE, clock.advance(MINUTE * 1_000)) {
    const atWork = people.live(at, () => processes[dice.chance(0.5) ? 0 : 1]?.metrics ?? createMetrics());
    for (const process of processes) process.live(at, atWork / processes.length);
    if (at >= 0 && at % SCRAPE_SECONDS === 0)
      for (const { instance, metrics } of processes)
        yield openMetrics(await metrics.registry.metrics(), instance, STORY_ENDS_AT - STORY.lastsSeconds + at, isWanted);
  }
  yield "# EOF\n";
}

function openMetrics(exposition: string, instance: string, at: number, isWanted: (name: string) => boolean): string {
  let lines = "";
  for (const line of exposition.split("\n")) {
    const [, name = "", labels = "", value = ""] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (!isWanted(name)) continue;
    lines += `${name}{job="cognito-bff",instance="${instance}"${labels && `,${labels}`}} ${value} ${at}\n`;
  }
  return lines;
}
