import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useInsertionEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from "react";
import type { AnyClaims, SessionClient, SessionClientOptions, SessionState, SessionUser } from "../client/index.js";
import { userOf } from "../client/session-state.js";
import { deferClient, UNKNOWN } from "./deferred-client.js";

/** The properties of `SessionProvider`. */
export interface SessionProviderProps {
  /** Of the app's own making: whoever made it disposes of it. Without one the provider makes its own. */
  readonly client?: SessionClient<unknown> | undefined;
  /** Of the provider's own client, read when that is made. */
  readonly options?: SessionClientOptions | undefined;
  readonly children?: ReactNode;
}

/** The client's methods, and what is known at present. */
export interface UseSessionResult<Claims = AnyClaims> extends SessionClient<Claims> {
  readonly state: SessionState<Claims>;
  /** Whose page this is: who is signed in, or was until the session expired; null where that is nobody. What hangs on it stays when a session expires. */
  readonly user: SessionUser<Claims> | null;
}

const ClientContext = createContext<SessionClient<unknown> | null>(null);

/** Gives the session to all that is rendered below it. */
export function SessionProvider({ client, options, children }: SessionProviderProps): ReactElement {
  const [own] = useState(() => deferClient(options));
  // The one effect that StrictMode does not run twice, that runs ahead of all effects below, and that ends when the provider goes for good.
  useInsertionEffect(() => (client === undefined ? own.open() : undefined), [client, own]);
  return createElement(ClientContext.Provider, { value: client ?? own.client }, children);
}

/** The session, as a component sees it: it is rendered again with every change. On a server, and while its page is hydrated, the state is `unknown`. */
export function useSession<Claims = AnyClaims>(): UseSessionResult<Claims> {
  // Whoever names the claims vouches for them: they are what the pool puts into its ID tokens.
  const client = useContext(ClientContext) as SessionClient<Claims> | null;
  if (client === null) throw new Error("useSession needs a <SessionProvider> above it");
  const state = useSyncExternalStore(client.subscribe, client.session, () => UNKNOWN);
  return useMemo(() => {
    return {
      ...client,
      get waitingCalls() {
        return client.waitingCalls;
      },
      state,
      user: userOf(state),
    };
  }, [client, state]);
}
