import type { ServerResponse } from "node:http";

/** Names and values as they came, in turn. */
export function latin1(raw: readonly Buffer[]): string[] {
  const headers: string[] = [];
  for (const part of raw) headers.push(part.toString("latin1"));
  return headers;
}

/** What Node's writeHead takes as a reason phrase; others are left out, they mean nothing to a client (RFC 9112 section 4). */
const REASON_PHRASE = /^[\t\x20-\x7e]+$/;

/** Headers of which several say more than one; browsers enforce each of several policies. */
const ADDING_UP: ReadonlySet<string> = new Set([
  ...["set-cookie", "vary", "content-security-policy", "content-security-policy-report-only"],
]);

/**
 * Writes a head with every header kept. One that was set on the response before, as an app's own hooks do for all of its answers, gives way
 * where the API says something itself: two values of one name are what neither meant.
 */
export function writeHead(response: ServerResponse, status: number, phrase: string | undefined, headers: string[]): void {
  const reason = phrase !== undefined && REASON_PHRASE.test(phrase) ? phrase : undefined;
  if (response.getHeaderNames().length === 0) {
    if (reason === undefined) response.writeHead(status, headers);
    else response.writeHead(status, reason, headers);
    return;
  }
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (!ADDING_UP.has(name.toLowerCase())) response.removeHeader(name);
  }
  // Once a header was set on its own, writeHead keeps only the last of several with one name, Set-Cookie among them (Node 20).
  for (let i = 0; i + 1 < headers.length; i += 2) response.appendHeader(headers[i] ?? "", headers[i + 1] ?? "");
  if (reason === undefined) response.writeHead(status);
  else response.writeHead(status, reason);
}

const EVENT_STREAM = /^text\/event-stream\s*(?:;|$)/i;

/** Whether an answer is an event stream, which lasts as long as both ends want it to. */
export function isEventStream(headers: readonly string[]): boolean {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i];
    if (name?.length === "content-type".length && name.toLowerCase() === "content-type" && EVENT_STREAM.test(headers[i + 1] ?? ""))
      return true;
  }
  return false;
}

/** An error fit for a log: undici's own hold socket details, and its parser error the bytes of the API's answer. */
export function bareError(error: Error & { code?: string; errors?: readonly Error[] }): Error {
  // Node's error for a host with several addresses has no message of its own.
  const message = error.message || error.errors?.[0]?.message || error.code || error.name;
  return Object.assign(new Error(message), { code: error.code ?? error.name });
}
