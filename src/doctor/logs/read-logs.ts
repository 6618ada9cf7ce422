import { LogLines } from "./log-lines.js";
import { LogTally } from "./log-tally.js";

/** Reads a whole log, of whatever length, in constant memory. */
export async function readLogs(stream: AsyncIterable<Buffer | string>): Promise<LogTally> {
  const tally = new LogTally();
  const lines = new LogLines(tally);
  for await (const chunk of stream) lines.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  lines.end();
  return tally;
}
