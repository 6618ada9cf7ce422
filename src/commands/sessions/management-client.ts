import { type Environment, givenByEnvironment, type ReadFile, readTextFile } from "../../config/given-settings.js";
import { decodeAs } from "../../config/kinds/kind.js";
import { SETTINGS } from "../../config/settings/settings.js";
import { systemClock } from "../../model/clock.js";
import type { Secret } from "../../model/secret.js";
import { printable } from "../../model/terminal-text.js";

/** Somebody who gives orders has to write something otherwise, or the proxy cannot be asked; the message says what to do. */
export class SessionsFault extends Error {
  override readonly name = "SessionsFault";
}

/** The session routes of a running proxy. */
export interface ManagementClient {
  /** What the proxy answered, parsed; null where there is no such session. */
  ask(method: "GET" | "DELETE", path: string, parameters?: Readonly<Record<string, string>>): Promise<unknown>;
}

/** Ending a hundred sessions waits for Cognito's first answers. */
const ANSWER_WITHIN_MS = 120_000;
const EVERYWHERE: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);
const NAMES = ["MANAGEMENT_TOKEN", "MANAGEMENT_HOST", "MANAGEMENT_PORT"] as const;

/** Only these: nobody has to have a whole configuration at hand to end a session. */
function settingsIn(env: Environment, readFile: ReadFile) {
  const ours = NAMES.flatMap((name) => [name, `${name}_FILE`]).map((name) => [name, env[name]] as const);
  const given = givenByEnvironment(Object.fromEntries(ours), readFile);
  const [fault] = given.faults;
  if (fault) throw new SessionsFault(`${fault.name}: expected ${fault.expected}`);
  return (name: (typeof NAMES)[number]) => given.values.get(name)?.raw ?? null;
}

function tokenIn(raw: unknown): Secret {
  const { kind } = SETTINGS.MANAGEMENT_TOKEN;
  if (raw === null)
    throw new SessionsFault("MANAGEMENT_TOKEN, or MANAGEMENT_TOKEN_FILE, is not set: it has to be the one that the proxy was started with");
  const decoded = decodeAs(kind, raw);
  if (decoded.kind === "refused") throw new SessionsFault(`MANAGEMENT_TOKEN: expected ${kind.expected}`);
  return decoded.value;
}

function baseOf(url: string | null, host: unknown, port: unknown): URL {
  if (url !== null) {
    const isBase = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) && new URL(url).username === "";
    if (!isBase) throw new SessionsFault("--url: expected the management address of a proxy, such as http://127.0.0.1:9000");
    return new URL(url.endsWith("/") ? url : `${url}/`);
  }
  const name = host === null || EVERYWHERE.has(String(host)) ? "127.0.0.1" : String(host);
  const address = `http://${name.includes(":") ? `[${name}]` : name}:${String(port ?? 9000)}/`;
  if (!URL.canParse(address)) throw new SessionsFault("MANAGEMENT_HOST and MANAGEMENT_PORT are no address; --url says another");
  return new URL(address);
}

function field(document: unknown, name: string): string {
  const value = typeof document === "object" && document !== null ? Object.entries(document).find(([key]) => key === name)?.[1] : undefined;
  return typeof value === "string" ? printable(value) : "";
}

function faultOf(status: number, document: unknown, base: URL): SessionsFault {
  const detail = field(document, "detail");
  switch (status) {
    case 401:
      return new SessionsFault(`${base.origin} does not take this MANAGEMENT_TOKEN: it was started with another one`);
    case 404:
      // Where the routes exist, what says so has a detail of its own.
      return new SessionsFault(
        detail.includes("SESSION_STORE=cookie")
          ? "this deployment keeps sessions in cookies (SESSION_STORE=cookie): there is nothing to list or to end"
          : `${base.origin} has no session routes: start the proxy with MANAGEMENT_TOKEN`,
      );
    default:
      return new SessionsFault(`${base.origin} answered ${status}${detail === "" ? "" : `: ${detail}`}`);
  }
}

/** @throws SessionsFault where the environment or the option cannot be understood. */
export function openManagement(env: Environment, url: string | null, readFile: ReadFile = readTextFile): ManagementClient {
  const setting = settingsIn(env, readFile);
  const base = baseOf(url, setting("MANAGEMENT_HOST"), setting("MANAGEMENT_PORT"));
  const token = tokenIn(setting("MANAGEMENT_TOKEN"));

  async function send(method: string, address: URL): Promise<{ readonly status: number; readonly document: unknown }> {
    const late = new AbortController();
    const cancel = systemClock.deadline(ANSWER_WITHIN_MS, () => late.abort());
    try {
      const answer = await fetch(address, {
        method,
        // Whoever redirects is not the proxy, and must not see the token.
        redirect: "manual",
        signal: late.signal,
        headers: { authorization: `Bearer ${token.reveal()}`, accept: "application/json" },
      });
      const text = await answer.text();
      const isJson = /[/+]json\b/.test(answer.headers.get("content-type") ?? "");
      return { status: answer.status, document: isJson ? JSON.parse(text) : null };
    } catch (error) {
      if (late.signal.aborted) throw new SessionsFault(`${base.origin} did not answer within ${ANSWER_WITHIN_MS / 1000} s`);
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const why = cause instanceof Error ? ("code" in cause ? String(cause.code) : cause.message) : "unknown error";
      throw new SessionsFault(`${base.origin} cannot be asked (${printable(why)}): is it the proxy's management address?`);
    } finally {
      cancel();
    }
  }

  return {
    async ask(method, path, parameters = {}) {
      const address = new URL(`.${path}`, base);
      for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
      const { status, document } = await send(method, address);
      if (status === 200) return document;
      if (status === 404 && field(document, "detail").includes("under this handle")) return null;
      throw faultOf(status, document, base);
    },
  };
}
