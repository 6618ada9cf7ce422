import { CHANGED_MESSAGE, CHANNEL_NAME } from "../wire/channel.js";
import { CSRF_HEADER } from "../wire/headers.js";
import { LOGIN_PATH, SESSION_PATH } from "../wire/paths.js";
import type { SessionDocument } from "../wire/shapes.js";
import type { Browser } from "./browser.js";
import { type OwnProblem, problemIn, retryAfterMs } from "./problem.js";
import {
  type HeardSession,
  isSignedIn,
  limitsOf,
  type SessionOf,
  type SessionState,
  type SessionUser,
  saysTheSame,
  stateAfter,
  stateAt,
  type WarnAhead,
} from "./session-state.js";

/** Between two looks that nobody asked for. */
const BETWEEN_LOOKS_MS = 5_000;
/** The server is asked once more when a limit has passed; not in the same moment, or its clock might not be there yet. */
const BEHIND_LIMIT_MS = 1_000;

export type Listener<Claims> = (state: SessionState<Claims>, previous: SessionState<Claims>) => void;

export interface TrackerOptions {
  readonly browser: Browser;
  readonly authPrefix: string;
  readonly warnAhead: WarnAhead;
}

/** Knows the state of the session. Only the server's word changes it, and a person's own sign-out. */
export interface SessionTracker<Claims> {
  readonly state: SessionState<Claims>;
  /** Counts the sessions there have been: a call that began in an earlier one learns nothing of this one. */
  readonly era: number;
  /** Who is signed in, or was last. */
  readonly user: SessionUser<Claims> | null;
  /** The `sub` of everybody who has been signed in while this page was open. */
  readonly users: ReadonlySet<string>;
  subscribe(listener: Listener<Claims>): () => void;
  /** Asks the server. One question at a time, however many ask. */
  check(): Promise<SessionState<Claims>>;
  /** As `check`, but it counts as activity. */
  stayActive(): Promise<SessionState<Claims>>;
  /** A call that began in `era` met our own 401. */
  hear(problem: OwnProblem, era: number): void;
  /** The person has signed out on this page. */
  signedOut(): void;
  request(method: string, path: string, body?: BodyInit): Request;
  /** Where to sign in. */
  loginUrl(): string;
  dispose(): void;
}

