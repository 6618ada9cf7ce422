import { SERVICE_RESTART_CODE, SESSION_ENDED_CODE } from "../wire/close-codes.js";
import { keepOpen, type StreamScope } from "./kept-stream.js";

/** The connection went without a word (RFC 6455 section 7.1.5). */
const ABNORMAL = 1006;
/** The readyState of an EventSource that does not try again by itself. */
const CLOSED = 2;

/**
 * A WebSocket that is opened again after a restart of the service (1012), and once the person has signed in again (4401). Its events are the
 * socket's own, those of all sockets it has had. For another person it is closed for good, with a `close` event.
 */
export interface SessionSocket extends EventTarget {
  /** The one that is open, or was last. */
  socket(): WebSocket;
  send: WebSocket["send"];
  close: WebSocket["close"];
}

/**
 * An EventSource that is opened again where it would give up: after a restart, and once the person has signed in again. Its events are the source's
 * own. For another person it is closed for good, with an `error` event.
 */
export interface SessionEvents extends EventTarget {
  /** The one that is open, or was last. */
  source(): EventSource;
  close(): void;
}

export interface Streams {
  sessionSocket(url: string | URL, protocols?: string | string[]): SessionSocket;
  sessionEvents(url: string | URL): SessionEvents;
}

export function createStreams(scope: StreamScope): Streams {
  return {
    sessionSocket(url, protocols) {
      // Not every browser knows a WebSocket's address that is relative, or http.
      const address = new URL(url, scope.browser.base()).href.replace(/^http/, "ws");
      const { target, close, stream } = keepOpen(scope, {
        last: "close",
        open: () => new WebSocket(address, protocols),
        judge(event, _socket, wasOpen) {
          const { code } = event as CloseEvent;
          if (code === SERVICE_RESTART_CODE) return "soon";
          return code === SESSION_ENDED_CODE || (code === ABNORMAL && !wasOpen) ? "ask" : null;
        },
      });
      return Object.assign(target, { socket: stream, send: (data: Parameters<WebSocket["send"]>[0]) => stream().send(data), close });
    },
    sessionEvents(url) {
      const { target, close, stream } = keepOpen(scope, {
        last: "error",
        open: () => new EventSource(url),
        judge: ({ type }, { readyState }) => (type === "error" && readyState === CLOSED ? "ask" : null),
      });
      return Object.assign(target, { source: stream, close });
    },
  };
}
