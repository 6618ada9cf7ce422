import { request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { Clock } from "../../model/clock.js";

/** More than any problem or page of ours; the rest of an answer is not waited for. */
const LONGEST_BODY_BYTES = 256 * 1024;
const LONGEST_HEADERS_BYTES = 64 * 1024;

/** One harmless request. */
export interface ProbeRequest {
  readonly url: string;
  readonly method?: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly deadlineMs?: number;
}

/** What came back, before anybody made something of it: no redirect is followed. */
export interface ProbeAnswer {
  readonly kind: "answer";
  readonly status: number;
  /** By lower-case names. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Uncompressed; null where it is not what its Content-Encoding says. */
  readonly body: string | null;
  /** Of this machine, between question and answer. */
  readonly atMs: number;
}

export interface NoAnswer {
  readonly kind: "none";
  readonly why: string;
}

export type Send = (request: ProbeRequest) => Promise<ProbeAnswer | NoAnswer>;

const DEADLINE_MS = 10_000;

function headersOf(raw: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, readonly string[]>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? "").toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), raw[at + 1] ?? ""]);
  }
  return headers;
}

/** The bytes as text; null where they are not compressed as they claim. */
export function decoded(bytes: Buffer, encoding: string): string | null {
  const most = { maxOutputLength: 4 * LONGEST_BODY_BYTES };
  try {
    if (encoding === "gzip" || encoding === "x-gzip") return gunzipSync(bytes, most).toString("utf8");
    if (encoding === "br") return brotliDecompressSync(bytes, most).toString("utf8");
  } catch {
    return null;
  }
  return encoding === "" || encoding === "identity" ? bytes.toString("utf8") : null;
}

/** Sends over connections of its own, so that none is answered for another. Never rejects. */
export function sendOver(clock: Clock): Send {
  return ({ url, method = "GET", headers, deadlineMs = DEADLINE_MS }) =>
    new Promise((resolve) => {
      const send = url.startsWith("https:") ? requestSecure : requestPlain;
      const begunMs = clock.now();
      const request = send(url, { method, headers, agent: false, maxHeaderSize: LONGEST_HEADERS_BYTES });
      const cancel = clock.deadline(deadlineMs, () => request.destroy(new Error(`no answer within ${deadlineMs / 1_000} s`)));
      request.on("error", (error: NodeJS.ErrnoException) => {
        cancel();
        resolve({ kind: "none", why: error.code ?? error.message });
      });
      request.on("response", (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        const atMs = begunMs + (clock.now() - begunMs) / 2;
        const answer = () => {
          cancel();
          const all = headersOf(response.rawHeaders);
          const body = decoded(Buffer.concat(chunks), all.get("content-encoding")?.join(",").trim().toLowerCase() ?? "");
          resolve({ kind: "answer", status: response.statusCode ?? 0, headers: all, body, atMs });
          response.destroy();
        };
        response.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          if (bytes > LONGEST_BODY_BYTES) answer();
        });
        // What broke off is judged as far as it came.
        response.on("end", answer).on("error", answer);
      });
      request.end();
    });
}
