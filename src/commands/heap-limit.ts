import { getHeapStatistics } from "node:v8";
import type { Config } from "../config/config.js";

const MIB = 1_048_576;
/** What a process holds in its heap besides opened sessions: 25 MiB at rest, and what calls and endings take. */
const ASIDE = 64 * MIB;

/** Bytes that V8 lets its heap have at most: what `--max-old-space-size` says, or else a part of the machine's memory, or of the container's. */
export function heapLimit(): number {
  return getHeapStatistics().heap_size_limit;
}

/** A warning where opened sessions may fill the heap, whose end is the process's. */
export function heapWarning({ sessionCacheBytes }: Pick<Config, "sessionCacheBytes">, limit: number | null): string | null {
  if (limit === null || sessionCacheBytes + ASIDE <= limit) return null;
  const most = Math.max(1, Math.floor((limit - ASIDE) / MIB));
  const needed = Math.ceil((sessionCacheBytes + ASIDE) / MIB);
  return `SESSION_CACHE_BYTES: Node.js lets its heap have ${Math.floor(limit / MIB)} MiB here, and a full one ends the process: set ${most}MiB or less, or start with NODE_OPTIONS=--max-old-space-size=${needed} where there is as much memory`;
}
