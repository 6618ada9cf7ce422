import type { Declared, EntrySurface, PublicSurface } from "./public-api.js";

/*
 * docs/api.md: the public surface for people, made of the declarations that are published, their comments and nothing else. What settings, routes and
 * the client mean in whole is in the pages that this one leads to.
 */

/** What each entry point is for, and the page that shows it at work. */
const ENTRIES: Readonly<Record<string, string>> = {
  "cognito-bff":
    "The server and the plugin for Fastify, for Node.js. Shown at work in [In a Fastify app of your own](embedding.md); the settings are those of [Configuration](configuration.md).",
  "cognito-bff/client": "The session of a page, for browsers, without dependencies. Shown at work in [In the browser](frontend.md).",
  "cognito-bff/element":
    "`<session-guard>`: importing it defines the element. Shown at work in [In the browser](frontend.md#session-guard).",
  "cognito-bff/react": "The session in React 18 and newer. Shown at work in [In the browser](frontend.md).",
  "cognito-bff/vue": "The session in Vue 3.5 and newer. Shown at work in [In the browser](frontend.md).",
  "cognito-bff/svelte": "The session as a Svelte store. Shown at work in [In the browser](frontend.md).",
  "cognito-bff/local-cognito": "A local Cognito for tests of your own, in Node.js. Never a part of what is deployed.",
};

const INTRODUCTION = `# The programming interface

*This page is generated from the published types and their comments by \`npm run api\`; a test says when it is behind.*

What can be imported is listed here; nothing else of the package can. What may change in which release:
[Compatibility](compatibility.md).`;

/** Values before types, each in the order of names. */
function inOrder(declared: readonly Declared[]): readonly Declared[] {
  const isType = ({ text }: Declared) => /^(?:interface|type) /.test(text);
  return [...declared.filter((one) => !isType(one)), ...declared.filter(isType)];
}

const anchorOf = (title: string) =>
  title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, "")
    .replaceAll(" ", "-");

/** `### createServer in cognito-bff/react` where another entry point has one of that name already. */
function titleOf(name: string, entry: string, taken: ReadonlySet<string>): string {
  return taken.has(name.toLowerCase()) ? `${name} in ${entry}` : name;
}

function entrySection({ name: entry, exported, reached }: EntrySurface, taken: Set<string>): string {
  const titled = inOrder(exported).map((declared) => {
    const title = titleOf(declared.name, entry, taken);
    taken.add(declared.name.toLowerCase());
    return { declared, title };
  });
  const links = titled.map(({ declared: { name }, title }) => `[\`${name}\`](#${anchorOf(title)})`).join(", ");
  return [
    `## ${entry}`,
    ENTRIES[entry] ?? "",
    links,
    ...titled.map(({ declared, title }) => declarationSection(`### ${title}`, declared)),
    ...(reached.length === 0
      ? []
      : [`### Types that ${entry} names`, "Not imported by name, but part of the above.", block(reached.map(withComment))]),
  ].join("\n\n");
}

function declarationSection(heading: string, declared: Declared): string {
  return [heading, prose(declared.comment), block([declared.source])].filter((part) => part !== "").join("\n\n");
}

const withComment = ({ comment, source }: Declared) => (comment === "" ? source : `${comment}\n${source}`);

/** What is private of a class is nobody's. */
function block(sources: readonly string[]): string {
  return `\`\`\`ts\n${sources.map((source) => source.replaceAll(/^ +(?:#private|private .*);\n/gm, "")).join("\n\n")}\n\`\`\``;
}

const TAGS: Readonly<Record<string, string>> = { throws: "Throws", returns: "Returns" };

/** A comment without its stars: paragraphs, and what is said of parameters and errors as a list. */
function prose(comment: string): string {
  const text = comment
    .replace(/^\/\*\*/, "")
    .replace(/\*\/$/, "")
    .replaceAll(/^ *\* ?/gm, "");
  const [about = "", ...tags] = text.split(/^\s*@(?=(?:param|throws|returns)\b)/m);
  const paragraphs = about
    .split(/\n\s*\n/)
    .map(inOneLine)
    .filter(Boolean);
  const items = tags.map((tag) => {
    const [, kind = "", rest = ""] = /^(\w+)\s+([\s\S]*)$/.exec(tag) ?? [];
    if (kind !== "param") return `- ${TAGS[kind] ?? kind} ${inOneLine(rest)}`;
    const [, name = "", what = ""] = /^(\S+)\s+([\s\S]*)$/.exec(rest) ?? [];
    return `- \`${name}\`: ${inOneLine(what)}`;
  });
  return [...paragraphs, ...(items.length === 0 ? [] : [items.join("\n")])].join("\n\n");
}

const inOneLine = (text: string) => text.trim().replaceAll(/\s*\n\s*/g, " ");

/** The text of docs/api.md. */
export function renderApiDocs({ entries, augmentations }: PublicSurface): string {
  const taken = new Set<string>();
  const contents = entries.map(({ name }) => `- [\`${name}\`](#${anchorOf(name)}): ${ENTRIES[name]?.split(/(?<=\.) /)[0] ?? ""}`);
  return `${[
    INTRODUCTION,
    contents.join("\n"),
    ...entries.map((entry) => entrySection(entry, taken)),
    "## What importing cognito-bff adds to Fastify's types",
    block(augmentations),
  ].join("\n\n")}\n`;
}
