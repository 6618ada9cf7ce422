import type { JsonObject } from "./json.js";

/** An HTTP answer before it is sent. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What the call log says: `ok`, or the name of the error. */
  readonly outcome: string;
}

/** JSON that no cache keeps (RFC 6749 section 5.1 asks for it where tokens are inside). */
export function jsonAnswer(status: number, body: JsonObject, outcome = "ok"): Answer {
  return {
    status,
    headers: { "content-type": "application/json;charset=UTF-8", "cache-control": "no-store", pragma: "no-cache" },
    body: JSON.stringify(body),
    outcome,
  };
}

/** A redirect that no cache keeps. */
export function redirectAnswer(location: string, headers: Readonly<Record<string, string>> = {}, outcome = "ok"): Answer {
  return { status: 302, headers: { ...headers, location, "cache-control": "no-store" }, body: "", outcome };
}

/** The URL with these parameters added; null values are left out. */
export function withParameters(url: string, parameters: Readonly<Record<string, string | null>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null) {
      query.append(name, value);
    }
  }
  const text = query.toString();
  return text === "" ? url : `${url}${url.includes("?") ? "&" : "?"}${text}`;
}
