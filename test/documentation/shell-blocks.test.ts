import t from "tap";
import { allShellBlocks, countText, type Marked, NEEDS, shellBlocksOf } from "./shell-blocks.js";

const BLOCKS = allShellBlocks();
const named = (blocks: typeof BLOCKS) => blocks.map(({ page, line, marked }) => `${page}:${line} ${JSON.stringify(marked)}`);

t.test("every shell block of the documentation says whether it is run, or what it needs", (t) => {
  t.same(named(BLOCKS.filter(({ marked }) => marked.kind === "unmarked")), []);
  t.comment(countText(BLOCKS));
  t.ok(BLOCKS.filter(({ marked }) => marked.kind === "run").length >= 20, "what can be run is");
  t.end();
});

t.test("what a block needs is one of the words that have a meaning, and each word is used", (t) => {
  const used = new Set(BLOCKS.map(({ marked }) => (marked.kind === "needs" ? marked.need : "")));
  t.same(
    Object.keys(NEEDS).filter((need) => !used.has(need as keyof typeof NEEDS)),
    [],
  );
  t.end();
});

t.test("nothing with a hole in it is run", (t) => {
  t.same(
    named(BLOCKS.filter(({ marked, text }) => marked.kind === "run" && /…|<[a-z-]+>|example\.com/.test(text.replace(/#.*$/gm, "")))),
    [],
  );
  t.end();
});

t.test("a block is found with its line, its marks and its text", (t) => {
  const fence = "```";
  const of = (info: string): Marked | undefined => shellBlocksOf("page.md", `${fence}${info}\nls\n${fence}\n`)[0]?.marked;
  t.same(shellBlocksOf("page.md", `# A page\n\n- as a point:\n\n  ${fence}sh run\n  ls\n    cat\n  ${fence}\n`), [
    { page: "page.md", line: 6, marked: { kind: "run", place: "app", serves: false }, text: "ls\n  cat" },
  ]);
  t.same(of("sh run serves in:repository"), { kind: "run", place: "repository", serves: true });
  t.same(of("bash needs:aws"), { kind: "needs", need: "aws" });
  t.equal(of("ts"), undefined, "no shell");
  t.equal(of(""), undefined, "output, for instance");
  for (const info of ["", "needs:nothing", "needs:toString", "run twice", "run serves serves", "RUN", "needs:aws run"])
    t.same(of(`sh ${info}`), { kind: "unmarked", info }, info);
  t.same(shellBlocksOf("page.md", `${fence}sh run\nls`).length, 1, "a fence that is never closed ends with its page");
  t.end();
});
