import { readFileSync } from "node:fs";
import { getHeapStatistics } from "node:v8";
import type { Config } from "../../config/config.js";
import { type ConfigWarning, warningOf } from "../../config/warnings.js";

/** What a process has open besides its calls: listening sockets, the log, connections to Cognito, modules. */
const FILES_ASIDE = 100;

/** How many files this process may have open, or null where the system does not say (it is Linux that does). */
export function openFilesLimit(): number | null {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}

/** A warning where the calls that are let through may need more open files than there can be: each has its browser's connection and the API's. */
export function openFilesWarning({ upstreamMaxConnections, proxyRoutes }: Config, limit: number | null): ConfigWarning | null {
  if (limit === null || proxyRoutes.length === 0) return null;
  if (upstreamMaxConnections === null)
    return connections(
      `off, and this process may have ${limit} files open: beyond some ${fitting(limit, 1)} calls at a time connections fail`,
    );
  const origins = new Set(proxyRoutes.map(({ target }) => target.origin)).size;
  // As many again wait, with the browser's connection alone.
  const needed = upstreamMaxConnections * 3 * origins + FILES_ASIDE;
  if (needed <= limit) return null;
  const apis = origins === 1 ? "one API" : `${origins} APIs`;
  return connections(
    `${upstreamMaxConnections} calls and as many that wait need up to ${needed} open files for ${apis}, and this process may have ${limit} (ulimit -n): raise that, or set ${fitting(limit, origins)}`,
  );
}

function connections(text: string): ConfigWarning {
  return warningOf("upstream_connections_above_open_files", text);
}

function fitting(limit: number, origins: number): number {
  return Math.max(1, Math.floor((limit - FILES_ASIDE) / (3 * origins)));
}

const MIB = 1_048_576;
/** What a process holds in its heap besides opened sessions: 25 MiB at rest, and what calls and endings take. */
const HEAP_ASIDE = 64 * MIB;

/** Bytes that V8 lets its heap have at most: what `--max-old-space-size` says, or else a part of the machine's memory, or of the container's. */
export function heapLimit(): number {
  return getHeapStatistics().heap_size_limit;
}

/** A warning where opened sessions may fill the heap, whose end is the process's. */
export function heapWarning({ sessionCacheBytes }: Pick<Config, "sessionCacheBytes">, limit: number | null): ConfigWarning | null {
  if (limit === null || sessionCacheBytes + HEAP_ASIDE <= limit) return null;
  const most = Math.max(1, Math.floor((limit - HEAP_ASIDE) / MIB));
  const needed = Math.ceil((sessionCacheBytes + HEAP_ASIDE) / MIB);
  const text = `Node.js lets its heap have ${Math.floor(limit / MIB)} MiB here, and a full one ends the process: set ${most}MiB or less, or start with NODE_OPTIONS=--max-old-space-size=${needed} where there is as much memory`;
  return warningOf("session_cache_above_heap", text);
}
