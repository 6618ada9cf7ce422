import { readFileSync } from "node:fs";
import t from "tap";
import { parseSyntax } from "../support/syntax.js";

/** Compiled: imports of types alone are gone. */
const SOURCES = new URL("../../src/", import.meta.url);

/** The packages that come in with a file at once, itself and all that it imports; what it imports later is none of them. */
function packagesOf(url: URL, seen: Set<string> = new Set()): ReadonlySet<string> {
  const packages = new Set<string>();
  if (seen.has(url.href)) return packages;
  seen.add(url.href);
  const { program } = parseSyntax(url.pathname, readFileSync(url, "utf8"));
  for (const statement of program.body) {
    if (!("source" in statement) || statement.source === null) continue;
    const specifier = statement.source.value;
    if (specifier.startsWith(".")) for (const found of packagesOf(new URL(specifier, url), seen)) packages.add(found);
    else if (!specifier.startsWith("node:")) packages.add(specifier);
  }
  return packages;
}

const packagesOfCommand = (name: string) => packagesOf(new URL(`commands/${name}.js`, SOURCES));

t.test(
  "main loads the command line's parser alone, and commands that only look load no server: health runs every few seconds",
  async (t) => {
    t.same([...packagesOf(new URL("main.js", SOURCES))], ["commander"]);
    for (const command of ["health", "keygen"]) t.same([...packagesOfCommand(command)], [], command);
    t.same([...packagesOfCommand("check-config")], ["undici"], "it says which way out there is");
  },
);

t.test("start waits for nothing that a first call does not need: the AWS SDK, and what serves an app's files", async (t) => {
  const packages = packagesOfCommand("start");
  t.ok(packages.has("fastify") && packages.has("undici"));
  for (const later of ["@aws-sdk/client-cognito-identity-provider", "@fastify/static", "commander", "ws"])
    t.notOk(packages.has(later), later);
});
