import { CHANGED_MESSAGE, CHANNEL_NAME } from "../wire/channel.js";
import { CSRF_HEADER } from "../wire/headers.js";
import { LOGIN_PATH, SESSION_PATH } from "../wire/paths.js";
import type { Browser } from "./browser.js";
import { createListeners } from "./listeners.js";
import { jsonOf, type OwnProblem, problemIn, retryAfterMs } from "./problem.js";
import {
  type HeardSession,
  hearSession,
  isSignedIn,
  type SessionOf,
  type SessionState,
  stateAfter,
  stateAt,
  type WarnAhead,
} from "./session-state.js";

/** Between two looks that nobody asked for. */
const BETWEEN_LOOKS_MS = 5_000;
/** What does not answer in time counts as no answer: all that comes later would wait for it. The server's own refresh may take some seconds. */
const LONGEST_ANSWER_MS = 30_000;
/** The server is asked once more when a limit has passed; not in the same moment, or its clock might not be there yet. */
const BEHIND_LIMIT_MS = 1_000;

export type Listener<Claims> = (state: SessionState<Claims>, previous: SessionState<Claims>) => void;

export interface TrackerOptions {
  readonly browser: Browser;
  readonly authPrefix: string;
  readonly warnAhead: WarnAhead;
  /** Aborted when the page, or whoever made the client, has no use for it any more. */
  readonly gone: AbortSignal;
}

/** Knows the state of the session. Only the server's word changes it, and a person's own sign-out. */
export interface SessionTracker<Claims> {
  readonly state: SessionState<Claims>;
  /** Counts the sessions there have been: a call that began in an earlier one learns nothing of this one. */
  readonly era: number;
  /** The `sub` of who is signed in, or was last; null where nobody is known. */
  readonly sub: string | null;
  /** The `sub` of everybody who has been signed in while this page was open. */
  readonly users: ReadonlySet<string>;
  subscribe(listener: Listener<Claims>): () => void;
  /** Asks the server. One question at a time, however many ask. */
  check(): Promise<SessionState<Claims>>;
  /** As `check`, but it counts as activity. */
  stayActive(): Promise<SessionState<Claims>>;
  /** A call that began in `era` met our own 401. */
  hear(problem: OwnProblem, era: number): void;
  /** It has ended, whatever is known of it. */
  end(problem: OwnProblem): void;
  /** To one of the server's own routes. Null without an answer. */
  send(method: string, path: string, body?: BodyInit): Promise<Response | null>;
  /** Where to sign in. */
  loginUrl(): string;
}

