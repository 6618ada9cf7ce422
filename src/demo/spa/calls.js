/**
 * Every call that this page makes to its own server, and what came of it: for the notice, and for the panel beside the shop. It stands before the
 * page's own `fetch`, which the session's client takes as it finds it. No real app needs this.
 *
 * @typedef {object} Problem the proxy's own answer (RFC 9457), told from the API's by the header BFF-Problem
 * @property {string} reason
 * @property {string} [cause]
 * @property {string} detail
 *
 * @typedef {(
 *   | { kind: "ok", status: number, body: any }
 *   | { kind: "ended", status: 401, problem: Problem }
 *   | { kind: "busy", status: 429 | 503, problem: Problem | null, retryAfterSeconds: number }
 *   | { kind: "refused", status: number, problem: Problem | null, body: any }
 *   | { kind: "offline" }
 * )} Answer
 */

const DEFAULT_RETRY_SECONDS = 5;

const pageFetch = window.fetch.bind(window);

/** Event: `call` with every call and its answer, before its caller hears of it. */
export const calls = new EventTarget();

window.fetch = async (input, init) => {
  const request = new Request(input, init);
  const { origin, pathname } = new URL(request.url);
  // Local Cognito's controls and the demo's own are the panel's.
  if (origin !== location.origin || pathname.startsWith("/demo/")) return pageFetch(request);
  const { method } = request;
  const startedAt = performance.now();
  const note = (answer) => {
    const detail = { method, path: pathname, answer, tookMs: Math.round(performance.now() - startedAt) };
    calls.dispatchEvent(new CustomEvent("call", { detail }));
  };
  try {
    const response = await pageFetch(request);
    note(await answerOf(response.clone()));
    return response;
  } catch (error) {
    note({ kind: "offline" });
    throw error;
  }
};

/** @returns {Promise<Answer>} */
export async function answerOf(response) {
  const { status, headers } = response;
  const body = await parse(response);
  const problem = headers.has("BFF-Problem") ? body : null;
  if (response.ok) return { kind: "ok", status, body };
  // A 401 without the header is the API's own: the session is fine.
  if (status === 401 && problem) return { kind: "ended", status, problem };
  if (status === 503 || status === 429) return { kind: "busy", status, problem, retryAfterSeconds: retryAfter(headers) };
  return { kind: "refused", status, problem, body };
}

/** Retry-After in seconds, at least one. Its other form, a date, is left to the default: the page's clock may be off. */
function retryAfter(headers) {
  const seconds = Number.parseInt(headers.get("Retry-After") ?? "", 10);
  return Number.isNaN(seconds) ? DEFAULT_RETRY_SECONDS : Math.max(1, seconds);
}

async function parse(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
