import { ServerResponse } from "node:http";

/*
 * Watches over a whole test file: every token that anybody issues in this process (local Cognito, and every stand-in for it) is noted, and every
 * log line that is written. When the process ends, no line may hold a token, the beginning of one of its parts, or the `sub` or the e-mail address
 * inside it; a line that does fails the file.
 */

const FRAGMENT_LENGTH = 24;
const TOKEN_FIELDS = /"(?:IdToken|AccessToken|RefreshToken|id_token|access_token|refresh_token)"\s*:\s*"([^"]+)"/g;
const RUNS = /[A-Za-z0-9_-]{24,}/g;
const IDENTITIES = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[\w.+-]+@[\w.-]+\w/g;

/** Finds tokens in log lines. */
export class TokenSearch {
  readonly #fragments = new Set<string>();
  readonly #identities = new Set<string>();

  /** Notes the tokens of an answer's body. */
  noteBody(body: string): void {
    for (const [, token = ""] of body.matchAll(TOKEN_FIELDS)) this.noteToken(token);
  }

  noteToken(token: string): void {
    const parts = token.split(".");
    // The header of a token is the same for all.
    for (const part of parts.length > 1 ? parts.slice(1) : parts)
      if (part.length >= FRAGMENT_LENGTH) this.#fragments.add(part.slice(0, FRAGMENT_LENGTH));
    const claims = claimsOf(parts[1] ?? "");
    for (const name of ["sub", "email"]) {
      const value = claims[name];
      if (typeof value === "string") this.#identities.add(value);
    }
  }

  /** The first thing in a line that must not be there; null for a clean one. */
  leakIn(line: string): string | null {
    for (const [run] of line.matchAll(RUNS)) {
      for (let start = 0; start + FRAGMENT_LENGTH <= run.length; start++) {
        const fragment = run.slice(start, start + FRAGMENT_LENGTH);
        if (this.#fragments.has(fragment)) return `a token (${fragment.slice(0, 6)}…)`;
      }
    }
    for (const [identity] of line.matchAll(IDENTITIES))
      if (this.#identities.has(identity)) return `a sub or an e-mail address (${identity})`;
    return null;
  }
}

function claimsOf(part: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
  } catch {
    return {};
  }
}

const search = new TokenSearch();
const lines: string[] = [];

/** Puts a log line before the search at the end of the process. */
export function noteLogLine(line: string): void {
  lines.push(line);
}

const end = ServerResponse.prototype.end;
// Whoever issues tokens in a test answers over HTTP in this process.
ServerResponse.prototype.end = function (this: ServerResponse, ...args: unknown[]): ServerResponse {
  const [body] = args;
  if (typeof body === "string" || Buffer.isBuffer(body)) {
    const text = body.toString();
    if (/[tT]oken/.test(text)) search.noteBody(text);
  }
  return Reflect.apply(end, this, args) as ServerResponse;
};

process.on("exit", () => {
  const leaks = lines.flatMap((line) => {
    const leak = search.leakIn(line);
    return leak === null ? [] : [`${leak} in a log line: ${line.slice(0, 400)}`];
  });
  if (leaks.length === 0) return;
  process.stderr.write(`${leaks.slice(0, 10).join("\n")}\n`);
  process.exitCode = 1;
});
