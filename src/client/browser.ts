/** What a page gives the client, in one place: tests bring their own, and without a window there is nothing but silence. */
export interface Browser {
  readonly origin: string;
  /** What relative addresses are relative to. */
  base(): string;
  /** Path and query of the page. */
  here(): string;
  fetch(request: Request): Promise<Response>;
  /** Milliseconds since 1970. */
  now(): number;
  after(delayMs: number, callback: () => void): () => void;
  /** Aborted when the time has passed; where there is such a thing. */
  timeout(delayMs: number): AbortSignal;
  /** Calls back when the page is looked at again, is online again, or comes back out of the back-forward cache; until the signal is aborted. */
  onReturn(callback: () => void, signal: AbortSignal): void;
  /** Calls back when the person does something; until the signal is aborted. */
  onActivity(callback: () => void, signal: AbortSignal): void;
  /** Null where the browser has none. */
  openChannel(name: string, hear: () => void): Pick<BroadcastChannel, "postMessage" | "close"> | null;
  /** Throws where the person forbids it. */
  readonly storage: Pick<Storage, "getItem" | "setItem"> | undefined;
  /** Opens a window of its own; false where the browser blocks it. */
  popup(url: string): boolean;
  leaveFor(url: string): void;
}

/** setTimeout takes anything longer (24.8 days) for nothing at all. */
const LONGEST_TIMER_MS = 2_147_483_647;
const POPUP_FEATURES = "popup,width=480,height=720";

/** The page's own. Where no page is, as on a server that renders one, there is nobody to ask, and nothing happens by itself. */
export function browserOf(page: (Window & typeof globalThis) | undefined): Browser {
  const location = page?.location ?? new URL("http://localhost");

  /** All of them arrive at the window. */
  function listen(types: readonly string[], callback: (event: Event) => void, signal: AbortSignal): void {
    for (const type of types) page?.addEventListener(type, callback, { passive: true, signal });
  }

  return {
    origin: location.origin,
    base: () => page?.document.baseURI ?? location.href,
    here: () => location.pathname + location.search + location.hash,
    // The one that was there first: <session-guard> puts the client's own in its place.
    fetch: page?.fetch.bind(page) ?? (() => Promise.reject()),
    // Whichever is later: one clock may be set back, the other stands still in some browsers while the machine sleeps.
    now: () => Math.max(Date.now(), performance.timeOrigin + performance.now()),
    after(delayMs, callback) {
      const timer = setTimeout(callback, Math.min(delayMs, LONGEST_TIMER_MS));
      return () => clearTimeout(timer);
    },
    // Safari has it since 16; without it an answer is waited for as long as the browser does.
    timeout: (delayMs) => AbortSignal.timeout?.(delayMs),
    onReturn(callback, signal) {
      const hear = (event: Event) => {
        const isFirstShow = event.type === "pageshow" && !(event as PageTransitionEvent).persisted;
        if (!isFirstShow && !page?.document.hidden) callback();
      };
      listen(["visibilitychange", "online", "pageshow"], hear, signal);
    },
    onActivity: (callback, signal) => listen(["pointerdown", "keydown"], callback, signal),
    openChannel(name, hear) {
      // Safari has it since 15.4; without it tabs learn by their own calls.
      const channel = page?.BroadcastChannel ? new page.BroadcastChannel(name) : null;
      if (channel) channel.onmessage = hear;
      return channel;
    },
    get storage() {
      return page?.sessionStorage;
    },
    popup(url) {
      const opened = page?.open(url, "bff-sign-in", POPUP_FEATURES);
      try {
        // Sign-in pages without a Cross-Origin-Opener-Policy could lead this page elsewhere.
        if (opened) opened.opener = null;
      } catch {
        // It was open already, and is on such a page.
      }
      return Boolean(opened);
    },
    leaveFor: (url) => page?.location.assign(url),
  };
}
