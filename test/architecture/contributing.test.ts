import { existsSync, readdirSync, readFileSync } from "node:fs";
import t from "tap";

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");
const exists = (path: string) => existsSync(new URL(path, ROOT));

const GUIDE = read("CONTRIBUTING.md");
/** Pages for people outside docs/, whose links nobody else follows. */
const PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", ...readmes("examples/")];

function readmes(folder: string): readonly string[] {
  return readdirSync(new URL(folder, ROOT), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith("README.md") && !path.includes("node_modules/"))
    .map((path) => folder + path);
}

function folders(folder: string): readonly string[] {
  return readdirSync(new URL(folder, ROOT), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => folder + name);
}

t.test("every path that CONTRIBUTING.md names is there", async (t) => {
  const named = [...GUIDE.matchAll(/`((?:src|test|docs|docker|bench|examples|\.ci)\/[^`]+|\w+\.md)`/g)].map(([, path = ""]) => path);
  const paths = named.filter((path) => !/NNN|\*/.test(path));
  t.ok(paths.length > 60);
  t.same(
    paths.filter((path) => !exists(path)),
    [],
  );
});

t.test("every room has its line in CONTRIBUTING.md", async (t) => {
  const rooms = [...folders("src/"), ...folders("src/http/")].filter((room) => room !== "src/http");
  t.same(
    rooms.filter((room) => !GUIDE.includes(`\`${room}\``)),
    [],
  );
});

t.test("the floors that CONTRIBUTING.md names are those that the floors test holds", async (t) => {
  const [, floors = ""] = /^const FLOORS[^{]*\{[^}]*\} = \{\n([\s\S]*?)^\};/m.exec(read("test/architecture/floors.test.ts")) ?? [];
  const held = [...floors.matchAll(/^ {2}(\w+): ([\d.]+),$/gm)].filter(([, room = ""]) => exists(`src/${room}`) && room !== "commands");
  t.ok(held.length > 10);
  for (const [, room = "", floor = ""] of held) t.match(GUIDE, new RegExp(`^\\| ${floor}[a-d]? \\| \`src/${room}[\`/]`, "m"), room);
});

t.test("every npm script that CONTRIBUTING.md and README.md tell people to run exists", async (t) => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const told = [...(GUIDE + read("README.md")).matchAll(/npm run ([\w:]+)/g)].map(([, name = ""]) => name);
  t.ok(told.includes("test:quick"));
  t.same(
    told.filter((name) => !Object.hasOwn(scripts, name)),
    [],
  );
});

t.test("every link of the pages outside docs/ leads to a file", async (t) => {
  for (const page of PAGES) {
    const base = new URL(page, ROOT);
    const targets = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = ""]) => target);
    t.same(
      targets.filter((target) => !existsSync(new URL(target, base))),
      [],
      page,
    );
  }
});
