import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/*
 * What a Node.js contestant tells of itself from within, where `preloads/probe.ts` was loaded before it.
 */

/** After garbage collection; bytes. */
export interface Memory {
  readonly heap: number;
  /** Buffers and what else V8 knows of outside of its heap. */
  readonly outside: number;
  readonly resident: number;
}

/** How much later than it was due the event loop came round; milliseconds. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
}

export type Question = { readonly ask: "memory" } | { readonly ask: "watch-delay" } | { readonly ask: "delay" };

export type Reply =
  | { readonly told: "memory"; readonly memory: Memory }
  | { readonly told: "watching" }
  | { readonly told: "delay"; readonly delay: LoopDelay };

export interface Probe {
  memory(): Promise<Memory>;
  /** From now on, until `delay`. */
  watchDelay(): Promise<void>;
  delay(): Promise<LoopDelay>;
}

export function probeOf(child: ChildProcess): Probe {
  // One question at a time, so that the next message is its answer.
  async function ask(question: Question): Promise<Reply> {
    const over = new AbortController();
    const { signal } = over;
    const gone = once(child, "exit", { signal }).then(() => Promise.reject(new Error("it ended before it answered")));
    const reply = once(child, "message", { signal }).then(([message]) => message as Reply);
    child.send(question);
    return Promise.race([reply, gone]).finally(() => over.abort());
  }
  return {
    async memory() {
      const reply = await ask({ ask: "memory" });
      if (reply.told !== "memory") throw new Error(`told ${reply.told}`);
      return reply.memory;
    },
    async watchDelay() {
      await ask({ ask: "watch-delay" });
    },
    async delay() {
      const reply = await ask({ ask: "delay" });
      if (reply.told !== "delay") throw new Error(`told ${reply.told}`);
      return reply.delay;
    },
  };
}
