import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";

// Compiled to <out dir>/test/architecture.
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const SRC = join(ROOT, "src");

/** The house: imports go strictly downward. */
const FLOORS: { readonly [place: string]: number } = {
  wire: 0,
  model: 1,
  network: 1.5,
  telemetry: 1.5,
  config: 2,
  store: 2,
  cognito: 2,
  session: 3,
  proxy: 4,
  http: 5,
  server: 6,
  demo: 7,
  doctor: 7,
  rehearse: 7,
  commands: 8,
  "index.ts": 8,
  "main.ts": 9,
};

/** The rooms of a floor, from the top: each sees those on later lines alone. A floor's own files, ".", have a line like any room. */
const ROOMS: { readonly [place: string]: readonly (readonly string[])[] } = {
  http: [["app", "auth"], ["calls"], ["gate", "connection"], ["problem"]],
  config: [["."], ["settings"], ["kinds"]],
  proxy: [["tunnel"], ["."], ["routes"], ["connections", "headers"]],
  session: [["."], ["refresh"]],
  "local-cognito": [["."], ["server"], ["managed-login", "operations"], ["controls", "sign-in"], ["pools"], ["common"]],
};
const MOST_FILES = 14;
/** Rooms that hold more, and why they are one room. */
const LARGE_ROOMS: { readonly [folder: string]: string } = {
  "local-cognito/operations": "one file for each operation of the API, all alike",
};

/** Compiled apart, for the browser: they may see the wire's types and nothing else. */
const BROWSER = ["client", "element", "react"];
/** Both halves must not share one misreading of Cognito. */
const FAKE = "local-cognito";
const USERS_OF_THE_FAKE = ["commands", "demo"];

interface SourceFile {
  /** From `src`, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Without comments and the contents of strings. */
  readonly code: string;
  /** Files of ours it imports, from `src`. */
  readonly imports: readonly string[];
}

/** Takes comments and the contents of quoted strings out, one token at a time; templates stay, since they may hold code. */
function bare(text: string): string {
  const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|`(?:[^`\\]|\\[\s\S])*`|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g;
  return text.replace(token, (found) => {
    if (found.startsWith("`")) return found;
    return found.startsWith("/") ? " " : '""';
  });
}

