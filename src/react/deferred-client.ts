import {
  type Answered,
  createSessionClient,
  type RecoverOptions,
  type RepeatedOptions,
  type SessionClient,
  type SessionClientOptions,
  type SessionEndedError,
  type SessionState,
} from "../client/index.js";

/** What is known before anybody has asked; the same object, for useSyncExternalStore. */
export const UNKNOWN = { status: "unknown" } as const satisfies SessionState;

export interface DeferredClient {
  readonly client: SessionClient;
  /** Makes the client, where that was not done yet. Returns what disposes of it. */
  open(): () => void;
}

/**
 * A client that is made when it is first needed. React renders more often than it shows anything (StrictMode, renderings that are given up), and a
 * client asks the server and listens to other tabs: rendering alone must not make one.
 */
export function deferClient(options?: SessionClientOptions): DeferredClient {
  let made: SessionClient | null = null;
  let isClosed = false;
  const get = () => {
    made ??= createSessionClient(options);
    return made;
  };
  function recover(answer: Response | Answered, options: RepeatedOptions): Promise<SessionEndedError | null>;
  function recover(answer: Response | Answered, options?: RecoverOptions): Promise<"retry" | SessionEndedError | null>;
  function recover(answer: Response | Answered, options?: RecoverOptions) {
    return get().recover(answer, options);
  }
  const client: SessionClient = {
    fetch: (input, init) => get().fetch(input, init),
    recover,
    session: () => made?.session() ?? UNKNOWN,
    subscribe: (listener) => get().subscribe(listener),
    check: () => get().check(),
    stayActive: () => get().stayActive(),
    login: (wanted) => get().login(wanted),
    cancelLogin: () => get().cancelLogin(),
    logout: (wanted) => get().logout(wanted),
    get waitingCalls() {
      return made?.waitingCalls ?? 0;
    },
    onWaiting: (listener) => get().onWaiting(listener),
    saveDraft: (key, data) => get().saveDraft(key, data),
    takeDraft: (key) => get().takeDraft(key),
    dropDraft: (key) => get().dropDraft(key),
    keepDraft: (form, key) => get().keepDraft(form, key),
    sessionSocket: (url, protocols) => get().sessionSocket(url, protocols),
    sessionEvents: (url) => get().sessionEvents(url),
    dispose: () => made?.dispose(),
  };
  return {
    client,
    open() {
      if (isClosed) made = null;
      isClosed = false;
      const opened = get();
      return () => {
        // Whatever is called from now on meets the disposed one, and opens nothing that nobody would close.
        isClosed = true;
        opened.dispose();
      };
    },
  };
}
