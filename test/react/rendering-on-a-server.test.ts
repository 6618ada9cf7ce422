import { createElement, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import t from "tap";
import { createSessionClientIn } from "../../src/client/session-client.js";
import { RequireSession, SessionProvider, type UseSessionResult, useSession } from "../../src/react/index.js";
import { FakeTabs, sessionAnswer } from "../client/fake-browser.js";

const seen: UseSessionResult[] = [];

function Status(): ReactNode {
  const session = useSession();
  seen.push(session);
  return session.state.status;
}

const page = createElement(RequireSession, { fallback: createElement(Status) }, "private");

t.test("a server renders the fallback, without a window and without asking anybody", (t) => {
  t.equal(renderToString(createElement(SessionProvider, null, page)), "unknown");
  t.end();
});

t.test("what a client knows already is not rendered before the page is hydrated, or the two would differ", async (t) => {
  const tabs = new FakeTabs();
  const client = createSessionClientIn(tabs.openTab(), {});
  const checked = client.check();
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now()));
  await checked;
  t.equal(client.session().status, "active");
  t.equal(renderToString(createElement(SessionProvider, { client }, page)), "unknown");
});

t.test("the methods can be called on a server, too: nobody is signed in there, and nothing is asked", async (t) => {
  renderToString(createElement(SessionProvider, null, createElement(Status)));
  const session = seen.at(-1);
  t.same(await session?.check(), { status: "unknown" });
  t.same([session?.waitingCalls, session?.user], [0, null]);
  t.equal(session?.saveDraft("checkout", {}), false);
});

t.test("useSession without a provider says what is missing", (t) => {
  t.throws(() => renderToString(createElement(Status)), /<SessionProvider>/);
  t.end();
});
