import { SERVICE_RESTART_CODE, SESSION_ENDED_CODE } from "../wire/close-codes.js";
import type { Browser } from "./browser.js";
import { isSignedIn } from "./session-state.js";
import type { SessionTracker } from "./session-tracker.js";

/** Before a stream is opened again; half of it at least, so that all pages together do not come in the same moment. */
const AGAIN_MS = 4_000;
/** The connection went without a word (RFC 6455 section 7.1.5). */
const ABNORMAL = 1006;

type After = Pick<Browser, "after">;
type Tracker = Pick<SessionTracker<unknown>, "state" | "check" | "subscribe">;

/**
 * A WebSocket that is opened again after a restart of the service (1012), and once the person has signed in again (4401). Its events are the
 * socket's own, those of all sockets it has had.
 */
export interface SessionSocket extends EventTarget {
  /** The one that is open, or was last. */
  socket(): WebSocket;
  send: WebSocket["send"];
  close: WebSocket["close"];
}

/** An EventSource that is opened again where it would give up: after a restart, and once the person has signed in again. Its events are the source's own. */
export interface SessionEvents extends EventTarget {
  /** The one that is open, or was last. */
  source(): EventSource;
  close(): void;
}

/** Opens a stream again when it is time: soon, or once there is a session again. */
function createReopening({ after }: After, tracker: Tracker, open: () => void) {
  let isOver = false;
  let cancel = () => {};

  function soon(): void {
    cancel();
    if (!isOver) cancel = after(AGAIN_MS * (0.5 + Math.random() / 2), open);
  }

  /** Neither a refused upgrade nor an EventSource shows a status: the server is asked what it was about. */
  async function whenSignedIn(): Promise<void> {
    const state = await tracker.check();
    if (isSignedIn(state)) soon();
    else if (!isOver) {
      cancel();
      cancel = tracker.subscribe((next) => isSignedIn(next) && soon());
    }
  }

  function end(): void {
    isOver = true;
    cancel();
  }

  return { soon, whenSignedIn, end };
}

/** Gives an event of an inner stream to whoever listens to the outer one. */
function passOn(target: EventTarget): (event: Event) => void {
  return (event) => void target.dispatchEvent(new (event.constructor as typeof Event)(event.type, event));
}

export function openSessionSocket(browser: After, tracker: Tracker, url: string | URL, protocols?: string | string[]): SessionSocket {
  const target = new EventTarget();
  const pass = passOn(target);
  const reopening = createReopening(browser, tracker, () => {
    current = open();
  });

  function open(): WebSocket {
    const socket = new WebSocket(url, protocols);
    let wasOpen = false;
    for (const type of ["open", "message", "error", "close"]) socket.addEventListener(type, pass);
    socket.onopen = () => {
      wasOpen = true;
    };
    socket.onclose = ({ code }) => {
      if (code === SERVICE_RESTART_CODE) reopening.soon();
      else if (code === SESSION_ENDED_CODE || (code === ABNORMAL && !wasOpen)) void reopening.whenSignedIn();
    };
    return socket;
  }

  let current = open();
  return Object.assign(target, {
    socket: () => current,
    send: (data: Parameters<WebSocket["send"]>[0]) => current.send(data),
    close(code?: number, reason?: string) {
      reopening.end();
      current.close(code, reason);
    },
  });
}

export function openSessionEvents(browser: After, tracker: Tracker, url: string | URL): SessionEvents {
  const target = new EventTarget();
  const pass = passOn(target);
  const types = new Set(["open", "message", "error"]);
  const listen = target.addEventListener.bind(target);
  const reopening = createReopening(browser, tracker, () => {
    current = open();
  });

  function open(): EventSource {
    const source = new EventSource(url);
    for (const type of types) source.addEventListener(type, pass);
    source.onerror = () => {
      // It tries again by itself but for an answer that is none.
      if (source.readyState === EventSource.CLOSED) void reopening.whenSignedIn();
    };
    return source;
  }

  let current = open();
  return Object.assign(target, {
    source: () => current,
    addEventListener(...listening: Parameters<EventTarget["addEventListener"]>) {
      const [type] = listening;
      // Events have names of their own.
      if (!types.has(type)) current.addEventListener(type, pass);
      types.add(type);
      listen(...listening);
    },
    close() {
      reopening.end();
      current.close();
    },
  });
}