const readsWallClock = (code: string) => /\bDate\s*\.\s*now\b|\bnew\s+Date\b\s*(?:\(\s*\)|(?!\s*\())|(?<!\bnew\s+)\bDate\s*\(/.test(code);
/** Timers and readings of the machine's own: `AbortSignal.timeout`, `performance.now`, `process.hrtime`, `setTimeout` (not a socket's), `setInterval`. */
const runsOwnTime = (code: string) =>
  /\bAbortSignal\s*\.\s*timeout\b|\bperformance\s*\.\s*(?:now|timeOrigin)\b|\bhrtime\b|(?:(?<!\.\s*)|\bglobalThis\s*\.\s*)\bset(?:Timeout|Interval)\b/.test(
    code,
  );
const importsTimers = (text: string) => /\bfrom\s*["'](?:node:)?(?:timers(?:\/promises)?|perf_hooks)["']/.test(text);
const readsProcess = (code: string) => /\bprocess\s*\.\s*(?:env|argv)\b|\bprocess\s*\[/.test(code);
const importsProcess = (text: string) => /\bimport\b[^;]*\b(?:env|argv)\b[^;]*\bfrom\s*["'](?:node:)?process["']/.test(text);

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s*)(["'])(\.{1,2}\/[^"']*)\1/g;

function read(file: string): SourceFile {
  const text = readFileSync(file, "utf8");
  const imports = [...text.matchAll(IMPORT)].map(([, , specifier = ""]) =>
    relative(SRC, join(dirname(file), specifier)).replace(/\.js$/, ".ts"),
  );
  return { path: relative(SRC, file), text, code: bare(text), imports };
}

const files: readonly SourceFile[] = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") || path.endsWith(".tsx"))
  .map((path) => read(join(SRC, path)));

const placeOf = (path: string): string => path.split("/")[0] ?? path;
const roomOf = (path: string): string => (path.split("/").length > 2 ? (path.split("/")[1] ?? ".") : ".");

/** What is wrong with an import within one floor, or null. */
function roomFault(place: string, from: string, to: string): string | null {
  if (from === to) return null;
  const line = (room: string) => ROOMS[place]?.findIndex((rooms) => rooms.includes(room)) ?? -1;
  const [above, below] = [line(from), line(to)];
  if (above === -1 || below === -1) return "a room that is on no list";
  if (above === below) return "two rooms side by side";
  return above < below ? null : "upward within its floor";
}

/** What is wrong with an import, or null. */
function fault(from: string, to: string): string | null {
  const [source, target] = [placeOf(from), placeOf(to)];
  if (to.startsWith("..")) return "leaves src";
  if (source === target) return roomFault(source, roomOf(from), roomOf(to));
  if (source === FAKE) return "local-cognito imports nothing of ours";
  if (target === FAKE) return USERS_OF_THE_FAKE.includes(source) ? null : "only commands and demo may use local-cognito";
  if (BROWSER.includes(source)) return target === "wire" ? null : "the browser's files import wire only";
  const [above, below] = [FLOORS[source], FLOORS[target]];
  if (above === undefined || below === undefined) return "stands on no floor";
  if (above === below) return "two folders of one floor";
  return above > below ? null : "upward";
}

t.test("there is something to look at, and the looking works", (t) => {
  t.ok(files.length > 50);
  t.ok(files.some((file) => file.imports.length > 3));
  t.equal(fault("store/cookies.ts", "session/limits.ts"), "upward");
  t.equal(fault("store/cookies.ts", "cognito/secret-hash.ts"), "two folders of one floor");
  t.equal(fault("http/problem/problem.ts", "http/gate/cross-site.ts"), "upward within its floor");
  t.equal(fault("http/gate/cross-site.ts", "http/connection/turns.ts"), "two rooms side by side");
  t.equal(fault("http/elsewhere/x.ts", "http/problem/problem.ts"), "a room that is on no list");
  t.equal(fault("http/auth/session.ts", "http/gate/cross-site.ts"), null);
  t.equal(fault("http/auth/session.ts", "server/compose.ts"), "upward");
  t.equal(fault("server/server.ts", "local-cognito/index.ts"), "only commands and demo may use local-cognito");
  t.equal(fault("local-cognito/index.ts", "model/clock.ts"), "local-cognito imports nothing of ours");
  t.equal(fault("client/client.ts", "model/session.ts"), "the browser's files import wire only");
  t.equal(fault("elsewhere/x.ts", "wire/reasons.ts"), "stands on no floor");
  t.equal(fault("session/limits.ts", "store/session-store.ts"), null);
  t.equal(bare('a /* x */ + "b // c" // d\n'), 'a   + ""  \n');
  for (const code of [
    "Date.now()",
    "const now = Date.now;",
    "new Date()",
    "new Date( )",
    "new Date;",
    "Date()",
    "`a ${" + "Date.now()} https://x`",
  ])
    t.ok(readsWallClock(bare(code)), code);
  for (const code of ["new Date(ms)", "new DateFormat()", "clock.now()", "// Date.now()", '"Date.now()"', "Date.UTC(2026)"])
    t.notOk(readsWallClock(bare(code)), code);
  for (const code of [
    "AbortSignal.timeout(5)",
    "performance.now()",
    "const now = performance . now;",
    "process.hrtime.bigint()",
    "setTimeout(f, 5)",
    "await new Promise((resolve) => setTimeout(resolve, 5))",
    "globalThis.x = setInterval",
    "globalThis.setTimeout(f)",
  ])
    t.ok(runsOwnTime(bare(code)), code);
  for (const code of ["socket.setTimeout(0)", "clearTimeout(timer)", "// setTimeout", '"performance.now()"', "clock.deadline(5, f)"])
    t.notOk(runsOwnTime(bare(code)), code);
  t.ok(importsTimers('import { setTimeout as wait } from "node:timers/promises";'));
  for (const code of ["process.env", "process . argv", 'process["env"]']) t.ok(readsProcess(bare(code)), code);
  t.ok(importsProcess('import { env } from "node:process";'));
  t.notOk(readsProcess(bare("process.exitCode = 1; // process.env")));
  t.end();
});

t.test("every folder stands on a floor", (t) => {
  const places = new Set(files.map((file) => placeOf(file.path)));
  const known = new Set([...Object.keys(FLOORS), ...BROWSER, FAKE]);
  t.same(
    [...places].filter((place) => !known.has(place)),
    [],
  );
  t.end();
});

t.test("imports go strictly downward, folders on one floor do not import each other", (t) => {
  const faults = files.flatMap((file) =>
    file.imports.flatMap((target) => {
      const why = fault(file.path, target);
      return why ? [`${file.path} -> ${target}: ${why}`] : [];
    }),
  );
  t.same(faults, []);
  t.end();
});

t.test("imports name files that exist", (t) => {
  const known = new Set(files.map((file) => file.path));
  t.same(
    files.flatMap((file) => file.imports.filter((target) => !known.has(target)).map((target) => `${file.path} -> ${target}`)),
    [],
  );
  t.end();
});

t.test("no folder has more than 14 files, unless the list above says why it is one room", (t) => {
  const folders = new Map<string, number>();
  for (const { path } of files) folders.set(dirname(path), (folders.get(dirname(path)) ?? 0) + 1);
  t.same(
    [...folders].filter(([folder, count]) => count > MOST_FILES && !(folder in LARGE_ROOMS)),
    [],
  );
  t.end();
});

t.test("the wire imports nothing, not even Node", (t) => {
  for (const file of files.filter(({ path }) => placeOf(path) === "wire")) {
    t.ok(
      file.imports.every((target) => placeOf(target) === "wire"),
      file.path,
    );
    t.notMatch(file.text, /(?:from|import)\s*\(?\s*["'](?!\.)/, file.path);
  }
  t.end();
});

t.test("only the clocks read the wall clock", (t) => {
  const clocks = ["model/clock.ts", "local-cognito/common/clock.ts"];
  const readers = files.filter(({ path, code }) => !clocks.includes(path) && readsWallClock(code));
  t.same(
    readers.map(({ path }) => path),
    [],
  );
  t.end();
});

/** What waits or measures without the clock, and why. */
const OWN_TIME: { readonly [path: string]: string } = {
  "model/clock.ts": "the clocks themselves",
  "commands/health.ts": "one question of a command that ends with its answer",
  "commands/stop.ts": "bounds the end of the process, whatever hangs in it",
  "http/connection/open-connections.ts": "looks whether bytes of real sockets have come before the process ends",
  "local-cognito/controls/gate.ts": "the fault `latency` really takes its time",
  "network/proxy-tunnel.ts": "how long connecting may take, as undici bounds it for straight connections",
  "server/drain.ts": "gives the real sockets of refused calls a moment before the process ends",
  "telemetry/log-output.ts": "a slow pipe or a full disk is asked again, and the last lines are written where no callback comes any more",
};

t.test("only the clocks start timers and measure durations, and what the list above gives a reason for", (t) => {
  const found = files.filter(({ code, text }) => runsOwnTime(code) || importsTimers(text));
  t.same(found.map(({ path }) => path).sort(), Object.keys(OWN_TIME).sort(), "none more, and none that has no need of its exception");
  t.end();
});

t.test("only main.ts reads the environment and the command line", (t) => {
  const readers = files.filter(({ path, code, text }) => path !== "main.ts" && (readsProcess(code) || importsProcess(text)));
  t.same(
    readers.map(({ path }) => path),
    [],
  );
  t.end();
});

t.test("no file is longer than 300 lines", (t) => {
  const long = files.filter(({ text }) => text.split("\n").length - 1 > 300);
  t.same(
    long.map(({ path }) => path),
    [],
  );
  t.end();
});
