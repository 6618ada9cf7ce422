import { CSRF_HEADER } from "../wire/headers.js";
import type { Browser } from "./browser.js";
import { type Answered, problemIn, retryAfterMs } from "./problem.js";
import { SessionEndedError } from "./session-ended-error.js";
import { isSignedIn } from "./session-state.js";
import type { SessionTracker } from "./session-tracker.js";
import { type WaitingCalls, waitUntil } from "./waiting-calls.js";

/** How a call may be sent again after it met an ended session or a pause of the service. It was not forwarded then. */
export interface RepeatOptions {
  /** Writes go on after the sign-in too, and not GET and HEAD alone; or those that carry an Idempotency-Key. */
  readonly replay?: boolean | undefined;
  /** Our own 503 is waited out where it says for how long (Retry-After), two minutes at most in all. */
  readonly waitForService?: boolean | undefined;
}

/** How calls of this origin are sent. */
export interface CallOptions extends RepeatOptions {
  /**
   * With `x-bff-csrf`, which the server's CSRF_HEADER=required asks for; true. False for what the API redirects to another origin, a presigned address
   * as a rule: the browser would ask there first whether it may come with the header (Fetch standard, CORS-preflight fetch).
   */
  readonly csrfHeader?: boolean | undefined;
}

/** As `fetch` takes it. */
export interface SessionRequestInit extends RequestInit, CallOptions {}

/** What `recover` has to know of the call that was answered. Without a method it counts as GET. */
export interface RecoverOptions {
  readonly method?: string | undefined;
  /** The caller wants a write sent again, or its Idempotency-Key makes that harmless. */
  readonly replay?: boolean | undefined;
  /** It has been sent again already, and waits no second time. */
  readonly repeated?: boolean | undefined;
  readonly signal?: AbortSignal | null | undefined;
}

/** The library's own call has done what can be done. */
export interface RepeatedOptions extends RecoverOptions {
  readonly repeated: true;
}

const LONGEST_SERVICE_WAIT_MS = 120_000;
const IDEMPOTENCY_KEY = "idempotency-key";

const isSafe = (method: string) => method === "GET" || method === "HEAD";

export interface SessionFetch {
  fetch(input: RequestInfo | URL, init?: SessionRequestInit): Promise<Response>;
  recover(answer: Response | Answered, options: RepeatedOptions): Promise<SessionEndedError | null>;
  recover(answer: Response | Answered, options?: RecoverOptions): Promise<"retry" | SessionEndedError | null>;
}

export function createSessionFetch<Claims>(
  browser: Browser,
  tracker: SessionTracker<Claims>,
  waiting: WaitingCalls,
  defaults: CallOptions,
): SessionFetch {
  const isOurs = (url: string) => new URL(url, browser.base()).origin === browser.origin;

  async function sessionFetch(input: RequestInfo | URL, init: SessionRequestInit = {}): Promise<Response> {
    const { replay = defaults.replay, waitForService = defaults.waitForService, csrfHeader = defaults.csrfHeader ?? true, ...rest } = init;
    let request = new Request(input instanceof Request ? input : new URL(input, browser.base()), rest);
    if (!isOurs(request.url)) return browser.fetch(request);
    if (csrfHeader) request.headers.set(CSRF_HEADER, "1");
    const { method, signal, credentials } = request;
    const isWrite = !isSafe(method);
    // A stream is gone once it has been sent.
    const mayRepeat = !isWrite || (!(rest.body instanceof ReadableStream) && (replay || request.headers.has(IDEMPOTENCY_KEY)));
    const giveUpAtMs = browser.now() + LONGEST_SERVICE_WAIT_MS;
    for (let hasWaited = false; ; ) {
      const spare = mayRepeat ? request.clone() : null;
      const { era, sub } = tracker;
      const response = await browser.fetch(request);
      // A redirect may have led elsewhere. Without its cookie a call is a stranger's, whoever is signed in.
      const problem = credentials !== "omit" && isOurs(response.url) ? await problemIn(response) : null;
      if (problem === null) return response;
      // Whoever gives a call up takes its answer's body away, and with that the cause.
      if (response.status === 401) signal.aborted ? void tracker.check() : tracker.hear(problem, era);
      // What is redirected has arrived, and its answer is another call's.
      if (spare === null || (response.redirected && isWrite)) return response;
      let mayGoOn = true;
      if (response.status === 503 && waitForService) {
        const waitMs = retryAfterMs(response);
        if (waitMs === 0 || browser.now() + waitMs > giveUpAtMs) return response;
        await new Promise<void>((resolve) => waitUntil(browser, waitMs, signal, resolve));
      } else if (response.status === 401 && !hasWaited) {
        // Once: what meets an ended session again right after a sign-in would meet it for ever.
        hasWaited = true;
        mayGoOn = (await waiting.wait(problem, isWrite, sub, signal)) === "retry";
      } else return response;
      signal.throwIfAborted();
      // Somebody else may be signed in by now, or nobody.
      if (!mayGoOn || (tracker.sub !== sub && (sub !== null || isWrite))) return response;
      request = spare;
    }
  }

  function recover(answer: Response | Answered, options: RepeatedOptions): Promise<SessionEndedError | null>;
  function recover(answer: Response | Answered, options?: RecoverOptions): Promise<"retry" | SessionEndedError | null>;
  async function recover(
    answer: Response | Answered,
    { method = "GET", replay, repeated, signal }: RecoverOptions = {},
  ): Promise<"retry" | SessionEndedError | null> {
    if (answer.status !== 401 || !isOurs(answer.url ?? "")) return null;
    const problem = await problemIn(answer);
    if (problem === null) return null;
    const { era, sub } = tracker;
    // It may be of a call that began before the person signed in again: the server knows.
    if (isSignedIn(tracker.state)) await tracker.check();
    else tracker.hear(problem, era);
    const isWrite = !isSafe(method.toUpperCase());
    // Of an earlier session, it seems, which may have been another person's.
    const isOthers = isSignedIn(tracker.state) && tracker.users.size > 1;
    if (repeated || (isWrite && (!replay || answer.redirected || isOthers))) return new SessionEndedError(problem, tracker.loginUrl());
    return waiting.wait(problem, isWrite, sub, signal);
  }

  return { fetch: sessionFetch, recover };
}
