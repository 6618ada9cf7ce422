import { get } from "node:http";
import type { Environment } from "../config/given-settings.js";

const TIMEOUT_MS = 3_000;
const EVERYWHERE: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** The status of an answer; node:http, since fetch takes twice the time to load, and this runs every few seconds. */
function statusOf(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).on("error", reject);
    setTimeout(() => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS).unref();
  });
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  return (error as NodeJS.ErrnoException).code ?? error.message;
}

/** `cognito-bff health`: asks the running proxy's /livez on the management address. Resolves with the exit code. */
export async function health(env: Environment): Promise<number> {
  const host = env["MANAGEMENT_HOST"] || "127.0.0.1";
  const port = env["MANAGEMENT_PORT"] || "9000";
  const reachable = EVERYWHERE.has(host) ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  const url = `http://${reachable}:${port}/livez`;
  try {
    const status = await statusOf(url);
    if (status >= 200 && status < 300) return 0;
    process.stderr.write(`${url} answered ${status}\n`);
  } catch (error) {
    process.stderr.write(`${url} does not answer: ${causeOf(error)}\n`);
  }
  return 1;
}
