/** The panel beside the shop: levers on local Cognito's controls, and a call through the proxy after each of them. No real app has this. */
import { calls } from "./calls.js";
import { LEVERS, nothingYet, TWO_HOURS } from "./levers.js";
import { hasTyped } from "./order-form.js";
import { addCalls, addMarker, bringBack } from "./timeline.js";

const REFRESH_OPERATIONS = ["InitiateAuth", "GetTokensFromRefreshToken"];

const controls = {
  advance: (by) => control("POST", "/_local/clock", { advance: by }),
  fault,
  clearFaults: () => control("DELETE", "/_local/faults"),
  own: (path) => ask(path, { method: "POST", headers: { "x-bff-csrf": "1" } }),
};

/** Each lever's button, and where its hint stands. */
const buttons = new Map();
let localCognito = "";
let client;
/** The calls of a lever, gathered for one line, and how many there will be; null otherwise. */
let gathered = null;
let pulling = false;
/** The lever that was pulled last. */
let offered = null;
let callsRead = 0;
let refreshes = 0;
let writing = Promise.resolve();

/** Shows the panel when the demo serves this page; does nothing elsewhere. What the demo says of itself, or null. */
export async function startBackstage(shopClient) {
  client = shopClient;
  calls.addEventListener("call", ({ detail }) => noteCall(detail));
  client.subscribe(showFacts);
  const config = await ask("/demo/config.json", {});
  if (config === null) return null;
  localCognito = config.local_cognito;
  find("demo-email").textContent = config.user.email;
  find("demo-password").textContent = config.user.password;
  find("demo-user").hidden = false;
  bringBack(config.demo);
  find("offer-button").addEventListener("click", takeOffer);
  find("levers").replaceChildren(...[...new Set(LEVERS.map(({ group }) => group))].map(leverGroup));
  find("backstage").hidden = false;
  await newRefreshes();
  await showFacts();
  return config;
}

async function pull(lever) {
  if (pulling) return;
  setPulling(true);
  offer("");
  if (lever.pull) {
    const worked = await lever.pull(controls);
    addMarker(lever.marker ?? lever.label, worked ? "" : "The lever did not work: local Cognito did not take it.");
    if (worked) offered = lever;
  }
  const answers = await makeCalls(lever.calls ?? 1);
  // Shows the new ID token's life; never itself the cause of a refresh, for the call before has just seen to that.
  if (answers.some(({ answer }) => answer.kind === "ok")) await client.check();
  const facts = await showFacts();
  if (offered === lever) offer(nothingYet(lever, facts));
  setPulling(false);
}

/** What a lever does is seen once the token has died. */
function offer(text) {
  find("offer-text").textContent = text;
  find("offer").hidden = text === "";
}

function takeOffer() {
  if (pulling) return;
  // The button is about to go, and the focus with it.
  buttons.get(offered)?.button.focus();
  void pull(TWO_HOURS);
}

/** Calls through the proxy, all at the same time. More than one make one line in the log. */
async function makeCalls(count) {
  const enough = new AbortController();
  const made = await new Promise((done) => {
    gathered = { made: [], count, done };
    for (let call = 0; call < count; call++) client.fetch("/api/echo", { signal: enough.signal }).catch(() => {});
  });
  gathered = null;
  // The first answers are what the panel is there to show: it waits for nobody to sign in.
  enough.abort();
  await log(made);
  return made;
}

function noteCall(answered) {
  // Now: what is answered here may empty the form.
  const { answer } = answered;
  const keepsTyped = answer.kind === "ended" && answer.problem.reason !== "signed_out" && hasTyped();
  const call = { ...answered, keepsTyped };
  if (gathered && call.path === "/api/echo") {
    const { made, count, done } = gathered;
    made.push(call);
    if (made.length === count) done(made);
    return;
  }
  if (localCognito === "" || (call.path === "/auth/session" && call.answer.kind === "ok")) return;
  void log([call]);
}

/** One after the other, so that each refresh is counted once, beside the calls that caused it. */
function log(made) {
  writing = writing.then(async () => {
    addCalls(made, await newRefreshes());
    await showFacts();
  });
  return writing;
}

/** The refreshes that Cognito has seen since the last time, in order. */
async function newRefreshes() {
  const seen = (await control("GET", "/_local/calls")) ?? [];
  const fresh = seen.slice(callsRead <= seen.length ? callsRead : 0).filter(isRefresh);
  callsRead = seen.length;
  refreshes += fresh.length;
  return fresh;
}

function isRefresh({ operation, auth_flow }) {
  return operation === "GetTokensFromRefreshToken" || (operation === "InitiateAuth" && /^REFRESH_TOKEN/.test(auth_flow ?? ""));
}

async function showFacts() {
  const facts = { minutesLeft: null, areFaults: false };
  if (localCognito === "") return facts;
  const [clock, faults] = await Promise.all([control("GET", "/_local/clock"), control("GET", "/_local/faults")]);
  const nowMs = Date.parse(clock?.now);
  find("fact-clock").textContent = Number.isNaN(nowMs) ? "–" : clockFormat.format(nowMs);
  facts.minutesLeft = minutesLeft(nowMs);
  facts.areFaults = (faults ?? []).length > 0;
  find("fact-token").textContent = tokenLife(facts);
  find("fact-refreshes").textContent = String(refreshes);
  for (const [lever, { hint }] of buttons) hint.textContent = lever.hint(facts);
  return facts;
}

const clockFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

function minutesLeft(nowMs) {
  const { session } = client.session();
  return session ? Math.ceil((Date.parse(session.token_expires_at) - nowMs) / 60_000) : null;
}

function tokenLife({ minutesLeft: minutes }) {
  if (minutes === null) return "none";
  return minutes > 0 ? `${minutes} min left` : "expired";
}

async function fault(kind) {
  let done = await control("DELETE", "/_local/faults");
  for (const operation of REFRESH_OPERATIONS) done = done && (await control("POST", "/_local/faults", { operation, fault: kind }));
  return done;
}

/** One of local Cognito's controls. Its answer, `true` when that has no body, null when it did not work. */
function control(method, path, body) {
  return ask(`${localCognito}${path}`, { method, credentials: "omit", ...json(body) });
}

async function ask(url, init) {
  try {
    const response = await fetch(url, init);
    const text = await response.text();
    return response.ok ? JSON.parse(text || "true") : null;
  } catch {
    return null;
  }
}

function json(body) {
  return body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

function leverGroup(name) {
  const group = document.createElement("fieldset");
  const legend = Object.assign(document.createElement("legend"), { textContent: name });
  const row = Object.assign(document.createElement("div"), { className: "lever-row" });
  row.append(...LEVERS.filter((lever) => lever.group === name).map(leverButton));
  group.append(legend, row);
  return group;
}

function leverButton(lever) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "lever" });
  const label = Object.assign(document.createElement("span"), { textContent: lever.label });
  const hint = document.createElement("small");
  buttons.set(lever, { button, hint });
  button.append(label, " ", hint);
  button.addEventListener("click", () => pull(lever));
  return button;
}

function setPulling(now) {
  pulling = now;
  for (const button of document.querySelectorAll(".lever")) button.setAttribute("aria-disabled", String(now));
}

function find(id) {
  return document.getElementById(id);
}
