import { createServer, type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import type { Test } from "tap";
import { type Send, sendOver } from "../../src/doctor/probe/send.js";
import { systemClock } from "../../src/model/clock.js";
import { listen } from "../support/listener.js";

/** An answer on its way through a hop. */
export interface Passing {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** What a hop in front of the proxy does to what passes. */
export interface Hop {
  /** Headers as they go on to the proxy. */
  readonly onRequest?: (headers: IncomingHttpHeaders) => IncomingHttpHeaders;
  /** An answer of its own, without asking the proxy. */
  readonly instead?: (message: IncomingMessage) => Passing | null;
  readonly onAnswer?: (answer: Passing, message: IncomingMessage) => Passing | Promise<Passing>;
  /** Bytes of request headers that it takes; more is Node's own 431. */
  readonly maxHeaderSize?: number;
}

export const html = (status: number, headers: OutgoingHttpHeaders = {}): Passing => ({
  status,
  headers: { "content-type": "text/html", ...headers },
  body: Buffer.from("<!doctype html><title>It works</title>"),
});

export const without = (headers: OutgoingHttpHeaders, ...names: readonly string[]): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));

function ask(url: string, message: IncomingMessage, headers: IncomingHttpHeaders): Promise<Passing> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method: message.method ?? "GET", headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        const { connection, "transfer-encoding": chunked, "content-length": length, ...passed } = answer.headers;
        resolve({ status: answer.statusCode ?? 0, headers: passed, body: Buffer.concat(chunks) });
      });
    });
    call.on("error", reject);
    call.end();
  });
}

/** A real hop over node:http in front of a running proxy. */
export async function startHop(t: Test, target: string, { onRequest, instead, onAnswer, maxHeaderSize = 65_536 }: Hop): Promise<string> {
  const server = createServer({ maxHeaderSize }, async (message, response) => {
    const own = instead?.(message) ?? null;
    const passed = own ?? (await ask(target + message.url, message, onRequest?.(message.headers) ?? message.headers));
    const answer = own ?? (await onAnswer?.(passed, message)) ?? passed;
    response.writeHead(answer.status, answer.headers).end(message.method === "HEAD" ? undefined : answer.body);
  });
  return `http://127.0.0.1:${await listen(t, server)}`;
}

/** Sends what is meant for an address of the internet to where its stand-in listens; what has none does not answer. */
export function sendTo(standIns: Readonly<Record<string, string>>): Send {
  const send = sendOver(systemClock);
  return async (probe) => {
    const { origin } = new URL(probe.url);
    const standIn = standIns[origin];
    return standIn === undefined
      ? { kind: "none", why: "ECONNREFUSED" }
      : send({ ...probe, url: standIn + probe.url.slice(origin.length) });
  };
}
