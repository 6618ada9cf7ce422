import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { quantileOf } from "../quartiles.js";
import { AnswerReader } from "./answer-reader.js";
import type { LoadRequest } from "./load.js";
import { type Beat, type Beats, dueAfterMs, monotonicMs } from "./metronome.js";

/*
 * Calls at a fixed rate, whether those before have been answered or not, as people send them; a call's latency counts from when it was due. A
 * generator that waits for an answer before it sends the next call leaves out just the calls that would have had to wait: "coordinated omission".
 */

export interface ArrivalLoad {
  readonly url: string;
  readonly requests: readonly LoadRequest[];
  readonly perSecond: number;
  readonly seconds: number;
  /** Open before the first call. A call that finds all of them taken waits, and its latency counts that. */
  readonly connections: number;
}

/** Milliseconds from when a call was due until its answer was whole. */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
}

/** The calls of so many seconds are sent first and left out: connections and compiled code get warm. */
const LEFT_OUT_SECONDS = 0.5;
const LAST_ANSWERS_WITHIN_MS = 5_000;

function written({ method, path, headers, bodyBytes }: LoadRequest, host: string): Buffer {
  const length = bodyBytes === 0 ? {} : { "content-length": String(bodyBytes) };
  const lines = Object.entries({ host, ...headers, ...length }).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`${[`${method} ${path} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n${"x".repeat(bodyBytes)}`);
}

/** A connection that carries one call at a time. */
interface Line {
  readonly socket: Socket;
  readonly reader: AnswerReader;
  call: number;
}

async function openLines({ hostname, port }: URL, count: number): Promise<readonly Line[]> {
  const sockets = Array.from({ length: count }, () => connect(Number(port), hostname).setNoDelay(true));
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  return sockets.map((socket) => ({ socket, reader: new AnswerReader(), call: 0 }));
}

/** Sends every call when it is due and resolves with how long each took, in order. */
function sendAll(lines: readonly Line[], messages: readonly Buffer[], { perSecond, count }: Beats): Promise<Float64Array> {
  const latencies = new Float64Array(count);
  const idle = [...lines];
  const waiting: number[] = [];
  let startedAtMs = 0;
  let sent = 0;
  let answered = 0;
  const send = (line: Line, call: number) => {
    line.call = call;
    line.socket.write(messages[call % messages.length] ?? "");
  };
  return new Promise((resolve, reject) => {
    const metronome = new Worker(new URL("./metronome.js", import.meta.url), { workerData: { perSecond, count } satisfies Beats });
    const fail = (why: Error) => {
      clearTimeout(late);
      void metronome.terminate();
      reject(why);
    };
    const late = setTimeout(
      () => fail(new Error(`${count - answered} of ${count} calls were not answered in time`)),
      dueAfterMs(count, perSecond) + LAST_ANSWERS_WITHIN_MS,
    );
    metronome.on("error", fail);
    metronome.on("message", (beat: Beat) => {
      if (beat.kind === "start") startedAtMs = beat.atMs;
      else
        for (; sent < beat.beats; sent++) {
          const line = idle.pop();
          if (line) send(line, sent);
          else waiting.push(sent);
        }
    });
    const take = (line: Line, chunk: Buffer) => {
      if (!line.reader.take(chunk)) return;
      latencies[line.call] = monotonicMs() - startedAtMs - dueAfterMs(line.call, perSecond);
      answered += 1;
      const next = waiting.shift();
      if (next === undefined) idle.push(line);
      else send(line, next);
      if (answered < count) return;
      clearTimeout(late);
      resolve(latencies);
    };
    for (const line of lines) {
      line.socket.on("error", fail);
      line.socket.on("close", () => fail(new Error("a connection was closed")));
      line.socket.on("data", (chunk: Buffer) => {
        try {
          take(line, chunk);
        } catch (error) {
          fail(error instanceof Error ? error : new Error(String(error)));
        }
      });
    }
  });
}

/** @throws Error where a call was answered with anything but 200, or not at all. */
export async function sendAtRate({ url, requests, perSecond, seconds, connections }: ArrivalLoad): Promise<Latencies> {
  const address = new URL(url);
  const leftOut = Math.ceil(LEFT_OUT_SECONDS * perSecond);
  const count = leftOut + Math.ceil(seconds * perSecond);
  const lines = await openLines(address, connections);
  try {
    const messages = requests.map((request) => written(request, address.host));
    const sorted = (await sendAll(lines, messages, { perSecond, count })).subarray(leftOut).toSorted();
    return { p50: quantileOf(sorted, 0.5), p99: quantileOf(sorted, 0.99) };
  } finally {
    for (const { socket } of lines) socket.destroy();
  }
}
