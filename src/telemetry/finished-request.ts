import type { Log } from "../model/log.js";
import type { Tell } from "./events.js";
import { headerBytesOf } from "./header-bytes.js";

/** A request whose answer is out, or whose sender has left. */
export interface FinishedRequest {
  readonly method: string;
  /** The pattern of its route or the prefix of its API: out of a set that the configuration bounds. */
  readonly route: string;
  /** Null where it had no answer. */
  readonly status: number | null;
  readonly seconds: number;
  readonly rawHeaders: readonly string[];
}

/** Counts it. @param log null: nobody reads a line for each request. */
export function tellFinished(
  tell: Tell,
  log: Pick<Log, "debug"> | null,
  { method, route, status, seconds, rawHeaders }: FinishedRequest,
): void {
  tell({ kind: "request_finished", method, route, status, seconds, headerBytes: headerBytesOf(rawHeaders) });
  log?.debug({ method, route, status, duration_ms: Math.round(seconds * 1000) }, "request");
}
