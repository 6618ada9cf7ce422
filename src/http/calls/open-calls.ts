import type { IncomingMessage } from "node:http";

const HANDED_ON = Symbol("handed on");

declare module "node:http" {
  interface IncomingMessage {
    // For this file alone.
    [HANDED_ON]?: true;
  }
}

/** What goes on at the APIs at this moment. */
export interface OpenCalls {
  /** Calls under way. */
  calls: number;
  /** Event streams under way. */
  streams: number;
  /** A request has been passed on: whether it had an effect is no longer ours to know. */
  handOn(request: IncomingMessage): void;
  wasHandedOn(request: IncomingMessage): boolean;
}

export function createOpenCalls(): OpenCalls {
  return {
    calls: 0,
    streams: 0,
    // On the request itself: a WeakSet would be one more table for the collector to go through.
    handOn(request) {
      request[HANDED_ON] = true;
    },
    wasHandedOn: (request) => request[HANDED_ON] === true,
  };
}
