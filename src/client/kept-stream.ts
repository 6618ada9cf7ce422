import type { Browser } from "./browser.js";
import { isSignedIn } from "./session-state.js";
import type { SessionTracker } from "./session-tracker.js";

/** Before a stream is opened again, at first and at most; half of it at least, so that all pages together do not come in the same moment. */
const FIRST_DELAY_MS = 4_000;
const LONGEST_DELAY_MS = 60_000;

interface Stream extends EventTarget {
  close(code?: number, reason?: string): void;
}

interface StreamKind<S> {
  /** The one that tells of the end. */
  readonly last: "close" | "error";
  open(): S;
  /** What an event means: the stream is opened again soon, the server has to be asked what it was about, or nothing. */
  judge(event: Event, stream: S, wasOpen: boolean): "soon" | "ask" | null;
}

/** A stream that is opened again. */
export interface KeptStream<S> {
  /** Passes on whatever events somebody listens to. */
  readonly target: EventTarget;
  close(code?: number, reason?: string): void;
  /** The one that is open, or was last. */
  stream(): S;
}

/** What a stream needs of its client. */
export interface StreamScope {
  readonly browser: Pick<Browser, "after" | "now" | "base">;
  readonly tracker: Pick<SessionTracker<unknown>, "sub" | "check" | "subscribe">;
  /** Aborted with the client: nothing is open after that. */
  readonly gone: AbortSignal;
}

/** Opens a stream, and opens it again when it is time; for the person who opened it, and nobody else. */
export function keepOpen<S extends Stream>({ browser, tracker, gone }: StreamScope, { last, open, judge }: StreamKind<S>): KeptStream<S> {
  const target = new EventTarget();
  const listen = target.addEventListener.bind(target);
  const types = new Set(["open", last]);
  let stream: S;
  let openedAtMs: number;
  let delayMs = FIRST_DELAY_MS / 2;
  let { sub } = tracker;
  let isOver = gone.aborted;
  let isOthers = false;
  /** For somebody to be signed in. */
  let isWaiting = false;
  let cancel = () => {};
  // An address that is none throws: nothing has to be taken back then.
  start();
  const stop = tracker.subscribe((state, previous) => {
    if (!isSignedIn(state)) return;
    const now = state.session.user.sub;
    sub ??= now;
    if (now !== sub) {
      isOthers = true;
      close();
      target.dispatchEvent(new Event(last));
    } else if (isWaiting) soon(!isSignedIn(previous));
  });
  const dispose = () => close();
  gone.addEventListener("abort", dispose);

  function start(): void {
    openedAtMs = Number.POSITIVE_INFINITY;
    stream = open();
    for (const type of types) stream.addEventListener(type, hear);
  }

  function hear(event: Event): void {
    if (isOthers) return;
    target.dispatchEvent(new (event.constructor as typeof Event)(event.type, event));
    if (isOver) return;
    if (event.type === "open") openedAtMs = browser.now();
    const verdict = judge(event, stream, openedAtMs < Number.POSITIVE_INFINITY);
    if (verdict === "soon") soon();
    if (verdict === "ask") void ask();
  }

  function soon(isSignIn?: boolean): void {
    isWaiting = false;
    cancel();
    // Afresh also where the last one held for longer than it had been waited for.
    const isAfresh = isSignIn || browser.now() - openedAtMs > delayMs;
    delayMs = isAfresh ? FIRST_DELAY_MS : Math.min(delayMs * 2, LONGEST_DELAY_MS);
    cancel = browser.after(delayMs * (0.5 + Math.random() / 2), start);
  }

  /** Neither a refused upgrade nor an EventSource shows a status. */
  async function ask(): Promise<void> {
    isWaiting = true;
    if (isSignedIn(await tracker.check()) && isWaiting) soon();
  }

  function close(code?: number, reason?: string): void {
    isOver = true;
    isWaiting = false;
    cancel();
    stop();
    gone.removeEventListener("abort", dispose);
    stream.close(code, reason);
  }

  target.addEventListener = (...listening: Parameters<typeof listen>) => {
    const [type] = listening;
    types.add(type);
    stream.addEventListener(type, hear);
    listen(...listening);
  };
  return { target, close, stream: () => stream };
}
