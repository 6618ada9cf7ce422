import { dirname, join } from "node:path";
import t from "tap";
import { parseSyntax } from "../support/syntax.js";
import { importsOf } from "./imports.js";
import { isOfPage, paths, sourceFiles } from "./source-files.js";

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
  http: [["app", "auth", "management"], ["calls", "login"], ["gate", "connection"], ["problem"]],
  commands: [["."], ["advice"]],
  config: [["."], ["settings"], ["kinds"]],
  demo: [["."], ["spa"]],
  doctor: [["examination", "fix", "logs", "probe"], ["checks"], ["."]],
  rehearse: [["local", "live"], ["scenarios"], ["stage"]],
  proxy: [["tunnel"], ["."], ["routes"], ["connections", "headers"]],
  session: [["."], ["refresh"]],
  store: [["redis"], ["."], ["memory"]],
  "local-cognito": [["."], ["server", "testing"], ["managed-login", "operations"], ["controls", "sign-in"], ["pools"], ["common"]],
};
const MOST_FILES = 14;
/** Rooms that hold more, and why they are one room. */
const LARGE_ROOMS: { readonly [folder: string]: string } = {
  "local-cognito/operations": "one file for each operation of the API, all alike",
};

/** Compiled apart, for the browser: the client sees the wire, the others both, and no other each other. */
const BROWSER = ["client", "element", "react", "vue", "svelte"];
/** Both halves must not share one misreading of Cognito. */
const FAKE = "local-cognito";
const USERS_OF_THE_FAKE = ["commands", "demo", "rehearse"];

/** Files of the composition root and who alone may import them, be it a type: everybody else says in an interface of their own what they need. */
const COMPOSITION: { readonly [path: string]: readonly string[] } = {
  "server/compose.ts": ["server/plugin.ts", "server/server.ts"],
  "server/process-wide.ts": ["server/compose.ts"],
  "server/app-client.ts": ["server/compose.ts"],
};

/** What the demo's page loads as any page does: the built client, from the server. */
const SERVED = new Set(["/auth/client.js", "/auth/element.js"]);

interface Imported {
  /** From `src`. */
  readonly path: string;
  readonly handedOn: boolean;
}

interface ImportingFile {
  readonly path: string;
  /** Files of ours. */
  readonly ours: readonly Imported[];
  /** Packages and modules of Node's. */
  readonly others: readonly string[];
  readonly faults: readonly string[];
}

/** The source that an import means: TypeScript's are named by what they are compiled to. */
function sourceOf(from: string, specifier: string): string {
  const path = join(dirname(from), specifier);
  return isOfPage(from) ? path : path.replace(/\.([cm]?)js$/, ".$1ts");
}

function readImports(path: string, syntax: Parameters<typeof importsOf>[0]): ImportingFile {
  const { found, faults } = importsOf(syntax);
  const [ours, others] = [
    found.filter(({ specifier }) => specifier.startsWith(".")),
    found.filter(({ specifier }) => !specifier.startsWith(".")),
  ];
  return {
    path,
    ours: ours.map(({ specifier, handedOn }) => ({ path: sourceOf(path, specifier), handedOn })),
    others: others.flatMap(({ specifier }) => (isOfPage(path) && SERVED.has(specifier) ? [] : [specifier])),
    faults: isOfPage(path) ? faults.filter((fault) => !SERVED.has(fault.replace(/:.*/, ""))) : faults,
  };
}

const files: readonly ImportingFile[] = sourceFiles.map(({ path, syntax }) => readImports(path, syntax));

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

function browserFault(source: string, target: string): string | null {
  if (target === "wire" || (target === "client" && source !== "client")) return null;
  return source === "client" ? "the browser's client imports wire only" : "what builds on the browser's client imports it and wire only";
}

