import type { IncomingMessage } from "node:http";

/** What goes on at the APIs at this moment. */
export interface OpenCalls {
  /** Calls under way. */
  calls: number;
  /** Event streams under way. */
  streams: number;
  /** Requests that have been passed on: whether they had an effect is no longer ours to know. */
  readonly handedOn: WeakSet<IncomingMessage>;
}

export function createOpenCalls(): OpenCalls {
  return { calls: 0, streams: 0, handedOn: new WeakSet() };
}
