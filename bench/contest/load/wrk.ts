import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../child.js";
import { temporaryDirectory } from "../temporary-directory.js";
import { ANSWER_WITHIN_SECONDS, checked, type Load, type LoadRequest, type LoadResult } from "./load.js";

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

export async function sendWithWrk({ url, requests, connections, seconds }: Load): Promise<LoadResult> {
  const directory = temporaryDirectory("wrk");
  const script = join(directory.path, "requests.lua");
  writeFileSync(script, wrkScript(requests));
  try {
    // Without a word wrk counts an answer that takes two seconds as none, as an upload on a busy machine does.
    const timeout = ["--timeout", `${ANSWER_WITHIN_SECONDS}s`];
    const stdout = await runProgram("wrk", ["-t1", `-c${connections}`, `-d${seconds}s`, ...timeout, "-s", script, url]);
    const summary = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as WrkSummary;
    // wrk counts an answer of 400 and more as answered, and as an error of status besides.
    return checked({ answered: summary.requests - summary.errors, failed: summary.errors, seconds: summary.microseconds / 1_000_000 });
  } finally {
    await directory.remove();
  }
}
