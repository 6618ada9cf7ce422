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
  /** Calls back when the page is looked at again, is online again, or comes back out of the back-forward cache. */
  onReturn(callback: () => void): () => void;
  /** Calls back when the person does something. */
  onActivity(callback: () => void): () => void;
  openChannel(name: string, hear: (message: unknown) => void): { post(message: unknown): void; close(): void };
  readonly storage: Pick<Storage, "getItem" | "setItem"> | null;
  /** Opens a window of its own; false where the browser blocks it. */
  popup(url: string): boolean;
  leaveFor(url: string): void;
}

/** setTimeout takes anything longer (24.8 days) for nothing at all. */
const LONGEST_TIMER_MS = 2_147_483_647;
const POPUP_FEATURES = "popup,width=480,height=720";

/** All of them arrive at the window. */
function listen(page: Window, types: readonly string[], callback: (event: Event) => void): () => void {
  for (const type of types) page.addEventListener(type, callback, { passive: true });
  return () => {
    for (const type of types) page.removeEventListener(type, callback);
  };
}

function sessionStorageOf(page: Window): Storage | null {
  try {
    return page.sessionStorage;
  } catch {
    // Where the person forbids it.
    return null;
  }
}

const nothing = () => {};
const never = () => nothing;
const NO_CHANNEL = { post: nothing, close: nothing };

/** Where no page is, as on a server that renders one: nothing is asked, and nothing happens by itself. */
const NOWHERE: Browser = {
  origin: "http://localhost",
  base: () => "http://localhost",
  here: () => "/",
  fetch: () => Promise.reject(),
  now: Date.now,
  after: never,
  onReturn: never,
  onActivity: never,
  openChannel: () => NO_CHANNEL,
  storage: null,
  popup: () => false,
  leaveFor: nothing,
};

/** The page's own. */
export function browserOf(page: (Window & typeof globalThis) | undefined): Browser {
  if (page === undefined) return NOWHERE;
  const { document, location } = page;
  return {
    origin: location.origin,
    base: () => document.baseURI,
    here: () => location.pathname + location.search + location.hash,
    // The one that was there first: <session-guard> puts the client's own in its place.
    fetch: page.fetch.bind(page),
    now: Date.now,
    after(delayMs, callback) {
      const timer = setTimeout(callback, Math.min(delayMs, LONGEST_TIMER_MS));
      return () => clearTimeout(timer);
    },
    onReturn: (callback) =>
      listen(page, ["visibilitychange", "online", "pageshow"], (event) => {
        const isFirstShow = event.type === "pageshow" && !(event as PageTransitionEvent).persisted;
        if (!isFirstShow && !document.hidden) callback();
      }),
    onActivity: (callback) => listen(page, ["pointerdown", "keydown"], callback),
    openChannel(name, hear) {
      // Safari has it since 15.4; without it tabs learn by their own calls.
      if (page.BroadcastChannel === undefined) return NO_CHANNEL;
      const channel = new page.BroadcastChannel(name);
      channel.onmessage = ({ data }) => hear(data);
      return { post: (message) => channel.postMessage(message), close: () => channel.close() };
    },
    storage: sessionStorageOf(page),
    popup(url) {
      const opened = page.open(url, "bff-sign-in", POPUP_FEATURES);
      try {
        // Sign-in pages without a Cross-Origin-Opener-Policy could lead this page elsewhere.
        if (opened) opened.opener = null;
      } catch {
        // It was open already, and is on such a page.
      }
      return opened !== null;
    },
    leaveFor: (url) => location.assign(url),
  };
}