/** What is wrong with an import between floors, or within one; null where nothing is. */
function floorFault(from: string, to: string): string | null {
  const [source, target] = [placeOf(from), placeOf(to)];
  if (to.startsWith("..")) return "leaves src";
  if (isOfPage(from)) return isOfPage(to) ? null : "a browser gets the page's own files alone";
  if (source === target) return roomFault(source, roomOf(from), roomOf(to));
  if (source === FAKE) return "local-cognito imports nothing of ours";
  if (target === FAKE) return USERS_OF_THE_FAKE.includes(source) ? null : "only commands, demo and rehearse may use local-cognito";
  if (BROWSER.includes(source)) return browserFault(source, target);
  const [above, below] = [FLOORS[source], FLOORS[target]];
  if (above === undefined || below === undefined) return "stands on no floor";
  if (above === below) return "two folders of one floor";
  return above > below ? null : "upward";
}

/** What is wrong with an import, or null. */
function fault(from: string, to: string, handedOn = false): string | null {
  const users = COMPOSITION[to];
  const ofComposition = users !== undefined && (handedOn || !users.includes(from)) ? "the composition root is for those on its list" : null;
  return floorFault(from, to) ?? ofComposition;
}

/** All that is wrong with what a file imports. */
function faultsOf({ path, ours, faults }: ImportingFile): readonly string[] {
  const ofOurs = ours.flatMap((target) => {
    const why = fault(path, target.path, target.handedOn);
    return why === null ? [] : [`${target.path}: ${why}`];
  });
  return [...faults, ...ofOurs].map((why) => `${path} -> ${why}`);
}

t.test("there is something to look at, and the looking works", (t) => {
  t.ok(files.length > 50);
  t.ok(files.some(({ ours }) => ours.length > 3));
  t.equal(fault("store/cookies.ts", "session/limits.ts"), "upward");
  t.equal(fault("store/cookies.ts", "cognito/secret-hash.ts"), "two folders of one floor");
  t.equal(fault("http/problem/problem.ts", "http/gate/cross-site.ts"), "upward within its floor");
  t.equal(fault("http/gate/cross-site.ts", "http/connection/turns.ts"), "two rooms side by side");
  t.equal(fault("http/elsewhere/x.ts", "http/problem/problem.ts"), "a room that is on no list");
  t.equal(fault("http/auth/session.ts", "http/gate/cross-site.ts"), null);
  t.equal(fault("http/auth/session.ts", "server/compose.ts"), "upward");
  t.equal(fault("server/server.ts", "local-cognito/index.ts"), "only commands, demo and rehearse may use local-cognito");
  t.equal(fault("local-cognito/index.ts", "model/clock.ts"), "local-cognito imports nothing of ours");
  t.equal(fault("client/client.ts", "model/session.ts"), "the browser's client imports wire only");
  t.equal(fault("client/client.ts", "react/index.ts"), "the browser's client imports wire only");
  t.equal(fault("react/index.ts", "client/index.ts"), null);
  t.equal(fault("react/index.ts", "element/index.ts"), "what builds on the browser's client imports it and wire only");
  t.equal(fault("elsewhere/x.ts", "wire/reasons.ts"), "stands on no floor");
  t.equal(fault("session/limits.ts", "store/session-store.ts"), null);
  t.equal(fault("demo/spa/app.js", "wire/reasons.ts"), "a browser gets the page's own files alone");
  t.equal(fault("server/plugin.ts", "server/compose.ts"), null);
  t.equal(fault("server/plugin.ts", "server/compose.ts", true), "the composition root is for those on its list", "nor is it handed on");
  for (const from of ["server/routes.ts", "demo/demo.ts", "commands/start.ts", "index.ts"])
    t.equal(fault(from, "server/compose.ts"), "the composition root is for those on its list", from);
  t.end();
});

