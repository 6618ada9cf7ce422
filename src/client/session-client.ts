import { DEFAULT_AUTH_PREFIX, DISPLAY, LOGOUT_EVERYWHERE, LOGOUT_PATH, POPUP_DISPLAY, RETURN_TO } from "../wire/paths.js";
import type { LogoutDocument } from "../wire/shapes.js";
import { type Browser, browserOf } from "./browser.js";
import { createDrafts } from "./drafts.js";
import { type Answered, jsonOf } from "./problem.js";
import type { SessionEndedError } from "./session-ended-error.js";
import {
  type CallOptions,
  createSessionFetch,
  type RecoverOptions,
  type RepeatedOptions,
  type SessionRequestInit,
} from "./session-fetch.js";
import { type AnyClaims, isSignedIn, type SessionState } from "./session-state.js";
import { createStreams, type SessionEvents, type SessionSocket } from "./session-streams.js";
import { createSessionTracker, type Listener } from "./session-tracker.js";
import { createWaitingCalls } from "./waiting-calls.js";

const MINUTE_MS = 60_000;
/** WCAG 2.2, 2.2.1: whoever is warned has 20 seconds at least to say that they are still there. */
const SHORTEST_WARNING_MS = 20_000;
const BETWEEN_ACTIVITIES_MS = MINUTE_MS;

/** How a page has its session: where the proxy is, and when to warn. */
export interface SessionClientOptions extends CallOptions {
  /** The server's AUTH_PREFIX; `/auth`. */
  readonly authPrefix?: string;
  /** How long before the idle limit the state is `expiring`, milliseconds; a minute, and 20 seconds at least. */
  readonly idleWarningMs?: number;
  /** The same before the session's own end, which nothing moves; five minutes. */
  readonly sessionWarningMs?: number;
  /** `pointer`: pointer and keys count as activity where there is an idle limit, told once a minute at most. */
  readonly activity?: "pointer";
  /** How long a draft is kept, milliseconds; a day, and no longer than the tab. */
  readonly draftLifetimeMs?: number;
}

/** How to sign in: where to come back to, and what managed login is told. */
export interface LoginOptions {
  /** `popup`: in a window of its own, to be called on the person's click; `redirect`: on this page, which is left. */
  readonly mode?: "popup" | "redirect";
  /** Where to come back to: a path of the app; this page. */
  readonly returnTo?: string;
}

/** What became of a sign-in: `blocked` where the browser opens no window, `given_up` where it was begun anew or nobody waits for it any more. */
export type LoginOutcome = "signed_in" | "blocked" | "given_up" | "leaving";

/** What became of a sign-out. With `failed` the session lives on. */
export type LogoutOutcome =
  | { readonly kind: "leaving"; readonly everywhere: NonNullable<LogoutDocument["everywhere"]> | null }
  | { readonly kind: "failed"; readonly status: number | null };

/** The session of a page. Nothing of it needs a `this`. */
export interface SessionClient<Claims = AnyClaims> {
  /** As the browser's own. Calls of this origin that meet an ended session wait for the sign-in, where they may be sent again. */
  fetch(input: RequestInfo | URL, init?: SessionRequestInit): Promise<Response>;
  /**
   * For the answers of other libraries. Null: this is no session that has ended, the answer is the API's. `retry`: the call was not forwarded, and there
   * is a session again: send it once more; never where it has been `repeated`. Else the error that says why not.
   */
  recover(answer: Response | Answered, options: RepeatedOptions): Promise<SessionEndedError | null>;
  recover(answer: Response | Answered, options?: RecoverOptions): Promise<"retry" | SessionEndedError | null>;
  /** What is known at present. The same object until it changes. */
  session(): SessionState<Claims>;
  /** Calls back with every change. Returns what ends that. */
  subscribe(listener: Listener<Claims>): () => void;
  /** Asks the server, which refreshes on the way. */
  check(): Promise<SessionState<Claims>>;
  /** Counts as activity, and moves the idle limit. */
  stayActive(): Promise<SessionState<Claims>>;
  login(options?: LoginOptions): Promise<LoginOutcome>;
  /** Nobody is going to sign in now: calls that wait for it end. */
  cancelLogin(): void;
  logout(options?: { readonly everywhere?: boolean }): Promise<LogoutOutcome>;
  /** How many calls wait for the sign-in. */
  readonly waitingCalls: number;
  /** Calls back with how many calls wait, whenever that changes. Returns what ends it. */
  onWaiting(listener: (waitingCalls: number) => void): () => void;
  saveDraft(key: string, data: unknown): boolean;
  takeDraft<T = unknown>(key: string): T | null;
  dropDraft(key: string): void;
  /** Keeps what is typed into a form, and puts it back for the same person. Returns what ends that. */
  keepDraft(form: HTMLFormElement, key?: string): () => void;
  sessionSocket(url: string | URL, protocols?: string | string[]): SessionSocket;
  sessionEvents(url: string | URL): SessionEvents;
  dispose(): void;
}

