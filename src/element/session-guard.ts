import { createSessionClient, type SessionClient } from "../client/index.js";
import { DEFAULT_AUTH_PREFIX } from "../wire/paths.js";
import { createGuard, type Guard } from "./guard.js";
import type { OwnWords } from "./words.js";

/**
 * `<session-guard>`: a page's session, and what a person is told of it. Attributes: `auth-prefix`, `activity="pointer"`, `replay`, `wait-for-service` for
 * the client it makes; `no-fetch` leaves `window.fetch` alone; `keep-page` for apps that take away what is private by themselves. Dispatches
 * `session-change` with the state as its detail.
 */
export interface SessionGuard extends HTMLElement {
  /** The page's. Its own where none was set before it was connected. */
  client: SessionClient | null;
  /** What it says in the app's own words. */
  words: OwnWords;
}

const prefixOf = (element: HTMLElement) => (element.getAttribute("auth-prefix") ?? DEFAULT_AUTH_PREFIX).replace(/\/$/, "");

/** One for all elements of a page that bring none: a page has one session. */
let ownClient: SessionClient | null = null;

function clientFor(element: HTMLElement): SessionClient {
  ownClient ??= createSessionClient({
    authPrefix: prefixOf(element),
    replay: element.hasAttribute("replay"),
    waitForService: element.hasAttribute("wait-for-service"),
    ...(element.getAttribute("activity") === "pointer" && { activity: "pointer" }),
  });
  return ownClient;
}

/** Puts the client's in place of the page's. What asks for our own routes wants their answer, be it a 401. Returns what takes it back. */
function replaceFetch(client: SessionClient, prefix: string): () => void {
  const original = window.fetch;
  /** Whoever has wrapped it meanwhile, or the app's own client, may keep it. */
  let isOff = false;
  const replacement: typeof fetch = async (input, init) => {
    const { origin, pathname } = new URL(input instanceof Request ? input.url : input, document.baseURI);
    const isOwnRoute = origin === location.origin && pathname.startsWith(`${prefix}/`);
    return isOff || isOwnRoute ? original.call(window, input, init) : client.fetch(input, init);
  };
  window.fetch = replacement;
  return () => {
    isOff = true;
    if (window.fetch === replacement) window.fetch = original;
  };
}

/** Where there are elements: a server that renders a page has none. */
function sessionGuardClass(): CustomElementConstructor {
  return class extends HTMLElement implements SessionGuard {
    readonly #root = this.attachShadow({ mode: "open" });
    #client: SessionClient | null = null;
    #words: OwnWords = {};
    #guard: Guard | null = null;
    #giveFetchBack = () => {};

    get client() {
      return this.#client;
    }

    set client(client) {
      this.#stop();
      // The app's was made in front of it, maybe: calls would wait where nobody offers a sign-in.
      if (client && client !== ownClient && this.#client === ownClient) {
        this.#client?.dispose();
        ownClient = null;
      }
      this.#client = client;
      if (this.isConnected) this.#start();
    }

    get words() {
      return this.#words;
    }

    set words(words) {
      // Frameworks take a property away by undefined.
      this.#words = words ?? {};
      this.#guard?.render();
    }

    connectedCallback() {
      // Set before the element was known: it hides the setter.
      for (const name of ["client", "words"] as const) {
        const set = Object.getOwnPropertyDescriptor(this, name);
        if (set && Reflect.deleteProperty(this, name)) Object.assign(this, { [name]: set.value });
      }
      this.#start();
    }

    disconnectedCallback() {
      this.#stop();
    }

    #start() {
      if (this.#guard) return;
      this.#client ??= clientFor(this);
      if (!this.hasAttribute("no-fetch")) this.#giveFetchBack = replaceFetch(this.#client, prefixOf(this));
      this.#guard = createGuard(this, this.#root, this.#client);
    }

    #stop() {
      this.#giveFetchBack();
      this.#guard?.dispose();
      this.#guard = null;
    }
  };
}

const NAME = "session-guard";

/** Harmless twice. */
export function defineSessionGuard(): void {
  if (typeof customElements === "undefined" || customElements.get(NAME)) return;
  customElements.define(NAME, sessionGuardClass());
}

declare global {
  interface HTMLElementTagNameMap {
    [NAME]: SessionGuard;
  }
}
