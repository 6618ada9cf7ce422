import { UPLOAD_PATH } from "./answers.js";
import { CONTESTANT_NAMES, type ContestantName } from "./contestants.js";
import type { LoadRequest } from "./load/load.js";

/** Makes the request of a session. */
export type MakeRequest = (pageUrl: string, cookie: string) => LoadRequest;

interface Common {
  readonly title: string;
  /** Who takes part where nobody is named. */
  readonly contestants: readonly ContestantName[];
  readonly rounds: number;
}

/** As many calls as go through, and what they cost. */
export interface CostMix extends Common {
  readonly kind: "cost";
  readonly request: MakeRequest;
  /** Of a turn in a round. */
  readonly seconds: number;
  /** How many calls are under way at once. Those that the end of a turn cuts off have cost something, and have no answer to be divided by. */
  readonly connections: number;
}

/** Calls at a fixed rate, and how much later their answers come than those of the API itself. */
export interface LatencyMix extends Common {
  readonly kind: "latency";
  readonly request: MakeRequest;
  readonly seconds: number;
  /** How many calls are under way at once while it is found out what rate ours goes up to. */
  readonly connections: number;
}

/** Connections on which nothing happens, and what each holds. */
export interface IdleMix extends Common {
  readonly kind: "idle";
  readonly stream: "sse" | "websocket";
}

/** A kind of call, and how it is measured. */
export type Mix = CostMix | LatencyMix | IdleMix;

/** The headers that a browser sends with a fetch of its own origin. */
const BROWSER_HEADERS = {
  accept: "application/json",
  "accept-encoding": "gzip, deflate, br, zstd",
  "accept-language": "en-GB,en;q=0.9,de;q=0.8",
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  "sec-ch-ua": '"Chromium";v="142", "Not_A Brand";v="99"',
  "sec-ch-ua-mobile": "?0",
  "sec-ch-ua-platform": '"Linux"',
  "sec-fetch-site": "same-origin",
  "sec-fetch-mode": "cors",
  "sec-fetch-dest": "empty",
  dnt: "1",
};

function headersOf(pageUrl: string, cookie: string): Record<string, string> {
  return { ...BROWSER_HEADERS, referer: `${pageUrl}/orders/4711`, cookie };
}

function get(path: string): MakeRequest {
  return (pageUrl, cookie) => ({ method: "GET", path, headers: headersOf(pageUrl, cookie), bodyBytes: 0 });
}

const UPLOAD_BYTES = 1024 * 1024;
const SOME = ["ours", "bare", "least", "nginx"] as const;

/** By the name that `--mix` knows them by, in the order in which they are run. */
export const MIXES = {
  small: {
    kind: "cost",
    title: "GET, 747 bytes",
    request: get("/api/x"),
    contestants: CONTESTANT_NAMES,
    rounds: 9,
    seconds: 5,
    connections: 32,
  },
  large: { kind: "cost", title: "GET, 100 kB", request: get("/api/large"), contestants: SOME, rounds: 9, seconds: 3, connections: 32 },
  upload: {
    kind: "cost",
    title: "POST, 1 MB",
    request: (pageUrl, cookie) => ({
      method: "POST",
      path: UPLOAD_PATH,
      headers: { ...headersOf(pageUrl, cookie), origin: pageUrl, "content-type": "application/octet-stream" },
      bodyBytes: UPLOAD_BYTES,
    }),
    contestants: SOME,
    rounds: 9,
    seconds: 3,
    connections: 8,
  },
  cookie: {
    kind: "cost",
    title: "GET, 747 bytes, with Set-Cookie in the answer",
    request: get("/api/cookie"),
    contestants: SOME,
    rounds: 5,
    seconds: 3,
    connections: 32,
  },
  latency: {
    kind: "latency",
    title: "GET, 747 bytes, at half of the rate that ours goes up to",
    request: get("/api/x"),
    contestants: ["ours", "bare", "least"],
    rounds: 9,
    seconds: 4,
    connections: 32,
  },
  sse: { kind: "idle", title: "idle event streams", stream: "sse", contestants: ["ours", "least"], rounds: 3 },
  websocket: { kind: "idle", title: "idle WebSockets", stream: "websocket", contestants: ["ours", "least"], rounds: 3 },
} as const satisfies Readonly<Record<string, Mix>>;

export type MixName = keyof typeof MIXES;

export const MIX_NAMES = Object.keys(MIXES) as readonly MixName[];
