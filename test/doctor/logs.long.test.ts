import t from "tap";
import type { Finding } from "../../src/doctor/finding.js";
import type { LogTally } from "../../src/doctor/logs/log-tally.js";
import { readLogs } from "../../src/doctor/logs/read-logs.js";
import { verdictsOf } from "../../src/doctor/logs/verdicts.js";

const HOUR = 3_600;
const START_MS = Date.UTC(2026, 10, 20, 8);

const name = (number: number) => number.toString(16).padStart(16, "0");

/** The line of an ended session as the proxy writes it. */
function ended(number: number, fields: object = {}): object {
  return {
    level: 30,
    time: START_MS + number * 60_000,
    event: "session_expired",
    session: name(number),
    user: name(number),
    reason: "expired",
    cause: "refresh_token_expired",
    age_seconds: 30 * HOUR + (number % 100),
    msg: "session ended",
    ...fields,
  };
}

const signedOut = (number: number, ageSeconds: number) => ended(number, { reason: "signed_out", cause: "logout", age_seconds: ageSeconds });
const many = <T>(count: number, make: (number: number) => T) => Array.from({ length: count }, (_, number) => make(number));
const ndjson = (lines: readonly object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

/** In pieces of that many bytes, so that every line is cut somewhere. */
async function* inPieces(text: string, bytes: number): AsyncGenerator<Buffer> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += bytes) yield all.subarray(at, at + bytes);
}

const read = (text: string, bytes = 4_096) => readLogs(inPieces(text, bytes));
const event = (message: string, number = 0) => ({
  logStreamName: "cognito-bff/cognito-bff/0123",
  timestamp: START_MS + number,
  message,
  ingestionTime: START_MS + number + 5,
  eventId: String(number),
});
const page = (messages: readonly string[], rest: object = {}) => ({
  events: messages.map(event),
  searchedLogStreams: [{ logStreamName: "cognito-bff/cognito-bff/0123", searchedCompletely: true }],
  ...rest,
});

function verdictOf(tally: LogTally, id: string): Finding {
  const found = verdictsOf(tally).find((verdict) => verdict.id === id);
  if (found === undefined) throw new Error(`no ${id} among ${verdictsOf(tally).map((verdict) => verdict.id)}`);
  return found;
}

t.test("sessions that ended at one age are named as a lifetime, with the number that did and what was meant", async (t) => {
  const lines = [...many(412, (number) => ended(number)), ...many(18, (number) => signedOut(1_000 + number, number * 7_919))];
  const tally = await read(ndjson(lines));
  const [first] = verdictsOf(tally);
  t.match(first, { id: "log-lifetime", severity: "error" });
  t.equal(first?.what, "412 of 430 sessions ended at 30.0 h ± 1 min: a lifetime, not an outage");
  t.match(first?.meaning, "RefreshTokenValidity is 30 hours, where 30 days were meant, it seems");
  t.match(first?.fix, "cognito-bff doctor fix --refresh-validity 30d");
  t.match(verdictOf(tally, "log-logout"), { severity: "note", what: "18 of 430 sessions ended by logout" });
});

t.test("the ends of one lifetime are known although they are heard within an ID token's life of it", async (t) => {
  const spread = await read(ndjson(many(300, (number) => ended(number, { age_seconds: 30 * HOUR + ((number * 97) % 3_400) }))));
  t.match(verdictOf(spread, "log-lifetime").what, "all 300 sessions ended at 30.0 to 30.9 h: a lifetime");
  const days = await read(ndjson(many(300, (number) => ended(number, { age_seconds: 30 * 24 * HOUR + ((number * 97) % 3_400) }))));
  t.match(verdictOf(days, "log-lifetime"), { severity: "warning", meaning: /RefreshTokenValidity is 30 days\./ });
});

