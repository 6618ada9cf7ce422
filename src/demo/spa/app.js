import { createSessionClient } from "/auth/client.js";
import { startBackstage } from "./backstage.js";
import { orderItems, showBasket } from "./basket.js";
import { answerOf, calls } from "./calls.js";
import { startDevices } from "./devices.js";
import { hideNotice, isWaiting, showGoodNews, showTrouble } from "./notice.js";
import { ENDINGS, gateWords } from "./words.js";

const DRAFT = "order";

const find = (id) => document.getElementById(id);
const form = find("order-form");
const client = createSessionClient();
// It asks to sign in when that is needed.
Object.assign(document.querySelector("session-guard"), { client, words: ENDINGS });

/** Whose form is on the page; null while nothing private is shown. */
let person = null;
let placing = false;
let leaving = false;
/** Whether the server has spoken since the page was shown. */
let confirmed = true;

showBasket();
client.subscribe(show);
calls.addEventListener("call", ({ detail }) => heard(detail));
form.addEventListener("input", () => client.saveDraft(DRAFT, fields()));
form.addEventListener("submit", placeOrder);
for (const id of ["sign-in", "sign-in-top"]) onSignIn(id, () => client.login());
onSignIn("sign-in-form", signInAgain);
find("sign-out").addEventListener("click", signOut);
find("order-again").addEventListener("click", () => showOnly("checkout"));

// The back button may bring back a page from before a sign-out: nothing private shows until the server has spoken.
window.addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  leaving = false;
  confirmed = false;
  show();
  void client.check();
});

void startBackstage(client).then((demo) => demo?.lists_sessions && startDevices(client));

/** Who is signed in; null where nobody is, or nobody knows. */
function user() {
  return client.session().session?.user ?? null;
}

/** The session has changed: the page follows. */
function show() {
  const state = client.session();
  const known = confirmed && !leaving && state.status !== "unknown" && state.status !== "unreachable";
  const signedIn = known && user() !== null;
  if (!known) showNothingPrivate("checking");
  else if (signedIn) showSignedIn(user());
  else showEnded(endingOf(state));
  find("account-name").textContent = signedIn ? (user().email ?? user().username) : "";
  find("sign-out").hidden = !signedIn;
  find("sign-in-top").hidden = signedIn || !known;
  find("place-order").hidden = !signedIn;
  find("sign-in-form").hidden = signedIn;
}

/** Why there is no session. */
function endingOf({ status, reason = status, cause }) {
  return { reason, cause };
}

function showSignedIn({ sub }) {
  if (sub === person) return;
  form.reset();
  person = sub;
  const draft = client.takeDraft(DRAFT);
  if (draft) {
    for (const [name, value] of Object.entries(draft)) form.elements.namedItem(name).value = value;
    client.saveDraft(DRAFT, draft);
    showGoodNews("Welcome back. Everything you typed is still here.");
  }
  showOnly("checkout");
}

function showEnded(ending) {
  const interrupted = person !== null;
  // Ended on purpose: the next one at this screen must not read what was typed.
  if (ending.reason === "signed_out") form.reset();
  hideNotice();
  // Ended against the person's will: the form stays in sight.
  if (interrupted && (ending.reason === "expired" || ending.reason === "invalid")) return;
  if (ending.reason !== "anonymous") find("signed-out-why").textContent = gateWords(ending);
  showNothingPrivate("signed-out");
}

function showNothingPrivate(section) {
  person = null;
  form.reset();
  showOnly(section);
}

function showOnly(section) {
  for (const id of ["checking", "signed-out", "checkout", "ordered"]) find(id).hidden = id !== section;
}

/** In a window of its own, so that this page stays as it is; on this page where the browser opens none. */
async function signInAgain() {
  if ((await client.login({ mode: "popup" })) === "blocked") await client.login();
}

/** What is a link without a script. */
function onSignIn(id, signIn) {
  find(id).addEventListener("click", (event) => {
    event.preventDefault();
    void signIn();
  });
}

/** Every answer of every call comes by here, so that trouble and its end are said in one place. */
function heard({ method, path, answer }) {
  // The list says for itself what became of it.
  if (path.startsWith("/auth/sessions")) return;
  if (!confirmed && path === "/auth/session" && (answer.kind === "ok" || answer.kind === "ended")) {
    confirmed = true;
    // The same question, whose answer the client is about to read.
    void client.check().then(show);
  }
  if (answer.kind === "ended") hideNotice();
  else if (answer.kind !== "ok") showTrouble(answer, { lead: lead(method, path, answer), retry: () => client.check() });
  else if (isWaiting()) showGoodNews("All is well again. You can go on.");
}

function lead(method, path, answer) {
  if (method === "GET") return "";
  if (path === "/auth/logout") return "You are still signed in. ";
  const unsure = answer.kind === "offline" || answer.problem?.reason === "upstream_timeout";
  return unsure ? "We cannot tell whether your order arrived. " : "Your order has not been placed yet. ";
}

async function placeOrder(event) {
  event.preventDefault();
  if (placing) return;
  setPlacing(true);
  const answer = await order();
  setPlacing(false);
  // The notice sticks to the bottom of the window; the button stays in sight above it.
  find("place-order").scrollIntoView({ block: "nearest" });
  if (answer.kind !== "ok") return;
  client.dropDraft(DRAFT);
  hideNotice();
  form.reset();
  find("order-number").textContent = answer.body.order_number;
  showOnly("ordered");
  find("ordered").focus();
}

/** One that meets the session's end waits for the sign-in, and is placed then, once: it never arrived before. */
async function order() {
  const headers = { accept: "application/json", "content-type": "application/json" };
  const body = JSON.stringify({ items: orderItems, address: fields() });
  try {
    return await answerOf(await client.fetch("/api/orders", { method: "POST", headers, body, cache: "no-store", replay: true }));
  } catch {
    return { kind: "offline" };
  }
}

// aria-disabled rather than disabled, which would take the keyboard's focus away.
function setPlacing(now) {
  placing = now;
  find("place-order").setAttribute("aria-disabled", String(now));
  find("place-order").textContent = now ? "Placing your order…" : "Place order";
}

async function signOut() {
  leaving = true;
  leaving = (await client.logout()).kind === "leaving";
}

function fields() {
  return Object.fromEntries(new FormData(form));
}
