import { setTimeout as wait } from "node:timers/promises";
import { Pool } from "undici";
import type { Person } from "./people.js";
import type { Answered, Tally } from "./tally.js";

const CONNECTIONS = 250;
/** A replica that refused a connection is left out for so long, as a load balancer does. */
const DOWN_MS = 1_000;
const LONGEST_PAUSE_MS = 2_000;

export interface CallOptions {
  readonly method?: "GET" | "POST";
  readonly path?: string;
  /** Only to this one, however it answers. */
  readonly replica?: number;
}

/** Calls to one replica after the other. */
export interface RoundRobin {
  /** One answer, whatever it is. */
  once(person: Person, tally: Tally | null, options?: CallOptions): Promise<{ readonly answered: Answered; readonly retryAfterMs: number }>;
  /** Again, as long as the answer is that it should be tried later, or the connection breaks; until a moment of `performance.now`. */
  insist(person: Person, tally: Tally | null, untilMs: number): Promise<Answered>;
  close(): Promise<void>;
}

interface Line {
  readonly pool: Pool;
  downUntilMs: number;
}

export function openRoundRobin(ports: readonly number[], publicUrl: string): RoundRobin {
  const { host, origin } = new URL(publicUrl);
  const lines = ports.map((port): Line => {
    const pool = new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS, headersTimeout: 60_000, bodyTimeout: 60_000 });
    return { pool, downUntilMs: 0 };
  });
  let turn = 0;

  function next(): Line {
    const nowMs = performance.now();
    const up = lines.filter(({ downUntilMs }) => downUntilMs <= nowMs);
    const candidates = up.length > 0 ? up : lines;
    const line = candidates[turn++ % candidates.length];
    if (!line) throw new Error("there is no replica");
    return line;
  }

  async function once(person: Person, tally: Tally | null, { method = "GET", path = "/api/x", replica }: CallOptions = {}) {
    const line = (replica === undefined ? undefined : lines[replica]) ?? next();
    const headers = { host, cookie: person.cookie, "sec-fetch-site": "same-origin", ...(method === "POST" ? { origin } : {}) };
    const sentAtMs = performance.now();
    try {
      const { statusCode, headers: answeredWith, body } = await line.pool.request({ method, path, headers });
      const text = await body.text();
      const cause = statusCode === 401 ? ` ${/"cause":"(\w+)"/.exec(text)?.[1] ?? ""}` : "";
      const answered = statusCode === 200 ? "200" : `${statusCode} ${String(answeredWith["bff-problem"] ?? "")}${cause}`.trim();
      tally?.add(answered, performance.now() - sentAtMs);
      return { answered, retryAfterMs: Number(answeredWith["retry-after"] ?? 1) * 1000 };
    } catch {
      line.downUntilMs = performance.now() + DOWN_MS;
      tally?.add("broken", performance.now() - sentAtMs);
      return { answered: "broken", retryAfterMs: 20 };
    }
  }

  async function insist(person: Person, tally: Tally | null, untilMs: number): Promise<Answered> {
    for (;;) {
      const { answered, retryAfterMs } = await once(person, tally);
      const mayChange = answered === "broken" || /^50[234]/.test(answered);
      if (!mayChange || performance.now() > untilMs) return answered;
      // As ten people would, not all at the same moment.
      await wait(Math.min(LONGEST_PAUSE_MS, retryAfterMs) * (0.5 + Math.random()));
    }
  }

  return {
    once,
    insist,
    close: () => Promise.all(lines.map(({ pool }) => pool.destroy())).then(() => {}),
  };
}

/** Works through a list, so many at a time. */
export async function each<T>(items: readonly T[], atATime: number, work: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(atATime, items.length) }, async () => {
      for (let index = next++; index < items.length; index = next++) {
        const item = items[index];
        if (item !== undefined) await work(item, index);
      }
    }),
  );
}
