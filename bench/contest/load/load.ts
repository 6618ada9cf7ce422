import { execFileSync } from "node:child_process";

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

/** A call that takes longer got no answer. */
export const ANSWER_WITHIN_SECONDS = 30;

/** @throws Error where a call was answered with anything but 200, or not at all. */
export type Generator = (load: Load) => Promise<LoadResult>;

export function installed(command: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export function checked({ answered, failed, seconds }: { answered: number; failed: number; seconds: number }): LoadResult {
  if (answered === 0 || failed > 0) throw new Error(`${answered} good answers, and ${failed} calls that got none`);
  return { answered, seconds };
}
