import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import t, { type Test } from "tap";
import { doctorOfLogs, type LogsOptions } from "../../src/commands/doctor/logs.js";

const NONE = Readable.from([]);

function lineOf(number: number, fields: object = {}): string {
  const session = number.toString(16).padStart(16, "0");
  return `${JSON.stringify({ level: 30, time: Date.UTC(2026, 10, 20) + number * 60_000, event: "session_expired", session, user: session, reason: "expired", cause: "refresh_token_expired", age_seconds: 108_000 + number, ...fields })}\n`;
}

const LIFETIME = Array.from({ length: 60 }, (_, number) => lineOf(number)).join("");
const SIGNED_OUT = Array.from({ length: 60 }, (_, number) => lineOf(number, { reason: "signed_out", cause: "logout", age_seconds: 0 }));

async function examine(options: LogsOptions, input: Readable = NONE): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: "", err: "" };
  const io = {
    out: (text: string) => {
      texts.out += text;
    },
    err: (text: string) => {
      texts.err += text;
    },
    colours: false,
  };
  const code = await doctorOfLogs(options, io, input);
  return { code, ...texts };
}

const fileOf = (t: Test, name: string, content: string | Buffer) => join(t.testdir({ [name]: content }), name);

t.test("a log with one ended session and ISO times, as on a terminal, is read", async (t) => {
  const { code, out } = await examine({ logs: "-" }, Readable.from([lineOf(0, { time: "2026-11-20T08:00:00.000Z" })]));
  const text = out.replace(/\s+/g, " ");
  t.match(text, "2026-11-20 08:00 UTC to 2026-11-20 08:00 UTC. 1 session of 1 person ended");
  t.match(text, "1 of 1 sessions ended as their refresh token did");
  t.equal(code, 0);
});

t.test("doctor --logs names the lifetime in a file, and exits with 1", async (t) => {
  const { code, out, err } = await examine({ logs: fileOf(t, "proxy.log", `starting\n${LIFETIME}`) });
  t.same([code, err], [1, ""]);
  t.match(out, "ERROR  log-lifetime");
  t.match(out.replace(/\s+/g, " "), "all 60 sessions ended at 30.0 h ± 1 min: a lifetime, not an outage");
  t.match(out, /1 line is no JSON and passed over, the first at line 1\./);
  t.same(
    out.split("\n").filter((line) => line.length > 80),
    [],
    "within 80 columns",
  );
});

t.test("doctor --logs - reads standard input, and a log of people who sign out is clean", async (t) => {
  const { code, out } = await examine({ logs: "-" }, Readable.from(SIGNED_OUT.map((line) => Buffer.from(line))));
  t.equal(code, 0);
  t.match(out, /NOTE {2}log-logout/);
  t.equal((await examine({ logs: "-", failOn: "note" }, Readable.from(SIGNED_OUT))).code, 1);
});

t.test("doctor --logs reads what was packed with gzip, as an export to S3 is", async (t) => {
  const { code, out } = await examine({ logs: fileOf(t, "000000.gz", gzipSync(LIFETIME)) });
  t.equal(code, 1);
  t.match(out, "log-lifetime");
});

t.test("doctor --logs --json is one document with counts, ages in seconds and findings", async (t) => {
  const { out } = await examine({ logs: fileOf(t, "proxy.log", LIFETIME), json: true });
  t.match(JSON.parse(out), {
    lines: 60,
    no_json: 0,
    ended: 60,
    people: 60,
    from: "2026-11-20T00:00:00.000Z",
    causes: [{ cause: "refresh_token_expired", sessions: 60, age_seconds: { known: 60, min: 108_000, max: 108_059 }, at_once: null }],
    findings: [{ id: "log-lifetime", severity: "error" }],
    fail_on: "warning",
  });
});

const BLIND: readonly { readonly name: string; readonly content: string | Buffer | null; readonly says: RegExp }[] = [
  { name: "a file that is not there", content: null, says: /proxy\.log cannot be read: ENOENT\n$/ },
  { name: "an empty file", content: "", says: /nothing in .* is the proxy's log about sessions: 0 lines/ },
  { name: "another program's log", content: "GET / 200\nGET / 404\n", says: /2 lines, 2 of them no JSON/ },
  { name: "what is not gzip", content: null, says: /cannot be read/ },
];

for (const { name, content, says } of BLIND)
  t.test(`doctor --logs exits with 2 and one line for ${name}`, async (t) => {
    const file = name.endsWith("gzip")
      ? fileOf(t, "x.gz", "text")
      : join(t.testdir(content === null ? {} : { "proxy.log": content }), "proxy.log");
    const { code, out, err } = await examine({ logs: file });
    t.same([code, out], [2, ""]);
    t.match(err, says);
    t.equal(err.split("\n").length, 2);
  });

t.test("doctor --logs refuses a severity that is none", async (t) => {
  t.match(await examine({ logs: "-", failOn: "loud" }), { code: 2, err: /--fail-on takes error, warning, note, never/ });
});