// Long: one state and all that changes it. Apart, the parts would hand its variables about, and pages would load that.
export function createSessionTracker<Claims>({ browser, authPrefix, warnAhead, gone }: TrackerOptions): SessionTracker<Claims> {
  let state: SessionState<Claims> = { status: "unknown" };
  let lastSaid = "";
  /** The latest: of whoever is signed in, or was until the session expired. */
  let heard: HeardSession<Claims> | null = null;
  const users = new Set<string>();
  let era = 0;
  /** Counts what was learned: an answer that was asked for before something else was learned is too old to say anything. */
  let turn = 0;
  let asking: Promise<SessionState<Claims>> | null = null;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  /** Of the one timer there is: whatever is learned sets it anew. */
  let cancelTimer = () => {};
  const listeners = createListeners<Parameters<Listener<Claims>>>();
  const channel = browser.openChannel(CHANNEL_NAME, () => void ask(true));
  browser.onReturn(look, gone);
  gone.addEventListener("abort", () => {
    cancelTimer();
    channel?.close();
  });

  /** @param isNews other tabs know it already. */
  function become(next: SessionState<Claims>, isNews?: boolean): void {
    const previous = state;
    const said = JSON.stringify(next, withoutServerTime);
    if (gone.aborted || said === lastSaid) return;
    lastSaid = said;
    state = next;
    const isChange = isSignedIn(next) !== isSignedIn(previous);
    // A page that has just been loaded has no news, unless it has come back from a sign-in.
    if (isChange && !isNews && (previous.status !== "unknown" || heard?.isFresh)) channel?.postMessage(CHANGED_MESSAGE);
    listeners.tell(next, previous);
  }

  function wakeAfter(delayMs: number, callback: () => void): void {
    cancelTimer();
    if (!gone.aborted && delayMs < Number.POSITIVE_INFINITY) cancelTimer = browser.after(delayMs, callback);
  }

  /** What the time that has passed makes of the session; and when it is time for something: a warning, a question behind a limit. */
  function showTime(isNews?: boolean): void {
    if (!heard) return;
    const nowMs = browser.now();
    become(stateAt(heard, nowMs), isNews);
    const moments = heard.limits.flatMap(({ endsAtMs, warnAtMs }) => [warnAtMs, endsAtMs + BEHIND_LIMIT_MS]);
    const next = Math.min(...moments.filter((atMs) => atMs > nowMs));
    wakeAfter(next - nowMs, () => {
      // A timer of more than 24.8 days goes off early.
      if (browser.now() < next) return showTime();
      // A warning does not wait for an answer that does not come.
      wakeAfter(BETWEEN_LOOKS_MS, showTime);
      // Somebody may have been active in another tab.
      void ask();
    });
  }

  /** Looks after the session on its own account: not more often than it is worth. */
  function look(): void {
    const waitMs = askedAtMs + BETWEEN_LOOKS_MS - browser.now();
    // A clock that was set back must not put it off for longer.
    if (waitMs > 0 && waitMs <= BETWEEN_LOOKS_MS) wakeAfter(waitMs, look);
    else void ask();
  }

  function hearProblem(problem: OwnProblem, isNews?: boolean): void {
    turn += 1;
    cancelTimer();
    if (problem.reason === "signed_out") heard = null;
    become(stateAfter(problem, problem.login_url ?? loginUrl(), heard?.session.user ?? null), isNews);
  }

  function loginUrl(): string {
    return "loginUrl" in state ? state.loginUrl : authPrefix + LOGIN_PATH;
  }

  function send(method: string, path: string, body: BodyInit | null = null): Promise<Response | null> {
    const headers = { accept: "application/json", [CSRF_HEADER]: "1" };
    const signal = browser.timeout(LONGEST_ANSWER_MS);
    const request = new Request(browser.origin + authPrefix + path, { method, headers, body, signal });
    return browser.fetch(request).catch(() => null);
  }

  async function askOnce(method: "GET" | "POST", isNews?: boolean): Promise<SessionState<Claims>> {
    const asked = turn;
    askedAtMs = browser.now();
    const response = await send(method, SESSION_PATH);
    const problem = response && (await problemIn(response));
    const session = response?.ok ? await sessionIn<Claims>(response) : null;
    if (asked !== turn || gone.aborted) return state;
    if (session) {
      turn += 1;
      const before = heard?.session;
      if (!isSignedIn(state) || before?.started_at !== session.started_at || before.user.sub !== session.user.sub) era += 1;
      heard = hearSession(session, warnAhead, askedAtMs);
      users.add(session.user.sub);
      showTime(isNews);
    } else if (problem && response?.status === 401) hearProblem(problem, isNews);
    // No network, an outage, a page in between: nobody has said that the session is over.
    else if (isSignedIn(state)) showTime();
    else {
      if (state.status === "unknown") become({ status: "unreachable" });
      // News of a sign-in come once, and calls wait for it. All pages together do not come in the same moment.
      wakeAfter((retryAfterMs(response) || BETWEEN_LOOKS_MS) * (1 + Math.random() / 2), look);
    }
    return state;
  }

  /** @param isNews other tabs have it; a question that is under way may know nothing of it. */
  async function ask(isNews?: boolean, method: "GET" | "POST" = "GET"): Promise<SessionState<Claims>> {
    if (gone.aborted) return state;
    // Activity is not told by a question that is under way either.
    if (asking !== null) {
      if (method === "GET" && !isNews) return asking;
      return asking.then(() => (method === "GET" && asking !== null ? asking : ask(isNews, method)));
    }
    asking = askOnce(method, isNews).finally(() => {
      asking = null;
    });
    return asking;
  }

  return {
    get state() {
      return state;
    },
    get era() {
      return era;
    },
    get sub() {
      return heard?.session.user.sub ?? null;
    },
    users,
    subscribe: listeners.add,
    check: () => ask(),
    stayActive: () => ask(false, "POST"),
    hear(problem, startedIn) {
      // What is known to have ended has its reason, and a question after a sign-in may be under way.
      if (startedIn !== era || "loginUrl" in state) return;
      hearProblem(problem);
      // It may have been asked for the news of a sign-in, and its answer is dropped now.
      if (asking !== null) void ask(true);
    },
    end: hearProblem,
    send,
    loginUrl,
  };
}

/** The body, where it is a session: a portal of some network answers everything with 200 and a page. */
async function sessionIn<Claims>(response: Response): Promise<SessionOf<Claims> | null> {
  const body = (await jsonOf(response)) as Partial<SessionOf<Claims>> | null;
  return body?.user?.sub && body.server_time ? (body as SessionOf<Claims>) : null;
}

const withoutServerTime = (name: string, value: unknown) => (name === "server_time" ? undefined : value);
