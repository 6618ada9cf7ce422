/** The panel beside the shop: levers on local Cognito's controls, and a call through the proxy after each of them. No real app has this. */
import { calls } from "./calls.js";
import { addCalls, addMarker } from "./timeline.js";

const AT_ONCE = 50;
const REFRESH_OPERATIONS = ["InitiateAuth", "GetTokensFromRefreshToken"];

/** Each lever: what it says, what to expect, how it is pulled, and how many calls follow (one). */
const LEVERS = [
  { group: "Calls", label: "One call", hint: "GET /api/echo", calls: 1 },
  {
    group: "Calls",
    label: `${AT_ONCE} at once`,
    hint: "2 h later: one refresh",
    marker: "2 hours pass",
    pull: () => advance("2h"),
    calls: AT_ONCE,
  },
  { group: "Time", label: "2 hours pass", hint: "the ID token dies", pull: () => advance("2h") },
  { group: "Time", label: "31 days pass", hint: "the refresh token too", pull: () => advance("31d") },
  { group: "Cognito", label: "Throttle Cognito", hint: "“Rate exceeded”", pull: () => fault("throttle") },
  { group: "Cognito", label: "Cognito is down", hint: "an HTML page, 503", pull: () => fault("html_503") },
  { group: "Cognito", label: "Lift all faults", hint: "Cognito is well again", pull: () => control("DELETE", "/_local/faults") },
  { group: "Account", label: "Disable user", hint: "felt at the next refresh", pull: () => own("/demo/disable-user") },
  { group: "Account", label: "Enable user", hint: "may sign in again", pull: () => own("/demo/enable-user") },
  { group: "Account", label: "Revoke all sessions", hint: "felt at the next refresh", pull: () => own("/demo/revoke") },
];

let localCognito = "";
let client;
/** The calls of a lever, gathered for one line, and how many there will be; null otherwise. */
let gathered = null;
let pulling = false;
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
  find("levers").replaceChildren(...[...new Set(LEVERS.map(({ group }) => group))].map(leverGroup));
  find("backstage").hidden = false;
  await newRefreshes();
  await showFacts();
  return config;
}

async function pull(lever) {
  if (pulling) return;
  setPulling(true);
  if (lever.pull)
    addMarker(lever.marker ?? lever.label, (await lever.pull()) ? "" : "The lever did not work: local Cognito did not take it.");
  const answers = await makeCalls(lever.calls ?? 1);
  // Shows the new ID token's life; never itself the cause of a refresh, for the call before has just seen to that.
  if (answers.some(({ answer }) => answer.kind === "ok")) await client.check();
  await showFacts();
  setPulling(false);
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

function noteCall(call) {
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
  if (localCognito === "") return;
  const clock = await control("GET", "/_local/clock");
  const nowMs = Date.parse(clock?.now);
  find("fact-clock").textContent = Number.isNaN(nowMs) ? "–" : clockFormat.format(nowMs);
  find("fact-token").textContent = tokenLife(nowMs);
  find("fact-refreshes").textContent = String(refreshes);
}

const clockFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

function tokenLife(nowMs) {
  const { session } = client.session();
  if (!session) return "none";
  const minutes = Math.ceil((Date.parse(session.token_expires_at) - nowMs) / 60_000);
  return minutes > 0 ? `${minutes} min left` : "expired";
}

function advance(by) {
  return control("POST", "/_local/clock", { advance: by });
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

/** What only the demo's own server may do: Cognito's admin operations. */
function own(path) {
  return ask(path, { method: "POST", headers: { "x-bff-csrf": "1" } });
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
  const hint = Object.assign(document.createElement("small"), { textContent: lever.hint });
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