/** Asks the server at once. Where there is no page, as while a server renders it, the state stays `unknown`. */
export function createSessionClient<Claims = AnyClaims>(options: SessionClientOptions = {}): SessionClient<Claims> {
  const page = globalThis.window;
  const client = createSessionClientIn<Claims>(browserOf(page), options);
  if (page) void client.check();
  else client.dispose();
  return client;
}

/** In a given browser. */
// Long: a list of methods, a few lines each.
export function createSessionClientIn<Claims>(browser: Browser, options: SessionClientOptions): SessionClient<Claims> {
  const {
    authPrefix = DEFAULT_AUTH_PREFIX,
    idleWarningMs = MINUTE_MS,
    sessionWarningMs = 5 * MINUTE_MS,
    draftLifetimeMs = 24 * 60 * MINUTE_MS,
  } = options;
  const gone = new AbortController();
  const tracker = createSessionTracker<Claims>({
    browser,
    authPrefix,
    gone: gone.signal,
    warnAhead: {
      idle: Math.max(SHORTEST_WARNING_MS, idleWarningMs),
      session: sessionWarningMs,
    },
  });
  const drafts = createDrafts(browser, tracker, draftLifetimeMs);
  const waiting = createWaitingCalls(tracker, browser, gone.signal);
  const calls = createSessionFetch(browser, tracker, waiting, options);
  let endLogin = (_outcome: LoginOutcome): void => {};
  /** When the sign-in was begun: it is over with the next one. */
  let loginEra = 0;
  let rests = false;

  tracker.subscribe((state) => {
    // A limit that moves is no new session.
    if (isSignedIn(state) && tracker.era !== loginEra) endLogin("signed_in");
  });

  function act(): void {
    const { state } = tracker;
    if (rests || !isSignedIn(state) || state.session.idle_ends_at === null) return;
    rests = true;
    browser.after(BETWEEN_ACTIVITIES_MS, () => {
      rests = false;
    });
    void tracker.stayActive();
  }
  if (options.activity === "pointer") browser.onActivity(act, gone.signal);

  return {
    ...calls,
    ...drafts,
    ...createStreams({ browser, tracker, gone: gone.signal }),
    session: () => tracker.state,
    subscribe: tracker.subscribe,
    check: tracker.check,
    stayActive: tracker.stayActive,
    async login({ mode, returnTo = browser.here() } = {}) {
      const isPopup = mode === "popup";
      const url = new URL(tracker.loginUrl(), browser.origin);
      url.searchParams.set(RETURN_TO, returnTo);
      if (isPopup) url.searchParams.set(DISPLAY, POPUP_DISPLAY);
      endLogin("given_up");
      loginEra = tracker.era;
      if (!isPopup) {
        browser.leaveFor(url.href);
        return "leaving";
      }
      if (!browser.popup(url.href)) return "blocked";
      return new Promise((resolve) => {
        endLogin = resolve;
      });
    },
    cancelLogin() {
      endLogin("given_up");
      waiting.giveUp();
    },
    async logout({ everywhere } = {}) {
      const body = everywhere ? new URLSearchParams({ [LOGOUT_EVERYWHERE]: "true" }) : undefined;
      const response = await tracker.send("POST", LOGOUT_PATH, body);
      // A portal of some network answers everything with 200 and a page.
      const document = response?.ok ? ((await jsonOf(response)) as LogoutDocument | null) : null;
      if (!document?.logout_url) return { kind: "failed", status: response?.status ?? null };
      tracker.end({ reason: "signed_out", cause: "logout" });
      browser.leaveFor(document.logout_url);
      return { kind: "leaving", everywhere: document.everywhere ?? null };
    },
    get waitingCalls() {
      return waiting.size();
    },
    onWaiting: waiting.onWaiting,
    dispose() {
      endLogin("given_up");
      gone.abort();
    },
  };
}
