import { createSessionClient } from "cognito-bff/client";
import { RequireSession, SessionProvider, useSession } from "cognito-bff/react";
import { createElement, Fragment, StrictMode, startTransition, useEffect, useState } from "react";
import { createRoot, hydrateRoot } from "react-dom/client";
import { givenClient, query } from "./page.js";

let ready = false;
const later = new Promise((resolve) => setTimeout(resolve, 50)).then(() => {
  ready = true;
});

function Status() {
  const session = useSession();
  const [outcome, setOutcome] = useState("");
  globalThis.session = session;
  const signIn = async () => {
    setOutcome("waiting");
    setOutcome(await session.login({ mode: "popup" }));
  };
  return createElement(
    Fragment,
    null,
    createElement("p", { id: "state" }, session.state.status),
    createElement("button", { id: "sign-in", type: "button", onClick: signIn }, "Sign in"),
    createElement("p", { id: "login" }, outcome),
  );
}

function Note() {
  const { check } = useSession();
  const [text, setText] = useState("");
  // A child's effects run ahead of its parents'.
  useEffect(() => void check(), [check]);
  return createElement("input", { id: "note", value: text, onChange: ({ target }) => setText(target.value) });
}

/** The first rendering is given up, as one that waits for data. */
function Suspending() {
  if (query.has("suspended") && !ready) throw later;
  return null;
}

function App({ client }) {
  const fallback = createElement("p", { id: "fallback" }, "Nobody is here");
  const page = createElement(RequireSession, { fallback }, createElement(Note));
  const main = createElement("main", null, createElement(Status), page, createElement(Suspending));
  return createElement(StrictMode, null, createElement(SessionProvider, { client }, main));
}

const app = createElement(App, { client: await givenClient(createSessionClient) });
const element = document.getElementById("app");
const onRecoverableError = (error) => globalThis.complaints.push(String(error));
const root = query.has("hydrated") ? hydrateRoot(element, app, { onRecoverableError }) : createRoot(element);
if (!query.has("hydrated")) startTransition(() => root.render(app));
globalThis.unmount = () => root.unmount();
