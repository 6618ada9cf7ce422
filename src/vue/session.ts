import {
  type App,
  type ComputedRef,
  computed,
  getCurrentInstance,
  type InjectionKey,
  inject,
  onMounted,
  onScopeDispose,
  type ShallowRef,
  shallowRef,
} from "vue";
import {
  type AnyClaims,
  createSessionClient,
  type SessionClient,
  type SessionClientOptions,
  type SessionState,
  type SessionUser,
} from "../client/index.js";
import { userOf } from "../client/session-state.js";

/** What `createSession` takes. */
export interface SessionPluginOptions extends SessionClientOptions {
  /** Of the app's own making: whoever made it disposes of it, and the other options are its own. Without one the plugin makes its own. */
  readonly client?: SessionClient<unknown> | undefined;
}

/** For `app.use`. */
export interface SessionPlugin {
  install(app: App): void;
}

/** The client's methods, and what is known at present. */
export interface UseSessionResult<Claims = AnyClaims> extends SessionClient<Claims> {
  readonly state: Readonly<ShallowRef<SessionState<Claims>>>;
  /** Whose page this is: who is signed in, or was until the session expired; null where that is nobody. What hangs on it stays when a session expires. */
  readonly user: ComputedRef<SessionUser<Claims> | null>;
}

const CLIENT: InjectionKey<SessionClient<unknown>> = Symbol("cognito-bff");

/** Gives the session to all components of an app. */
export function createSession({ client, ...options }: SessionPluginOptions = {}): SessionPlugin {
  return {
    install(app) {
      const used = client ?? createSessionClient(options);
      app.provide(CLIENT, used);
      if (client === undefined) app.onUnmount(used.dispose);
    },
  };
}

/** The session, as a component or any other scope sees it, until that scope ends. On a server, and while its page is hydrated, the state is `unknown`. */
export function useSession<Claims = AnyClaims>(): UseSessionResult<Claims> {
  // Whoever names the claims vouches for them: they are what the pool puts into its ID tokens.
  const client = inject(CLIENT, null) as SessionClient<Claims> | null;
  if (client === null) throw new Error("useSession needs app.use(createSession()) before it");
  // Vue gives a component its element before its setup where it hydrates what a server has rendered.
  const hydrates = Boolean(getCurrentInstance()?.vnode.el);
  const state = shallowRef<SessionState<Claims>>(hydrates ? { status: "unknown" } : client.session());
  const show = () => {
    state.value = client.session();
  };
  if (hydrates) onMounted(show);
  // A server ends no scopes, and nothing changes there.
  if (globalThis.window) onScopeDispose(client.subscribe(show));
  return {
    ...client,
    get waitingCalls() {
      return client.waitingCalls;
    },
    state,
    user: computed(() => userOf(state.value)),
  };
}
