/** The log of what happened, newest first, in the words of the person and of the wire. It outlives the way to the sign-in page and back. */
const MOST_ENTRIES = 60;
const KEPT = "demo-log";

const list = document.querySelector("#log-entries");
const empty = document.querySelector("#log-empty");

/** What is shown, as plain data, the newest first. */
let entries = [];
let demo = "";

/** What this tab had seen of the same demo before the page was loaded. */
export function bringBack(runningDemo) {
  demo = runningDemo;
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    if (kept?.demo === demo) for (const entry of kept.entries.toReversed()) show(entry);
  } catch {
    // No storage, or somebody else's there.
  }
}

/** A lever was pulled. */
export function addMarker(label, trouble = "") {
  add({ tone: "lever", marker: label, meaning: trouble });
}

/** Calls made at the same time, and the refreshes that Cognito saw meanwhile: one line for each kind of answer. */
export function addCalls(calls, refreshes) {
  const kinds = new Map();
  for (const call of calls) {
    const kind = `${status(call.answer)} ${call.answer.problem?.cause}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), call]);
  }
  for (const alike of kinds.values()) addKind(alike, refreshes);
}

function addKind(calls, refreshes) {
  const [{ method, path, answer, tookMs }] = calls;
  const many = calls.length > 1;
  const { reason, cause } = answer.problem ?? {};
  add({
    tone: tone(answer),
    call: `${many ? `${calls.length} × ` : ""}${method} ${path}`,
    status: String(status(answer)),
    reason: reason && cause ? `${reason} · ${cause}` : reason,
    took: many ? "" : `${tookMs} ms`,
    meaning: `${meaning(calls[0], refreshes)} ${count(answer, refreshes)}`.trim(),
    body: bodyOf(answer),
    isSent: method !== "GET",
  });
}

function add(entry) {
  show(entry);
  // What was sent, an address, is nothing to be found by whoever comes next.
  const kept = entries.map(({ isSent, body, ...rest }) => (isSent && !rest.reason ? rest : { ...rest, body }));
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ demo, entries: kept }));
  } catch {
    // No storage, or no room.
  }
}

function show(entry) {
  const item = element("li", "entry");
  item.dataset.tone = entry.tone;
  const parts = [
    entry.marker ? element("p", "marker", entry.marker) : requestLine(entry),
    entry.meaning && element("p", "meaning", entry.meaning),
    details(entry.body),
  ];
  item.append(...parts.filter(Boolean));
  list.prepend(item);
  entries = [entry, ...entries].slice(0, MOST_ENTRIES);
  while (list.children.length > MOST_ENTRIES) list.lastElementChild.remove();
  empty.hidden = true;
}

function requestLine({ call, status: code, reason, took }) {
  const line = element("p", "request");
  line.append(element("code", "call", call), element("span", "arrow", " → "), element("strong", "status", code));
  if (reason) line.append(" ", element("code", "reason", reason));
  if (took) line.append(" ", element("span", "took", took));
  return line;
}

function meaning({ method, answer, keepsTyped }, refreshes) {
  switch (answer.kind) {
    case "ok":
      return refreshes.some(succeeded) ? "A new ID token was fetched on the way: nobody noticed." : "";
    case "ended":
      return answer.problem.reason === "anonymous"
        ? "Nobody is signed in."
        : `The person is told why${keepsTyped ? ", and keeps what was typed" : ""}.`;
    case "busy":
      return `The session is kept.${method === "GET" ? ` The shop looks again in ${answer.retryAfterSeconds} s.` : ""}`;
    case "offline":
      return "No answer at all. The session is kept.";
    default:
      return answer.problem ? "The session is kept." : "The API’s own answer; the session is fine.";
  }
}

function count(answer, refreshes) {
  if (refreshes.length === 0)
    return answer.problem?.reason.startsWith("cognito_") ? "The proxy waits before it asks Cognito again." : "Cognito saw no refresh.";
  const seen = `Cognito saw ${refreshes.length} ${refreshes.length === 1 ? "refresh" : "refreshes"}`;
  const failed = refreshes.filter((refresh) => !succeeded(refresh));
  if (failed.length === 0) return `${seen}.`;
  return `${seen}, ${failed.length === refreshes.length ? "" : `${failed.length} `}in vain: ${failed.at(-1).outcome}.`;
}

function succeeded({ outcome }) {
  return outcome === "ok";
}

function tone({ kind }) {
  if (kind === "ok") return "ok";
  return kind === "ended" ? "end" : "wait";
}

function status(answer) {
  return answer.kind === "offline" ? "no answer" : answer.status;
}

/** What came back. */
function bodyOf(answer) {
  const shown = answer.problem ?? answer.body;
  if (shown === undefined || shown === null || shown === "") return null;
  const title = answer.problem ? "The problem document" : shown.headers ? "What the API received" : "The answer";
  const text = typeof shown === "string" ? shown : JSON.stringify(shown, withoutToken, 2);
  // The one answer that this demo is about.
  return { title, text, isOpen: answer.kind === "ended" && answer.problem.reason !== "anonymous" };
}

/** To unfold. */
function details(body) {
  if (!body) return null;
  const box = element("details", "");
  box.append(element("summary", "", body.title), element("pre", "", body.text));
  box.querySelector("pre").tabIndex = 0;
  box.open = body.isOpen;
  return box;
}

/** The echo holds the bearer token that the proxy added; its length is enough to see here. */
function withoutToken(name, value) {
  return name === "authorization" ? value.replace(/ (\S+)$/, (_, token) => ` (a token of ${token.length} characters)`) : value;
}

function element(tag, className, textContent = "") {
  return Object.assign(document.createElement(tag), { className, textContent });
}
