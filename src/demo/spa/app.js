import { createSessionClient } from "/auth/client.js";
import { startBackstage } from "./backstage.js";
import { orderItems, showBasket } from "./basket.js";
import { answerOf, calls } from "./calls.js";
import { startDevices } from "./devices.js";
import { hideNotice, isWaiting, showGoodNews, showTrouble } from "./notice.js";
import { emptyForm, fields, hasFailed, hasTyped, showFailed } from "./order-form.js";
import { ENDINGS, gateWords, mayNotSignIn, orderWords } from "./words.js";

const DRAFT = "order";

const find = (id) => document.getElementById(id);
const form = find("order-form");
const client = createSessionClient();
// It asks to sign in when that is needed.
const guard = Object.assign(document.querySelector("session-guard"), { client, words: ENDINGS });

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
find("order-again").addEventListener("click", orderAgain);

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
  offerSignIn(false);
  if (sub === person) return;
  emptyForm();
  person = sub;
  const draft = client.takeDraft(DRAFT);
  if (draft && hasTyped(draft)) {
    for (const [name, value] of Object.entries(draft)) form.elements.namedItem(name).value = value;
    client.saveDraft(DRAFT, draft);
    showGoodNews("Welcome back. Everything you typed is still here.");
  }
  showOnly("checkout");
}

function showEnded(ending) {
  const interrupted = person !== null;
  // Ended on purpose: the next one at this screen must not read what was typed.
  if (ending.reason === "signed_out") emptyForm();
  hideNotice();
  const [title, text] = gateWords(ending);
  offerSignIn(mayNotSignIn(ending));
  // Ended against the person's will: the form stays in sight.
  if (interrupted && (ending.reason === "expired" || ending.reason === "invalid")) {
    // Only where it is true.
    guard.words = hasTyped() ? ENDINGS : { ...ENDINGS, kept: "" };
    if (mayNotSignIn(ending)) find("form-hint").textContent = `${title}. ${text}`;
    // On narrow screens the dialog stands at the bottom: below the form, in front of the panel.
    if (!find("checkout").hidden && matchMedia("(max-width: 68rem)").matches) form.scrollIntoView({ block: "end" });
    return;
  }
  find("signed-out-title").textContent = title;
  find("signed-out-why").textContent = text;
  showNothingPrivate("signed-out");
}

/** Not as what is meant, where Cognito would refuse it. */
function offerSignIn(isLater) {
  for (const id of ["sign-in", "sign-in-form"]) find(id).classList.toggle("quiet", isLater);
  find("form-hint").textContent = "What you type is kept in this tab.";
}

function showNothingPrivate(section) {
  person = null;
  emptyForm();
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
  else if (answer.kind !== "ok") {
    const lead = path === "/auth/logout" ? "You are still signed in. " : "";
    const tail = method === "GET" && hasTyped() ? " What you typed is still here." : "";
    showTrouble(answer, { lead, tail, retry: () => client.check() });
  } else if (isWaiting()) showGoodNews(`All is well again. ${hasFailed() ? "Your order waits to be sent again." : "You can go on."}`);
}

async function placeOrder(event) {
  event.preventDefault();
  if (placing) return;
  setPlacing(true);
  showFailed("");
  const answer = await order();
  setPlacing(false);
  if (answer.kind !== "ok") {
    showFailed(orderWords(answer));
    // The notice sticks to the bottom of the window; the button stays in sight above it.
    const button = find("place-order").hidden ? find("sign-in-form") : find("place-order");
    if (answer.kind === "ended") button.focus();
    button.scrollIntoView({ block: "nearest" });
    return;
  }
  client.dropDraft(DRAFT);
  hideNotice();
  emptyForm();
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
  } catch (error) {
    return { kind: error.name === "SessionEndedError" ? "ended" : "offline" };
  }
}

function orderAgain() {
  showOnly("checkout");
  // The button that had the focus is gone.
  find("checkout-title").focus();
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
