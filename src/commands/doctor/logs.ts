import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { findingLines, tally as tallyInWords } from "../../doctor/examination/report.js";
import { exitCodeOf } from "../../doctor/finding.js";
import { reportOf } from "../../doctor/logs/log-report.js";
import type { LogTally } from "../../doctor/logs/log-tally.js";
import { readLogs } from "../../doctor/logs/read-logs.js";
import { counted } from "../../doctor/text.js";
import { COULD_NOT_LOOK, type Output, readFailOn, UsageError } from "./doctor.js";

export interface LogsOptions {
  /** A file, or `-` for standard input. */
  readonly logs: string;
  readonly failOn?: string;
  readonly json?: boolean;
}

const CHUNK_BYTES = 256 * 1024;

async function tallyOf(file: string, input: NodeJS.ReadableStream): Promise<LogTally> {
  const source = file === "-" ? input : createReadStream(file, { highWaterMark: CHUNK_BYTES });
  let tally: LogTally | undefined;
  const read = async (stream: AsyncIterable<Buffer | string>) => {
    tally = await readLogs(stream);
  };
  try {
    // As CloudWatch Logs exports them to S3.
    if (file.endsWith(".gz")) await pipeline(source, createGunzip(), read);
    else await pipeline(source, read);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`${file} cannot be read: ${code ?? message}`);
  }
  if (tally === undefined) throw new UsageError(`${file} cannot be read`);
  return tally;
}

/**
 * `cognito-bff doctor --logs FILE`: what the proxy's log says of ended sessions. Resolves with the exit code: 2 also where nothing in it is the
 * proxy's.
 */
export async function doctorOfLogs(options: LogsOptions, io: Output, input: NodeJS.ReadableStream): Promise<number> {
  try {
    const failOn = readFailOn(options.failOn);
    const tally = await tallyOf(options.logs, input);
    if (tally.ours === 0)
      throw new UsageError(
        `nothing in ${options.logs === "-" ? "standard input" : options.logs} is the proxy's log about sessions: ${counted(tally.lines, "line")}, ${tally.others.toLocaleString("en")} of them no JSON`,
      );
    const { document, findings, text } = reportOf(tally);
    if (options.json) io.out(`${JSON.stringify({ ...document, findings, fail_on: failOn }, null, 2)}\n`);
    else io.out(`${[text, ...findingLines(findings, io.colours), "", tallyInWords(findings)].join("\n")}\n`);
    return exitCodeOf(findings, failOn);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.err(`cognito-bff doctor: ${error.message}\n`);
    return COULD_NOT_LOOK;
  }
}
