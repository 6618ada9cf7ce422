import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** What a block needs that no test can give it; the word behind `needs:`. */
export const NEEDS = {
  aws: "an account at AWS, or a user pool",
  ci: "nothing: .ci/run runs it itself",
  cluster: "a Kubernetes cluster",
  deployment: "a deployment at an address of its own",
  docker: "a container engine",
  hours: "half an hour or more",
  network: "the internet",
  redis: "a Redis of one's own",
  root: "to be root of a machine that is set up by it",
  values: "values of the reader's own in it",
} as const;
export type Need = keyof typeof NEEDS;

/** Where a block that is run begins: in an app's folder that has the package, or in a copy of the repository beside it. */
export type Place = "app" | "repository";

export type Marked =
  | { readonly kind: "needs"; readonly need: Need }
  /** `serves`: its last command goes on, and every address that a comment of the block names answers. */
  | { readonly kind: "run"; readonly place: Place; readonly serves: boolean }
  | { readonly kind: "unmarked"; readonly info: string };

export interface ShellBlock {
  readonly page: string;
  /** Of its first line, as editors count. */
  readonly line: number;
  readonly marked: Marked;
  readonly text: string;
}

const SHELLS: ReadonlySet<string> = new Set(["sh", "bash", "shell", "console", "zsh"]);

function marksOf(info: readonly string[]): Marked {
  const [first = "", ...more] = info;
  const need = first.startsWith("needs:") ? first.slice("needs:".length) : "";
  if (more.length === 0 && Object.hasOwn(NEEDS, need)) return { kind: "needs", need: need as Need };
  const serves = more.includes("serves");
  const inRepository = more.includes("in:repository");
  if (first !== "run" || more.length !== Number(serves) + Number(inRepository)) return { kind: "unmarked", info: info.join(" ") };
  return { kind: "run", place: inRepository ? "repository" : "app", serves };
}

/** The shell blocks of a page, in their order. What GitHub shows of a fence is its first word, so that the marks behind it are for us alone. */
export function shellBlocksOf(page: string, markdown: string): readonly ShellBlock[] {
  const lines = markdown.split("\n");
  const blocks: ShellBlock[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, indent = "", fence = "", info = ""] = /^( *)(`{3,})(.*)$/.exec(lines[at] ?? "") ?? [];
    if (fence === "") continue;
    const begin = at + 1;
    at = begin;
    while (at < lines.length && !(lines[at] ?? "").trim().startsWith(fence)) at++;
    const [language = "", ...marks] = info.trim().split(/\s+/);
    if (!SHELLS.has(language)) continue;
    const text = lines.slice(begin, at).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    blocks.push({ page, line: begin + 1, marked: marksOf(marks), text: text.join("\n") });
  }
  return blocks;
}

const FOLDERS = ["bench", "docker", "docs", "examples"];

/** The README first: it is what a newcomer reads first, and makes what the other pages have. */
function pages(): readonly string[] {
  const inside = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => posix.join(folder, name)),
  );
  return [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    ...inside.filter((name) => name.endsWith(".md") && !name.includes("node_modules/")).sort(),
  ];
}

export function allShellBlocks(): readonly ShellBlock[] {
  return pages().flatMap((page) => shellBlocksOf(page, readFileSync(join(ROOT, page), "utf8")));
}

/** How many there are, how many of them are run, and how many need what. */
export function countText(blocks: readonly ShellBlock[]): string {
  const run = blocks.filter(({ marked }) => marked.kind === "run").length;
  const needs = Object.entries(NEEDS).flatMap(([need, what]) => {
    const count = blocks.filter(({ marked }) => marked.kind === "needs" && marked.need === need).length;
    return count === 0 ? [] : [`  ${String(count).padStart(3)}  needs:${need.padEnd(10)}  ${what}`];
  });
  return [`${blocks.length} shell blocks in the documentation`, `  ${String(run).padStart(3)}  run`, ...needs].join("\n");
}
