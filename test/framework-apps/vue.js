import { createSessionClient } from "cognito-bff/client";
import { createSession, useSession } from "cognito-bff/vue";
import { createApp, createSSRApp, h, ref } from "vue";
import { givenClient, query } from "./page.js";

const Note = {
  setup() {
    const text = ref("");
    return () => h("input", { id: "note", value: text.value, onInput: ({ target }) => (text.value = target.value) });
  },
};

const App = {
  setup() {
    const session = useSession();
    const { state, user } = session;
    globalThis.session = session;
    const outcome = ref("");
    const signIn = async () => {
      outcome.value = "waiting";
      outcome.value = await session.login({ mode: "popup" });
    };
    return () =>
      h("main", [
        h("p", { id: "state" }, state.value.status),
        h("button", { id: "sign-in", type: "button", onClick: signIn }, "Sign in"),
        h("p", { id: "login" }, outcome.value),
        user.value ? h(Note, { key: user.value.sub }) : h("p", { id: "fallback" }, "Nobody is here"),
      ]);
  },
};

const client = await givenClient(createSessionClient);
const app = (query.has("hydrated") ? createSSRApp : createApp)(App);
app.use(createSession({ client })).mount("#app");
globalThis.unmount = () => app.unmount();
