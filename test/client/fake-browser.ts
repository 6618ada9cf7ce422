import type { Browser } from "../../src/client/browser.js";
import type { ProblemDocument, SessionDocument } from "../../src/wire/shapes.js";
import { createManualClock, type ManualClock } from "../support/manual-clock.js";

export const ORIGIN = "https://app.example.com";

/** A call that is under way at the server. */
export interface Asked {
  readonly request: Request;
  answer(response: Response): void;
  fail(): void;
}

/** All tabs of a browser: one clock, one channel, one server. */
export class FakeTabs {
  readonly clock: ManualClock;
  readonly #hearing = new Map<symbol, () => void>();
  /** In the order in which they were sent. */
  readonly asked: Asked[] = [];
  /** Answers at once, where there is something to say. */
  server: ((request: Request) => Response | null) | null = null;

  constructor(startMs?: number) {
    this.clock = createManualClock(startMs);
  }

  openTab(): FakeTab {
    return new FakeTab(this, this.#hearing);
  }

  /** The oldest call that nobody has answered; throws without one. */
  next(path?: string): Asked {
    const index = this.asked.findIndex(({ request }) => path === undefined || new URL(request.url).pathname === path);
    const [asked] = index < 0 ? [] : this.asked.splice(index, 1);
    if (!asked) throw new Error(`nobody has asked for ${path ?? "anything"}`);
    return asked;
  }

  fetch(request: Request): Promise<Response> {
    const answer = this.server?.(request);
    if (answer) return Promise.resolve(answer);
    return new Promise((resolve, reject) => {
      const asked = { request, answer: resolve, fail: () => reject(new TypeError("Failed to fetch")) };
      this.asked.push(asked);
      const abort = () => {
        const index = this.asked.indexOf(asked);
        if (index >= 0) this.asked.splice(index, 1);
        reject(request.signal.reason);
      };
      if (request.signal.aborted) abort();
      request.signal.addEventListener("abort", abort);
    });
  }
}

export class FakeTab implements Browser {
  readonly origin = ORIGIN;
  readonly #tabs: FakeTabs;
  readonly #hearing: Map<symbol, () => void>;
  readonly #stored = new Map<string, string>();
  readonly #returning = new Set<() => void>();
  readonly #acting = new Set<() => void>();
  /** Of the request that is about to be sent: a clock without timers that nobody waits for. */
  #cancelTimeout = () => {};
  readonly popups: string[] = [];
  readonly leftFor: string[] = [];
  readonly sent: unknown[] = [];
  blocksPopups = false;

  constructor(tabs: FakeTabs, hearing: Map<symbol, () => void>) {
    this.#tabs = tabs;
    this.#hearing = hearing;
  }

  base = () => `${ORIGIN}/checkout`;
  here = () => "/checkout?step=2#pay";
  fetch = (request: Request) => {
    const cancel = this.#cancelTimeout;
    this.#cancelTimeout = () => {};
    return this.#tabs.fetch(request).finally(cancel);
  };
  now = () => this.#tabs.clock.now();
  /** No longer than a page can. */
  after = (delayMs: number, callback: () => void) => this.#tabs.clock.after(Math.min(delayMs, 2_147_483_647), callback);

  timeout = (delayMs: number): AbortSignal => {
    const control = new AbortController();
    this.#cancelTimeout = this.#tabs.clock.after(delayMs, () => control.abort(new DOMException("too late", "TimeoutError")));
    return control.signal;
  };

  onReturn = (callback: () => void, signal: AbortSignal) => {
    this.#returning.add(callback);
    signal.addEventListener("abort", () => this.#returning.delete(callback));
  };

  onActivity = (callback: () => void, signal: AbortSignal) => {
    this.#acting.add(callback);
    signal.addEventListener("abort", () => this.#acting.delete(callback));
  };

  openChannel = (_name: string, hear: () => void) => {
    const self = Symbol();
    this.#hearing.set(self, hear);
    return {
      postMessage: (message: unknown) => {
        if (!this.#hearing.has(self)) throw new DOMException("The channel is closed", "InvalidStateError");
        this.sent.push(message);
        for (const [other, listener] of [...this.#hearing]) if (other !== self) listener();
      },
      close: () => void this.#hearing.delete(self),
    };
  };

  readonly storage = storageOf(this.#stored);

  popup = (url: string) => {
    if (this.blocksPopups) return false;
    this.popups.push(url);
    return true;
  };

  leaveFor = (url: string) => void this.leftFor.push(url);

  /** The person looks at the page again. */
  comeBack(): void {
    for (const callback of [...this.#returning]) callback();
  }

  /** The person does something. */
  act(): void {
    for (const callback of [...this.#acting]) callback();
  }
}

function storageOf(stored: Map<string, string>): Browser["storage"] {
  return {
    getItem: (name) => stored.get(name) ?? null,
    setItem: (name, value) => void stored.set(name, value),
  };
}

export interface SessionDetails {
  readonly sub?: string;
  readonly startedAtMs?: number;
  readonly idleEndsInMs?: number | null;
  readonly sessionEndsInMs?: number | null;
}

/** What `GET /auth/session` answers at a moment of the server's clock. */
export function sessionDocument(nowMs: number, details: SessionDetails = {}): SessionDocument {
  const { sub = "ada", startedAtMs = 0, idleEndsInMs = null, sessionEndsInMs = null } = details;
  const iso = (ms: number) => new Date(ms).toISOString();
  return {
    user: { sub, username: sub, email: `${sub}@example.com`, groups: [], claims: {} },
    server_time: iso(nowMs),
    started_at: iso(startedAtMs),
    token_expires_at: iso(nowMs + 3_600_000),
    idle_ends_at: idleEndsInMs === null ? null : iso(nowMs + idleEndsInMs),
    session_ends_at: sessionEndsInMs === null ? null : iso(nowMs + sessionEndsInMs),
  };
}

export const sessionAnswer = (nowMs: number, details: SessionDetails = {}): Response => Response.json(sessionDocument(nowMs, details));

/** A problem of ours, as the server writes it. */
export function problemAnswer(
  status: number,
  problem: Pick<ProblemDocument, "reason"> & Partial<ProblemDocument>,
  headers: Record<string, string> = {},
): Response {
  const body = { status, login_url: "/auth/login", ...problem };
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json", "bff-problem": problem.reason, ...headers },
  });
}

export const expired = () => problemAnswer(401, { reason: "expired", cause: "refresh_token_expired" });
