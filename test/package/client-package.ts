import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/*
 * The package cognito-bff-client: what browsers need of cognito-bff, of the same build and version, without the server and what that depends on. It
 * stands here, beside the snapshot of the public surface, since it says what is published and is no part of it. `npm run pack:client`.
 */

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

interface Target {
  readonly types: string;
  readonly default: string;
}

interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, Target | string>>;
  readonly sideEffects: readonly string[];
  readonly [name: string]: unknown;
}

/** Its own entry point is the client, the others are called what they are called in cognito-bff. */
const ENTRIES = { "./client": ".", "./element": "./element", "./react": "./react", "./vue": "./vue", "./svelte": "./svelte" } as const;
/** What the entries' own folders import. */
const SHARED = ["wire"];

function manifestOf({ version, exports, sideEffects, ...rest }: Manifest) {
  const entries = Object.entries(ENTRIES).flatMap(([name, own]) => {
    const target = exports[name];
    return typeof target === "object" ? [[own, target] as const] : [];
  });
  const rooms = entries.map(([, target]) => target.default.split("/")[3] ?? "");
  const { license, author, type, peerDependencies, peerDependenciesMeta } = rest;
  const manifest = {
    name: "cognito-bff-client",
    version,
    description: "The browser's side of cognito-bff: a session that ends in the middle of a form costs one sign-in and nothing else.",
    keywords: ["cognito", "bff", "session", "react", "vue", "svelte"],
    ...{ license, author, type },
    sideEffects: sideEffects.filter((path) => rooms.includes(path.split("/")[3] ?? "")),
    exports: { ...Object.fromEntries(entries), "./package.json": "./package.json" },
    files: ["dist", "src"],
    ...{ peerDependencies, peerDependenciesMeta },
  };
  return { manifest, rooms: [...rooms, ...SHARED] };
}

/** Assembles the package in a folder, which is made anew. */
export function assembleClientPackage(folder: string): void {
  const { manifest, rooms } = manifestOf(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  cpSync(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  cpSync(join(ROOT, "docs/cognito-bff-client.md"), join(folder, "README.md"));
  // By the sources: what was built of files that are gone stays behind.
  const sources = rooms.flatMap((room) =>
    readdirSync(join(ROOT, "src", room), { recursive: true, encoding: "utf8" }).map((path) => join(room, path)),
  );
  for (const path of sources.filter((path) => path.endsWith(".ts"))) {
    const built = [".js", ".js.map", ".d.ts"].map((extension) => join("dist/src", path.replace(/\.ts$/, extension)));
    for (const file of [join("src", path), ...built]) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      cpSync(join(ROOT, file), join(folder, file));
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) assembleClientPackage(join(ROOT, "dist/cognito-bff-client"));