t.test("a lifetime that was changed on the way makes two ages, and both are told", async (t) => {
  const ages = (number: number) => (number % 3 === 0 ? 12 * HOUR : 8 * HOUR) + (number % 60);
  const tally = await read(ndjson(many(90, (number) => ended(number, { age_seconds: ages(number) }))));
  t.match(verdictOf(tally, "log-lifetime"), {
    what: "all 90 sessions ended at 8.0 h ± 1 min, or at 12.0 h ± 1 min: a lifetime, not an outage",
    meaning: /More than one age: the setting was changed \(8 hours, 12 hours\)/,
  });
});

t.test("ages that are spread are no lifetime, and few sessions tell nothing", async (t) => {
  const spread = await read(ndjson(many(200, (number) => ended(number, { age_seconds: 30 * 24 * HOUR + number * 3 * HOUR }))));
  t.match(verdictsOf(spread), [{ id: "log-expired", severity: "note", meaning: /ages from 30.0 days to 54.9 days/ }]);
  const few = await read(ndjson(many(3, (number) => ended(number))));
  t.match(verdictsOf(few), [{ id: "log-expired" }]);
});

t.test("many that were revoked within minutes are somebody's doing", async (t) => {
  const revoked = (number: number) =>
    ended(number, { cause: "refresh_token_revoked", age_seconds: number * 1_000, time: START_MS + 7_200_000 + number * 500 });
  const tally = await read(ndjson([...many(200, revoked), ...many(20, (number) => signedOut(1_000 + number, number))]));
  t.match(verdictsOf(tally)[0], {
    id: "log-revoked-at-once",
    severity: "warning",
    what: "all 200 sessions of this cause ended within five minutes from 2026-11-20 10:00 UTC on: somebody revoked them",
    fix: /CloudTrail/,
  });
  const one = (number: number) => ended(number, { cause: "refresh_token_revoked", age_seconds: number * 10_000 });
  t.match(verdictsOf(await read(ndjson(many(200, one)))), [{ id: "log-revoked", severity: "note", fix: "Nothing to do." }]);
});

t.test("a session that several processes tell of is counted once, with its age from whoever knows it", async (t) => {
  const lines = many(50, (number) => ended(number));
  const unknown = lines.map((line) => ({ ...line, age_seconds: null, user: null }));
  const tally = await read(ndjson([...unknown, ...lines, ...lines]));
  t.equal(tally.ended, 50);
  t.equal(tally.toldAgain, 100);
  t.equal(tally.causes.get("refresh_token_expired")?.ages.count, 50);
});

t.test("an outage is told of beside the sessions, which it did not end", async (t) => {
  const down = (number: number) => ({
    level: 30,
    time: START_MS + number * 1_000,
    reason: "cognito_unavailable",
    request_id: "x",
    msg: "…",
  });
  const alert = { level: 50, time: START_MS, alert: "misconfigured", count: 40, msg: "…" };
  const tally = await read(ndjson([...many(120, down), alert, { level: 30, time: START_MS, reason: "invalid", cause: "unknown_key" }]));
  t.match(verdictOf(tally, "log-cognito-unavailable"), {
    severity: "note",
    what: "120 answers cognito_unavailable between 2026-11-20 08:00 UTC and 2026-11-20 08:01 UTC",
    meaning: /no session ended by it/,
  });
  t.match(verdictOf(tally, "log-misconfigured").what, "40 alerts misconfigured");
  t.match(verdictOf(tally, "log-invalid-unknown-key").fix, "Rotating session keys");
});

const LINES = [...many(40, (number) => ended(number)), ...many(2, (number) => signedOut(100 + number, number))];
const TEXTS = LINES.map((line) => JSON.stringify(line));
const PRETTY = (value: object) => `${JSON.stringify(value, null, 4)}\n`;

