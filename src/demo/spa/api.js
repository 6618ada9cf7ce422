/**
 * One call through the proxy, and what came of it. The cookie travels by itself; no token ever reaches this page.
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

/**
 * Never rejects: a call that found no network is `offline`.
 *
 * @param {string} method
 * @param {string} path
 * @param {object} [body] sent as JSON
 * @returns {Promise<Answer>}
 */
export async function send(method, path, body) {
  // x-bff-csrf costs nothing and is what CSRF_HEADER=required asks for.
  const headers = { accept: "application/json", "x-bff-csrf": "1" };
  if (body !== undefined) headers["content-type"] = "application/json";
  try {
    const response = await fetch(path, { method, headers, body: JSON.stringify(body), cache: "no-store" });
    return judge(response, await parse(response));
  } catch {
    return { kind: "offline" };
  }
}

/** @returns {Answer} */
function judge(response, body) {
  const { status, headers } = response;
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
