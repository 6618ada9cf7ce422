import { Writable } from "node:stream";
import fastify, { type FastifyBaseLogger } from "fastify";
import type { Test } from "tap";
import type { BffOptions } from "../../src/config/options.js";
import { type Demo, startDemo } from "../../src/demo/demo.js";
import type { BuildRuntime } from "../../src/server/server.js";
import { readMetric } from "./metric.js";
import { Person } from "./person.js";
import { noteLogLine } from "./redaction.js";

/** The demo on free ports, its log lines in memory. */
export interface RunningDemo extends Demo {
  readonly logLines: readonly string[];
  /** A new person with a browser of their own. */
  person(): Person;
  /** A person who has signed in. */
  signedIn(): Promise<Person>;
  advance(text: string): void;
  /** What a metric says now; see `readMetric`. */
  metric(name: string, label?: string): Promise<number>;
  /** Until so many refreshes have come to their end since the start, whatever that is. */
  refreshesFinished(count: number): Promise<void>;
  /** How many refreshes local Cognito saw, whatever it answered. */
  refreshes(): number;
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A logger that keeps its lines. */
export function memoryLogger(lines: string[]): FastifyBaseLogger {
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const line = chunk.toString();
      lines.push(line);
      noteLogLine(line);
      done();
    },
  });
  return fastify({ logger: { level: "trace", stream } }).log;
}

/** Starts the demo for one test file or test and ends it afterwards. */
export async function runDemo(t: Test, settings: Partial<BffOptions> = {}, runtime: BuildRuntime = {}): Promise<RunningDemo> {
  const logLines: string[] = [];
  const demo = await startDemo({
    host: "127.0.0.1",
    port: 0,
    localCognitoPort: 0,
    settings,
    runtime: { logger: memoryLogger(logLines), ...runtime },
  });
  t.teardown(() => demo.close());
  return {
    ...demo,
    logLines,
    person: () => new Person(demo.url),
    async signedIn() {
      const person = new Person(demo.url);
      const landed = await person.signIn(demo.user);
      if (landed.status !== 200 || !person.cookies.has("bff-session"))
        throw new Error(`signing in ended with ${landed.status} at ${landed.url}`);
      return person;
    },
    advance(text) {
      const [, count, unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
      demo.clock.advance(Number(count) * (UNITS_MS[unit] ?? Number.NaN));
    },
    metric: (name, label) => readMetric(demo.managementUrl, name, label),
    async refreshesFinished(count) {
      while ((await readMetric(demo.managementUrl, "bff_refresh_total")) < count) await new Promise((resolve) => setImmediate(resolve));
    },
    refreshes: () =>
      demo.localCognito.calls.list().filter(({ operation, auth_flow }) => {
        return operation === "GetTokensFromRefreshToken" || (operation === "InitiateAuth" && auth_flow === "REFRESH_TOKEN_AUTH");
      }).length,
  };
}
