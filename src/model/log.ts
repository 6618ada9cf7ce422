/** What the lower floors need of a logger; pino's shape. No field may hold a token, an e-mail address or a raw `sub`. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Swallows everything. */
export const silentLog: Log = { info() {}, warn() {}, error() {} };

/** What may be said of an error in a log: its name, code and message, never the objects it carries (they may hold a token). */
export function describeError(error: unknown): { name: string; code?: string; message: string } {
  if (!(error instanceof Error)) return { name: typeof error, message: "not an Error" };
  // V8 quotes the text it could not parse, and that text may hold a token.
  if (error instanceof SyntaxError) return { name: error.name, message: "the answer is not what was expected" };
  const code = (error as NodeJS.ErrnoException).code;
  return { name: error.name, ...(typeof code === "string" ? { code } : {}), message: error.message.slice(0, 300) };
}
