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

/** Opens a stream again when it is time: soon, or once there is a session again. */
class Reopening {
  readonly #browser: After;
  readonly #tracker: Tracker;
  readonly #open: () => void;
  #cancel = () => {};
  #isOver = false;

  constructor(browser: After, tracker: Tracker, open: () => void) {
    this.#browser = browser;
    this.#tracker = tracker;
    this.#open = open;
  }

  soon(): void {
    this.#cancel();
    if (!this.#isOver) this.#cancel = this.#browser.after(AGAIN_MS * (0.5 + Math.random() / 2), this.#open);
  }

  /** Neither a refused upgrade nor an EventSource shows a status: the server is asked what it was about. */
  async whenSignedIn(): Promise<void> {
    await this.#tracker.check();
    if (isSignedIn(this.#tracker.state)) {
      this.soon();
      return;
    }
    this.#cancel();
    if (this.#isOver) return;
    this.#cancel = this.#tracker.subscribe((state) => {
      if (isSignedIn(state)) this.soon();
    });
  }

  end(): void {
    this.#isOver = true;
    this.#cancel();
  }
}

/** Gives an event of an inner stream to whoever listens to the outer one. */
function passOn(target: EventTarget): (event: Event) => void {
  return (event) => void target.dispatchEvent(new (event.constructor as typeof Event)(event.type, event));
}

/**
 * A WebSocket that is opened again after a restart of the service (1012), and once the person has signed in again (4401). Its events are the
 * socket's own, those of all sockets it has had.
 */
export class SessionSocket extends EventTarget {
  readonly #url: string | URL;
  readonly #protocols: string | string[] | undefined;
  readonly #reopening: Reopening;
  readonly #pass = passOn(this);
  #socket: WebSocket;

  constructor(browser: After, tracker: Tracker, url: string | URL, protocols?: string | string[]) {
    super();
    this.#url = url;
    this.#protocols = protocols;
    this.#reopening = new Reopening(browser, tracker, () => {
      this.#socket = this.#open();
    });
    this.#socket = this.#open();
  }

  /** The one that is open, or was last. */
  get socket(): WebSocket {
    return this.#socket;
  }

  send(data: Parameters<WebSocket["send"]>[0]): void {
    this.#socket.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#reopening.end();
    this.#socket.close(code, reason);
  }

  #open(): WebSocket {
    const socket = new WebSocket(this.#url, this.#protocols);
    let wasOpen = false;
    for (const type of ["open", "message", "error", "close"]) socket.addEventListener(type, this.#pass);
    socket.addEventListener("open", () => {
      wasOpen = true;
    });
    socket.addEventListener("close", ({ code }) => {
      if (code === SERVICE_RESTART_CODE) this.#reopening.soon();
      else if (code === SESSION_ENDED_CODE || (code === ABNORMAL && !wasOpen)) void this.#reopening.whenSignedIn();
    });
    return socket;
  }
}

/** An EventSource that is opened again where it would give up: after a restart, and once the person has signed in again. Its events are the source's own. */
export class SessionEvents extends EventTarget {
  readonly #url: string | URL;
  readonly #types = new Set(["open", "message", "error"]);
  readonly #reopening: Reopening;
  readonly #pass = passOn(this);
  #source: EventSource;

  constructor(browser: After, tracker: Tracker, url: string | URL) {
    super();
    this.#url = url;
    this.#reopening = new Reopening(browser, tracker, () => {
      this.#source = this.#open();
    });
    this.#source = this.#open();
  }

  /** The one that is open, or was last. */
  get source(): EventSource {
    return this.#source;
  }

  override addEventListener(...listening: Parameters<EventTarget["addEventListener"]>): void {
    const [type] = listening;
    if (!this.#types.has(type)) this.#source.addEventListener(type, this.#pass);
    this.#types.add(type);
    super.addEventListener(...listening);
  }

  close(): void {
    this.#reopening.end();
    this.#source.close();
  }

  #open(): EventSource {
    const source = new EventSource(this.#url);
    for (const type of this.#types) source.addEventListener(type, this.#pass);
    source.addEventListener("error", () => {
      // It tries again by itself but for an answer that is none.
      if (source.readyState === EventSource.CLOSED) void this.#reopening.whenSignedIn();
    });
    return source;
  }
}
