/*
 * `npm run example react`: an example with a framework, behind the demo's proxy, with a local Cognito and an API. It stands on Vite's development server,
 * so that a change in its sources shows at once.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const FRAMEWORKS = ["react", "vue", "svelte"] as const;
export type Framework = (typeof FRAMEWORKS)[number];

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const VITE_PORT = process.env["VITE_PORT"] ?? "5173";

export const folderOf = (framework: Framework): string => `${ROOT}examples/${framework}`;

/** Runs a program to its end. Resolves with what it said; rejects with that where it failed. */
export function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const child = spawn(command, args, {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, npm_config_ignore_scripts: "true" },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(said) : reject(new Error(`${command} ${args.join(" ")}, exit ${code}:\n${said}`))));
  });
}

/** The client's package as it would be published: the examples install it from there. */
export async function assembleClient(): Promise<void> {
  await run(process.execPath, [`${ROOT}dist/test/package/client-package.js`], ROOT);
}

/** What its lockfile says, anew. */
export async function install(framework: Framework): Promise<void> {
  await run("npm", ["ci", "--prefer-offline", "--no-audit", "--no-fund"], folderOf(framework));
}

/** Until one of them ends, or somebody ends this program: then all do. */
async function together(children: readonly ChildProcess[]): Promise<void> {
  const stop = () => {
    for (const child of children) child.kill("SIGTERM");
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  await Promise.race(children.map((child) => new Promise((resolve) => child.once("exit", resolve))));
  stop();
}

async function main(name: string | undefined): Promise<void> {
  const framework = FRAMEWORKS.find((one) => one === name);
  if (framework === undefined) {
    console.error(`usage: npm run example ${FRAMEWORKS.join("|")}`);
    process.exitCode = 2;
    return;
  }
  const folder = folderOf(framework);
  await assembleClient();
  if (!existsSync(`${folder}/node_modules`)) await install(framework);
  const vite = [`${folder}/node_modules/vite/bin/vite.js`, "--logLevel", "warn", "--port", VITE_PORT];
  const demo = [`${ROOT}dist/src/main.js`, "demo"];
  await together([
    spawn(process.execPath, vite, { cwd: folder, stdio: "inherit" }),
    spawn(process.execPath, demo, { stdio: "inherit", env: { ...process.env, SPA_URL: `http://localhost:${VITE_PORT}` } }),
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv[2]);