const FORMATS: readonly { readonly name: string; readonly text: string }[] = [
  { name: "NDJSON", text: TEXTS.join("\n") },
  { name: "NDJSON with a byte order mark and Windows line ends", text: `\uFEFF${TEXTS.join("\r\n")}\r\n` },
  { name: "aws logs filter-log-events", text: PRETTY(page(TEXTS)) },
  { name: "the same on one line", text: JSON.stringify(page(TEXTS)) },
  { name: "several pages", text: PRETTY(page(TEXTS.slice(0, 20), { nextToken: "x" })) + PRETTY(page(TEXTS.slice(20))) },
  { name: "several pages on a line each", text: `${JSON.stringify(page(TEXTS.slice(0, 9)))}\n${JSON.stringify(page(TEXTS.slice(9)))}` },
  { name: "pages glued together", text: JSON.stringify(page(TEXTS.slice(0, 9))) + JSON.stringify(page(TEXTS.slice(9))) },
  { name: "a page without events, then one", text: PRETTY(page([])) + PRETTY(page(TEXTS)) },
  { name: "messages with a line end", text: PRETTY(page(TEXTS.map((text) => `${text}\n`))) },
  { name: "aws logs tail", text: TEXTS.map((text) => `2026-11-20T08:00:00.000000+00:00 bff/bff/0123 ${text}\n`).join("") },
  {
    name: "aws logs tail --format json",
    text: LINES.map((line) => `2026-11-20T08:00:00.000000+00:00 bff/bff/0123\n${JSON.stringify(line, null, 4)}\n`).join(""),
  },
  {
    name: "Logs Insights",
    text: PRETTY({
      results: TEXTS.map((value) => [
        { field: "@timestamp", value: "2026-11-20 08:00:00.000" },
        { field: "@message", value },
      ]),
      status: "Complete",
    }),
  },
  { name: "its messages alone, as JSON", text: PRETTY(TEXTS) },
  { name: "its messages alone, as text", text: `${TEXTS.join("\t")}\n` },
  { name: "its messages by jq", text: TEXTS.map((text) => `${JSON.stringify(text)}\n`).join("") },
  {
    name: "its events by jq -c",
    text: page(TEXTS)
      .events.map((each) => `${JSON.stringify(each)}\n`)
      .join(""),
  },
  { name: "docker compose logs", text: TEXTS.map((text) => `proxy-1  | ${text}\n`).join("") },
  { name: "Docker's files", text: TEXTS.map((log) => `${JSON.stringify({ log: `${log}\n`, stream: "stdout" })}\n`).join("") },
  { name: "journalctl -o json", text: TEXTS.map((MESSAGE) => `${JSON.stringify({ MESSAGE, PRIORITY: "6" })}\n`).join("") },
];

for (const { name, text } of FORMATS)
  t.test(`a log is read alike as ${name}, wherever its bytes are cut`, async (t) => {
    for (const bytes of [1, 7, 64, 4_096, text.length * 2]) {
      const tally = await read(text, bytes);
      t.same([tally.ended, tally.others, tally.causes.get("logout")?.sessions], [42, 0, 2], `${bytes} bytes at a time`);
      t.equal(tally.fromMs, START_MS);
    }
  });

t.test("times of LOG_TIME=iso are read, and those of CloudWatch where a line has none", async (t) => {
  const iso = await read(ndjson([ended(1, { time: "2026-11-20T09:30:00.000Z" })]));
  t.equal(iso.fromMs, Date.UTC(2026, 10, 20, 9, 30));
  const wrapped = await read(JSON.stringify(page([JSON.stringify(ended(1, { time: undefined }))])));
  t.equal(wrapped.fromMs, START_MS);
});

