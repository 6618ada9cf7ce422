import type { Environment } from "../config/given-settings.js";

const TIMEOUT_MS = 3_000;
const EVERYWHERE: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** fetch hides why behind "fetch failed". */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  const { code } = (error.cause ?? error) as NodeJS.ErrnoException;
  return code ?? error.message;
}

/** `cognito-bff health`: asks the running proxy's /livez on the management address. Resolves with the exit code. */
export async function health(env: Environment): Promise<number> {
  const host = env["MANAGEMENT_HOST"] || "127.0.0.1";
  const port = env["MANAGEMENT_PORT"] || "9000";
  const reachable = EVERYWHERE.has(host) ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  const url = `http://${reachable}:${port}/livez`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (answer.ok) return 0;
    process.stderr.write(`${url} answered ${answer.status}\n`);
  } catch (error) {
    process.stderr.write(`${url} does not answer: ${causeOf(error)}\n`);
  }
  return 1;
}
