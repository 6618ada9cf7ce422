/** The log of what happened, newest first, in the words of the person and of the wire. */
const MOST_ENTRIES = 60;

const entries = document.querySelector("#log-entries");
const empty = document.querySelector("#log-empty");

/** A lever was pulled. */
export function addMarker(label, trouble = "") {
  add("lever", element("p", "marker", label), trouble && element("p", "meaning", trouble));
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
  add(
    tone(answer),
    requestLine(`${many ? `${calls.length} × ` : ""}${method} ${path}`, answer, many ? "" : `${tookMs} ms`),
    element("p", "meaning", `${meaning(method, answer, refreshes)} ${count(answer, refreshes)}`.trim()),
    details(answer),
  );
}

function add(toneName, ...parts) {
  const entry = element("li", "entry");
  entry.dataset.tone = toneName;
  entry.append(...parts.filter(Boolean));
  entries.prepend(entry);
  while (entries.children.length > MOST_ENTRIES) entries.lastElementChild.remove();
  empty.hidden = true;
}

function requestLine(call, answer, took) {
  const line = element("p", "request");
  line.append(element("code", "call", call), element("span", "arrow", " → "), element("strong", "status", String(status(answer))));
  const { reason, cause } = answer.problem ?? {};
  if (reason) line.append(" ", element("code", "reason", cause ? `${reason} · ${cause}` : reason));
  if (took) line.append(" ", element("span", "took", took));
  return line;
}

function meaning(method, answer, refreshes) {
  switch (answer.kind) {
    case "ok":
      return refreshes.some(succeeded) ? "A new ID token was fetched on the way: nobody noticed." : "";
    case "ended":
      return answer.problem.reason === "anonymous" ? "Nobody is signed in." : "The person is told why, and keeps what was typed.";
    case "busy":
      return `The session is kept.${method === "GET" ? ` The shop tries again in ${answer.retryAfterSeconds} s.` : ""}`;
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

/** What came back, to unfold. */
function details(answer) {
  const shown = answer.problem ?? answer.body;
  if (shown === undefined || shown === null || shown === "") return null;
  const box = element("details", "");
  const title = answer.problem ? "The problem document" : shown.headers ? "What the API received" : "The answer";
  box.append(element("summary", "", title), element("pre", "", typeof shown === "string" ? shown : JSON.stringify(shown, withoutToken, 2)));
  box.querySelector("pre").tabIndex = 0;
  // The one answer that this demo is about.
  box.open = answer.kind === "ended" && answer.problem.reason !== "anonymous";
  return box;
}

/** The echo holds the bearer token that the proxy added; its length is enough to see here. */
function withoutToken(name, value) {
  return name === "authorization" ? value.replace(/ (\S+)$/, (_, token) => ` (a token of ${token.length} characters)`) : value;
}

function element(tag, className, textContent = "") {
  return Object.assign(document.createElement(tag), { className, textContent });
}
