import { type AnyClaims, createSessionClient, type SessionClient, type SessionState } from "../client/index.js";

/** The client's methods in a store of Svelte's: `$session` is the state. */
export interface SessionStore<Claims = AnyClaims> extends Omit<SessionClient<Claims>, "subscribe"> {
  /** As Svelte's stores do, it calls back at once, and then with every change. Returns what ends that. */
  subscribe(run: (state: SessionState<Claims>) => void): () => void;
}

/** The session as a store. Whoever made the client disposes of it; without one the store makes its own, which its `dispose()` ends. */
export function sessionStore<Claims = AnyClaims>(client: SessionClient<Claims> = createSessionClient<Claims>()): SessionStore<Claims> {
  return {
    ...client,
    get waitingCalls() {
      return client.waitingCalls;
    },
    subscribe(run) {
      run(client.session());
      return client.subscribe((state) => run(state));
    },
  };
}
