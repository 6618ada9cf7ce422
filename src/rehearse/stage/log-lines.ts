import { Writable } from "node:stream";
import fastify, { type FastifyBaseLogger } from "fastify";

export type LogFields = Readonly<Record<string, unknown>>;

/** The proxy's log, kept to be read. */
export interface LogLines {
  readonly logger: FastifyBaseLogger;
  readonly lines: readonly LogFields[];
  /** Everything that was written. */
  text(): string;
}

export function keepLogLines(): LogLines {
  const lines: LogFields[] = [];
  const texts: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const text = chunk.toString();
      texts.push(text);
      lines.push(JSON.parse(text) as LogFields);
      done();
    },
  });
  return { logger: fastify({ logger: { level: "info", stream } }).log, lines, text: () => texts.join("") };
}

/** Whether a line has all of these fields, those of inner objects included. */
export function hasFields(line: unknown, wanted: LogFields): boolean {
  if (typeof line !== "object" || line === null) return false;
  const fields: LogFields = { ...line };
  return Object.entries(wanted).every(([name, value]) =>
    typeof value === "object" && value !== null ? hasFields(fields[name], { ...value }) : fields[name] === value,
  );
}
