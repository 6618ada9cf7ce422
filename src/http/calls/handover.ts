import type { IncomingMessage } from "node:http";
import type { Awaitable } from "../../store/session-store.js";
import type { Visit } from "../problem/request-state.js";
import type { UpstreamFailure } from "./upstream-failure.js";

/** What the fast path has of a call that it leaves to the long way. */
export interface Handover {
  /** Its look at the session; null where it did not get so far, or on a route without sessions. */
  readonly opened: Awaitable<Visit> | null;
  /** What is to be answered, of a call that an API has not answered; null where it has not been handed on. */
  readonly failed: { readonly failure: UpstreamFailure; readonly startedAtMs: number } | null;
}

const handovers = new WeakMap<IncomingMessage, Handover>();

export function handOver(request: IncomingMessage, handover: Handover): void {
  handovers.set(request, handover);
}

/** Null of a call that came the long way from the start. */
export function handoverOf(request: IncomingMessage): Handover | null {
  return handovers.get(request) ?? null;
}
