import { type AnyClaims, createSessionClient, type SessionClient, type SessionState, type SessionUser } from "../client/index.js";
import { userOf } from "../client/session-state.js";

/** As Svelte's stores do, it calls back at once, and then with every change. What it returns ends that. */
export interface SessionReadable<T> {
  subscribe(run: (value: T) => void): () => void;
}

/** The client's methods in a store of Svelte's: `$session` is the state. */
export interface SessionStore<Claims = AnyClaims> extends Omit<SessionClient<Claims>, "subscribe">, SessionReadable<SessionState<Claims>> {
  /** Whose page this is: who is signed in, or was until the session expired; null where that is nobody. What hangs on it stays when a session expires. */
  readonly user: SessionReadable<SessionUser<Claims> | null>;
}

/** The session as a store. Whoever made the client disposes of it; without one the store makes its own, which its `dispose()` ends. */
export function sessionStore<Claims = AnyClaims>(client: SessionClient<Claims> = createSessionClient<Claims>()): SessionStore<Claims> {
  const readable = <T>(read: (state: SessionState<Claims>) => T): SessionReadable<T> => ({
    subscribe(run) {
      run(read(client.session()));
      return client.subscribe((state) => run(read(state)));
    },
  });
  return {
    ...client,
    get waitingCalls() {
      return client.waitingCalls;
    },
    ...readable((state) => state),
    user: readable(userOf),
  };
}