t.test("lines that are no JSON are counted and told, and so is a document that was cut off", async (t) => {
  const text = `(node:1) Warning: something\n\n${ndjson([ended(1)])}{"level":30,"event":"session_expired"\n[1,2]\n"text"\nnull\n${ndjson([ended(2)])}`;
  for (const bytes of [1, 4_096]) {
    const tally = await read(text, bytes);
    t.same([tally.ended, tally.others, tally.firstOther], [2, 5, 1]);
  }
  const cut = PRETTY(page(TEXTS));
  const tally = await read(cut.slice(0, cut.indexOf(name(20))) + ndjson([ended(500), ended(501)]));
  t.same([tally.ended, tally.others], [21, 1], "up to the line that it is broken in; then lines again");
});

/** Numbers that look like chance and are the same each time (xorshift). */
function* numbers(): Generator<number, never> {
  let state = 2_463_534_242;
  for (;;) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

t.test("whatever a log was cut and glued to, reading it ends, and lines behind the damage are read", async (t) => {
  const chance = numbers();
  const below = (limit: number) => chance.next().value % limit;
  const texts = FORMATS.map(({ text }) => text);
  const behind = ndjson(many(3, (number) => ended(7_000 + number, { reason: "signed_out", cause: "operator" })));
  const unread: string[] = [];
  for (let round = 0; round < 400; round++) {
    const [one = "", other = ""] = [texts[below(texts.length)], texts[below(texts.length)]];
    const damaged = one.slice(0, below(one.length)) + other.slice(below(other.length));
    const tally = await read(`${damaged}\n${behind}`, 1 + below(9_000));
    verdictsOf(tally);
    // The first of them may be lost: it is where one sees that what was cut off does not go on.
    if ((tally.causes.get("operator")?.sessions ?? 0) < 1) unread.push(damaged.slice(-300));
  }
  t.same(unread, []);
});

const DEEP = 100_000;
const HOSTILE: readonly { readonly name: string; readonly text: string }[] = [
  { name: "a line of 20 MB", text: `{"msg":"${"x".repeat(20_000_000)}"}\n` },
  { name: "20 MB of brackets", text: `${"{".repeat(20_000_000)}\n` },
  { name: "a document of brackets", text: `{\n${"[".repeat(5_000_000)}\n` },
  { name: "a deep line", text: `{"a":${"[".repeat(DEEP)}${"]".repeat(DEEP)}}\n` },
  { name: "a page with an element of 20 MB", text: `{"events":[{"message":"${"x".repeat(20_000_000)}"}]}\n` },
  { name: "__proto__", text: '{"__proto__":{"event":"session_expired","cause":"logout"}}\n{"event":"constructor"}\n' },
  {
    name: "causes that are names of every object",
    text: ndjson(
      ["__proto__", "constructor", "toString", 7, null, {}, []].map((cause, number) => ended(number + 9_000, { cause, session: number })),
    ).replace(/"session":\d/g, '"session":{}'),
  },
  {
    name: "numbers that are none",
    text: `${["1e999", "-1", '"7"', "1e300", "null", "[]"].map((n) => `{"event":"session_expired","time":${n},"age_seconds":${n}}`).join("\n")}\n`,
  },
  { name: "bytes that are no UTF-8", text: "" },
];

for (const { name, text } of HOSTILE)
  t.test(`hostile lines cost nothing: ${name}`, async (t) => {
    const lines = new LinesAround(text || null);
    const tally = await readLogs(lines.pieces());
    t.equal(tally.causes.get("refresh_token_expired")?.sessions, 2, "the lines before and behind are read");
    verdictsOf(tally);
    t.equal(({} as { event?: unknown }).event, undefined);
    for (const { ages } of tally.causes.values()) t.ok(ages.count === 0 || (ages.min >= 0 && Number.isFinite(ages.max)));
  });

class LinesAround {
  readonly #text: string | null;

  constructor(text: string | null) {
    this.#text = text;
  }

  async *pieces(): AsyncGenerator<Buffer> {
    yield Buffer.from(ndjson([ended(1)]));
    if (this.#text === null) yield Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x0a]);
    else yield* inPieces(this.#text, 65_536);
    yield Buffer.from(ndjson([ended(2)]));
  }
}