// Long: one state and all that changes it. Apart, the parts would hand its variables about, and pages would load that.
export function createSessionTracker<Claims>({ browser, authPrefix, warnAhead }: TrackerOptions): SessionTracker<Claims> {
  let state: SessionState<Claims> = { status: "unknown" };
  let heard: HeardSession<Claims> | null = null;
  let user: SessionUser<Claims> | null = null;
  const users = new Set<string>();
  let era = 0;
  /** Counts what was learned: an answer that was asked for before something else was learned is too old to say anything. */
  let turn = 0;
  let asking: Promise<SessionState<Claims>> | null = null;
  let askingNext: Promise<SessionState<Claims>> | null = null;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let isDisposed = false;
  let cancelTimer = () => {};
  let cancelLook = () => {};
  const listeners = new Set<Listener<Claims>>();
  const channel = browser.openChannel(CHANNEL_NAME, () => void askAnew());
  const stopWatching = browser.onReturn(look);

  function become(next: SessionState<Claims>, isToldToTabs: boolean): void {
    const previous = state;
    if (isDisposed || saysTheSame(next, previous)) return;
    state = next;
    if (isToldToTabs && previous.status !== "unknown" && isSignedIn(next) !== isSignedIn(previous)) channel.post(CHANGED_MESSAGE);
    for (const listener of [...listeners]) {
      try {
        listener(next, previous);
      } catch (error) {
        // The app's slip is the app's: calls wait for what comes next.
        reportError(error);
      }
    }
  }

  /** The time has come for something: a warning, a question behind a limit. */
  function plan(): void {
    cancelTimer();
    if (!heard || isDisposed) return;
    const nowMs = browser.now();
    const moments = limitsOf(heard, warnAhead).flatMap(({ endsAtMs, warnAtMs }) => [warnAtMs, endsAtMs + BEHIND_LIMIT_MS]);
    const next = Math.min(...moments.filter((atMs) => atMs > nowMs));
    if (next === Number.POSITIVE_INFINITY) return;
    cancelTimer = browser.after(next - nowMs, () => {
      // A timer of more than 24.8 days goes off early, and one that slept late.
      const isDue = browser.now() >= next;
      plan();
      // Somebody may have been active in another tab.
      if (isDue) void ask("GET", true).then(showTime);
    });
  }

  /** What the time that has passed makes of a session. */
  function showTime(): void {
    if (heard && isSignedIn(state)) become(stateAt(heard, warnAhead, browser.now()), false);
  }

  /** Looks after the session on its own account: not more often than it is worth. */
  function look(): void {
    cancelLook();
    const waitMs = lookedAtMs + BETWEEN_LOOKS_MS - browser.now();
    // A clock that was set back must not put it off for longer.
    if (waitMs > 0 && waitMs <= BETWEEN_LOOKS_MS) cancelLook = browser.after(waitMs, look);
    else void ask("GET", true).then(showTime);
  }

  /** @param askedAtMs the answer is not older: limits are rather seen too near than too far. */
  function hearSession(document: SessionDocument, askedAtMs: number, isToldToTabs: boolean): void {
    const session = document as unknown as SessionOf<Claims>;
    const before = heard?.session;
    turn += 1;
    if (!isSignedIn(state) || before?.started_at !== session.started_at || before.user.sub !== session.user.sub) era += 1;
    heard = { session, aheadMs: Date.parse(document.server_time) - askedAtMs };
    user = session.user;
    users.add(user.sub);
    become(stateAt(heard, warnAhead, browser.now()), isToldToTabs);
    plan();
  }

  function hearProblem(problem: OwnProblem, isToldToTabs: boolean): void {
    turn += 1;
    heard = null;
    cancelTimer();
    if (problem.reason === "signed_out") user = null;
    become(stateAfter(problem, problem.login_url ?? loginUrl(), user), isToldToTabs);
  }

  function loginUrl(): string {
    return "loginUrl" in state ? state.loginUrl : authPrefix + LOGIN_PATH;
  }

  function request(method: string, path: string, body?: BodyInit): Request {
    const headers = { accept: "application/json", [CSRF_HEADER]: "1" };
    return new Request(browser.origin + authPrefix + path, { method, headers, cache: "no-store", body: body ?? null });
  }

  async function askOnce(method: "GET" | "POST", isToldToTabs: boolean): Promise<SessionState<Claims>> {
    const asked = turn;
    const askedAtMs = browser.now();
    lookedAtMs = askedAtMs;
    const response = await browser.fetch(request(method, SESSION_PATH)).catch(() => null);
    const problem = response && (await problemIn(response));
    const document = response?.ok && !problem ? await sessionIn(response) : null;
    if (asked !== turn || isDisposed) return state;
    if (document) hearSession(document, askedAtMs, isToldToTabs);
    else if (problem && response?.status === 401) hearProblem(problem, isToldToTabs);
    else hearNothing(response);
    return state;
  }

  /** No network, an outage, a page in between: nobody has said that the session is over. */
  function hearNothing(response: Response | null): void {
    if (state.status === "unknown") become({ status: "unreachable" }, false);
    if (isSignedIn(state)) return;
    // News of a sign-in come once, and calls wait for it.
    cancelTimer();
    cancelTimer = browser.after((response && retryAfterMs(response)) ?? BETWEEN_LOOKS_MS, look);
  }

  /** For news that an answer under way may know nothing of. */
  function askAnew(): Promise<SessionState<Claims>> {
    if (!asking) return ask("GET", false);
    askingNext ??= asking.then(() => {
      askingNext = null;
      return ask("GET", false);
    });
    return askingNext;
  }

  function ask(method: "GET" | "POST", isToldToTabs: boolean): Promise<SessionState<Claims>> {
    if (isDisposed) return Promise.resolve(state);
    // Activity is not told by a question that is under way already.
    if (asking) return method === "GET" ? asking : asking.then(() => ask(method, isToldToTabs));
    const answer = askOnce(method, isToldToTabs).finally(() => {
      asking = null;
    });
    asking = answer;
    return answer;
  }

  return {
    get state() {
      return state;
    },
    get era() {
      return era;
    },
    get user() {
      return user;
    },
    users,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    check: () => ask("GET", true),
    stayActive: () => ask("POST", true),
    hear(problem, startedIn) {
      // What is known to have ended has its reason, and a question after a sign-in may be under way.
      if (startedIn !== era || "loginUrl" in state) return;
      hearProblem(problem, true);
      // It may have been asked for the news of a sign-in, and its answer is dropped now.
      if (asking) void askAnew();
    },
    signedOut() {
      hearProblem({ reason: "signed_out", cause: "logout" }, true);
    },
    request,
    loginUrl,
    dispose() {
      isDisposed = true;
      cancelTimer();
      cancelLook();
      stopWatching();
      channel.close();
      listeners.clear();
    },
  };
}

/** The body, where it is a session: a portal of some network answers everything with 200 and a page. */
async function sessionIn(response: Response): Promise<SessionDocument | null> {
  const body = (await response.json().catch(() => null)) as Partial<SessionDocument> | null;
  return typeof body?.user?.sub === "string" && typeof body.server_time === "string" ? (body as SessionDocument) : null;
}
