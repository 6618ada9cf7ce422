import { startBackstage } from "./backstage.js";
import { orderItems, showBasket } from "./basket.js";
import { dropDraft, loadDraft, saveDraft } from "./draft.js";
import { hideNotice, isWaiting, showGoodNews, showTrouble } from "./notice.js";
import { loginUrl, session } from "./session.js";
import { endingWords, gateWords } from "./words.js";

const ASK_AGAIN_AFTER_MS = 10_000;

const find = (id) => document.getElementById(id);
const form = find("order-form");
const dialog = find("ended");

/** Whose form is on the page; null while nothing private is shown. */
let person = null;
let placing = false;
let askedAtMs = 0;

showBasket();
for (const id of ["sign-in", "sign-in-top", "sign-in-form", "sign-in-again"]) find(id).href = loginUrl();

session.addEventListener("change", show);
session.addEventListener("call", ({ detail }) => heard(detail));
form.addEventListener("input", () => saveDraft(person, fields()));
form.addEventListener("submit", placeOrder);
find("sign-out").addEventListener("click", signOut);
find("order-again").addEventListener("click", () => showOnly("checkout"));

// The session is looked at when the person comes back to the tab, not by the clock.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && performance.now() - askedAtMs > ASK_AGAIN_AFTER_MS) void session.check();
});
window.addEventListener("online", () => void session.check());
// The back button may bring back a page from before a sign-out: nothing private shows until the server has spoken.
window.addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  session.forget();
  void session.check();
});

void session.check();
void startBackstage(session);

/** The session has changed: the page follows. */
function show() {
  if (session.state === "signed_in") showSignedIn(session.document.user);
  else if (session.state === "ended") showEnded(session.problem);
  else showNothingPrivate("checking");
  const signedIn = session.state === "signed_in";
  find("account-name").textContent = signedIn ? (session.document.user.email ?? session.document.user.username) : "";
  find("sign-out").hidden = !signedIn;
  find("sign-in-top").hidden = signedIn || session.state === "checking";
  find("place-order").hidden = !signedIn;
  find("sign-in-form").hidden = signedIn;
}

function showSignedIn({ sub }) {
  dialog.close();
  if (sub === person) return;
  form.reset();
  person = sub;
  const draft = loadDraft(sub);
  if (draft) {
    for (const [name, value] of Object.entries(draft)) form.elements.namedItem(name).value = value;
    showGoodNews("Welcome back. Everything you typed is still here.");
  }
  showOnly("checkout");
}

function showEnded(problem) {
  const interrupted = person !== null;
  // Ended on purpose: the next one at this screen must not read what was typed.
  if (problem.reason === "signed_out") {
    form.reset();
    dropDraft();
  }
  if (interrupted) openDialog(problem);
  // Ended against the person's will: the form stays in sight.
  if (interrupted && (problem.reason === "expired" || problem.reason === "invalid")) return;
  if (problem.reason !== "anonymous") find("signed-out-why").textContent = gateWords(problem);
  showNothingPrivate("signed-out");
}

function showNothingPrivate(section) {
  person = null;
  form.reset();
  if (section === "checking") dialog.close();
  showOnly(section);
}

function showOnly(section) {
  for (const id of ["checking", "signed-out", "checkout", "ordered"]) find(id).hidden = id !== section;
}

/** The work is not navigated away from: the person decides when to sign in. */
function openDialog(problem) {
  const { title, text } = endingWords(problem);
  find("ended-title").textContent = title;
  find("ended-text").textContent = text;
  find("ended-code").textContent = [problem.reason, problem.cause].filter(Boolean).join(" · ");
  find("ended-kept").hidden = Object.values(fields()).every((value) => value === "");
  hideNotice();
  if (!dialog.open) dialog.showModal();
}

/** Every answer of every call comes by here, so that trouble and its end are said in one place. */
function heard({ method, path, answer }) {
  askedAtMs = performance.now();
  if (answer.kind === "ended") hideNotice();
  else if (answer.kind !== "ok") showTrouble(answer, { lead: lead(method, path, answer), retry: () => session.check() });
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
  const answer = await session.call("POST", "/api/orders", { items: orderItems, address: fields() });
  setPlacing(false);
  if (answer.kind === "ended" && person !== null) openDialog(answer.problem);
  // The notice sticks to the bottom of the window; the button stays in sight above it.
  find("place-order").scrollIntoView({ block: "nearest" });
  if (answer.kind !== "ok") return;
  dropDraft();
  hideNotice();
  form.reset();
  find("order-number").textContent = answer.body.order_number;
  showOnly("ordered");
  find("ordered").focus();
}

// aria-disabled rather than disabled, which would take the keyboard's focus away.
function setPlacing(now) {
  placing = now;
  find("place-order").setAttribute("aria-disabled", String(now));
  find("place-order").textContent = now ? "Placing your order…" : "Place order";
}

async function signOut() {
  const answer = await session.signOut();
  if (answer.kind !== "ok") return;
  dropDraft();
  showNothingPrivate("checking");
}

function fields() {
  return Object.fromEntries(new FormData(form));
}