t.test("whatever way an import is written, it is seen", (t) => {
  const upward = ["session/limits.ts: upward"];
  const faultsIn = (code: string) =>
    faultsOf(readImports("store/x.ts", parseSyntax("store/x.ts", code))).map((text) => text.replace("store/x.ts -> ", ""));
  for (const code of [
    'import { a } from "../session/limits.js";',
    'import type { A } from "../session/limits.js";',
    'import "../session/limits.js";',
    'import { a } from /* here */ "../session/limits.js";',
    'import { a } from "..\\u002fsession/limits.js";',
    'export { a } from "../session/limits.js";',
    'export * from "../session/limits.js";',
    'const a = await import("../session/limits.js");',
    "const a = await import(`../session/limits.js`);",
    'const a = await import(/* here */ "../session/limits.js");',
    'type A = import("../session/limits.js").A;',
    'declare module "../session/limits.js" { interface A {} }',
  ])
    t.same(faultsIn(code), upward, code);
  t.same(faultsIn('import a = require("../session/limits.js");'), ["import … =: not of ES modules", ...upward]);
  for (const code of [
    'const a = require("../session/limits.js");',
    'import { createRequire } from "node:module";',
    'import module from "module";',
    'import type { A } from "cognito-bff";',
    'import { a } from "cognito-bff/local-cognito";',
    'import { a } from "#session";',
    'import { a } from "/src/session/limits.js";',
    'import { a } from "file:///src/session/limits.js";',
    'import { a } from "data:text/javascript,1";',
    "const a = await import(path);",
    '/// <reference path="../session/limits.ts" />',
    '/// <reference types="cognito-bff" />',
  ])
    t.equal(faultsIn(code).length, 1, code);
  for (const code of [
    '// import { a } from "../session/limits.js";',
    "const text = 'import { a } from \"../session/limits.js\"';",
    'import { a } from "../model/clock.js"; import { readFile } from "node:fs/promises"; import fastify from "fastify";',
    "gate.require(visit);",
  ])
    t.same(faultsIn(code), [], code);
  t.end();
});

t.test("every folder stands on a floor", (t) => {
  const places = new Set(paths.map(placeOf));
  const known = new Set([...Object.keys(FLOORS), ...BROWSER, FAKE]);
  t.same(
    [...places].filter((place) => !known.has(place)),
    [],
  );
  t.end();
});

t.test("imports go strictly downward, folders on one floor do not import each other", (t) => {
  t.same(files.flatMap(faultsOf), []);
  t.end();
});

t.test("imports name files that exist", (t) => {
  const known = new Set(paths);
  t.same(
    files.flatMap(({ path, ours }) => ours.filter((target) => !known.has(target.path)).map((target) => `${path} -> ${target.path}`)),
    [],
  );
  t.end();
});

t.test("code is TypeScript's ES modules, but for the page of the demo, which browsers get as it stands", (t) => {
  t.same(
    files.filter(({ path }) => !isOfPage(path) && !/\.tsx?$/.test(path)).map(({ path }) => path),
    [],
  );
  t.end();
});

t.test("no folder has more than 14 files of whatever kind, unless the list above says why it is one room", (t) => {
  const folders = new Map<string, number>();
  for (const path of paths) folders.set(dirname(path), (folders.get(dirname(path)) ?? 0) + 1);
  const large = [...folders].filter(([, count]) => count > MOST_FILES).map(([folder]) => folder);
  t.same(large.sort(), Object.keys(LARGE_ROOMS).sort(), "none more, and none that has no need of its exception");
  t.end();
});

t.test("the wire imports nothing, not even Node", (t) => {
  for (const { path, ours, others } of files.filter(({ path }) => placeOf(path) === "wire")) {
    t.ok(
      ours.every((target) => placeOf(target.path) === "wire"),
      path,
    );
    t.same(others, [], path);
  }
  t.end();
});

t.test("no file is longer than 300 lines", (t) => {
  const long = sourceFiles.filter(({ syntax }) => syntax.text.split("\n").length - 1 > 300);
  t.same(
    long.map(({ path }) => path),
    [],
  );
  t.end();
});
