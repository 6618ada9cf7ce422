import type { ServerResponse } from "node:http";
import type { Dispatcher } from "undici";

export type ParsedHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Names and values as they came, in turn. */
export function latin1(raw: Dispatcher.DispatchController["rawHeaders"]): string[] {
  const headers: string[] = [];
  if (!Array.isArray(raw)) return headers;
  for (const part of raw) headers.push(typeof part === "string" ? part : part.toString("latin1"));
  return headers;
}

/** Writes a head with every header kept, those that were set on the response before included. */
export function writeHead(response: ServerResponse, status: number, reason: string | undefined, headers: string[]): void {
  if (response.getHeaderNames().length === 0) {
    if (reason === undefined) response.writeHead(status, headers);
    else response.writeHead(status, reason, headers);
    return;
  }
  // Once a header was set on its own, writeHead keeps only the last of several with one name, Set-Cookie among them (Node 20).
  for (let i = 0; i + 1 < headers.length; i += 2) response.appendHeader(headers[i] ?? "", headers[i + 1] ?? "");
  if (reason === undefined) response.writeHead(status);
  else response.writeHead(status, reason);
}

/** Whether an answer is an event stream, which lasts as long as both ends want it to. */
export function isEventStream(parsed: ParsedHeaders): boolean {
  return [parsed["content-type"] ?? []].flat().some((type) => /^text\/event-stream\s*(?:;|$)/i.test(type));
}

/** An error fit for a log: undici's own hold socket details, and its parser error the bytes of the API's answer. */
export function bareError(error: Error & { code?: string; errors?: readonly Error[] }): Error {
  // Node's error for a host with several addresses has no message of its own.
  const message = error.message || error.errors?.[0]?.message || error.code || error.name;
  return Object.assign(new Error(message), { code: error.code ?? error.name });
}
