import { execFile, execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import autocannon from "autocannon";

/** What is sent, again and again, over as many connections as are named. */
export interface Load {
  /** Without a slash at the end. */
  readonly url: string;
  readonly requests: readonly LoadRequest[];
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBytes: number;
}

export interface LoadResult {
  /** Answered with 200, body and all. */
  readonly answered: number;
  readonly seconds: number;
}

const run = promisify(execFile);

export function installed(command: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** wrk where it is installed, since it costs the machine least; autocannon otherwise. */
export const LOAD_GENERATOR: "wrk" | "autocannon" = installed("wrk") ? "wrk" : "autocannon";

/** @throws Error where a call was answered with anything but 200, or not at all. */
export function sendLoad(load: Load): Promise<LoadResult> {
  return LOAD_GENERATOR === "wrk" ? sendWithWrk(load) : sendWithAutocannon(load);
}

/** What wrk's script tells at the end, as JSON. */
interface WrkSummary {
  readonly requests: number;
  readonly errors: number;
  readonly microseconds: number;
}

/** Long brackets need no escapes, and nothing sent here holds one. */
function wrkScript(requests: readonly LoadRequest[]): string {
  const made = requests.map(({ method, path, headers, bodyBytes }) => {
    const pairs = Object.entries(headers).map(([name, value]) => `["${name}"] = [[${value}]]`);
    const body = bodyBytes === 0 ? "nil" : `string.rep("x", ${bodyBytes})`;
    return `requests[#requests + 1] = wrk.format("${method}", "${path}", { ${pairs.join(", ")} }, ${body})`;
  });
  // Another one each time, all connections together: that is how the sessions of many people come in.
  return `
local requests = {}
local n = 0
function init()
  ${made.join("\n  ")}
end
function request()
  n = n % #requests + 1
  return requests[n]
end
function done(summary)
  local errors = summary.errors
  local sum = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('{"requests":%d,"errors":%d,"microseconds":%d}\\n', summary.requests, sum, summary.duration))
end
`;
}

async function sendWithWrk({ url, requests, connections, seconds }: Load): Promise<LoadResult> {
  const script = join(tmpdir(), `bench-${process.pid}.lua`);
  writeFileSync(script, wrkScript(requests));
  try {
    const { stdout } = await run("wrk", ["-t1", `-c${connections}`, `-d${seconds}s`, "-s", script, url]);
    const summary = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as WrkSummary;
    return checked(url, summary.requests - summary.errors, summary.errors, summary.microseconds / 1_000_000);
  } finally {
    rmSync(script);
  }
}

async function sendWithAutocannon({ url, requests, connections, seconds }: Load): Promise<LoadResult> {
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    requests: requests.map(({ method, path, headers, bodyBytes }) => ({
      method,
      path,
      headers,
      ...(bodyBytes === 0 ? {} : { body: "x".repeat(bodyBytes) }),
    })),
  });
  return checked(url, result["2xx"], result.non2xx + result.errors + result.timeouts, result.duration);
}

function checked(url: string, answered: number, failed: number, seconds: number): LoadResult {
  if (answered === 0 || failed > 0) throw new Error(`${url}: ${answered} good answers, and ${failed} calls that got none`);
  return { answered, seconds };
}
