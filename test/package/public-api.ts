import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isModuleDeclaration, isStringLiteral, type Node, SyntaxKind } from "typescript/unstable/ast";
import { API, NodeBuilderFlags, type Project, type Symbol as Sym, SymbolFlags } from "typescript/unstable/sync";

/*
 * The public surface as text: what a user's compiler finds behind each entry point of package.json, followed to every type of ours that can be
 * reached from there, without comments and without the files it stands in. It reads the declarations that are published (dist/src).
 */

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const DECLARATIONS = fileURLToPath(new URL("../../src/", import.meta.url));

const DECLARED = SymbolFlags.Interface | SymbolFlags.Class | SymbolFlags.TypeAlias | SymbolFlags.Function | SymbolFlags.BlockScopedVariable;
const IN_FULL = NodeBuilderFlags.NoTruncation | NodeBuilderFlags.InTypeAlias;
/** Types that say how they are computed and not what they are; the answer stands in the snapshot instead. */
const COMPUTED: readonly SyntaxKind[] = [
  SyntaxKind.MappedType,
  SyntaxKind.ConditionalType,
  SyntaxKind.TypeQuery,
  SyntaxKind.TypeOperator,
  SyntaxKind.IndexedAccessType,
];

function some(node: Node, matches: (node: Node) => boolean): boolean {
  if (matches(node)) return true;
  let found = false;
  node.forEachChild((child) => {
    found ||= some(child, matches);
    return undefined;
  });
  return found;
}

/** `readonly string[]` is written with a type operator, too, but computes nothing. */
function isComputed(node: Node, project: Project): boolean {
  return COMPUTED.includes(node.kind) && !project.emitter.printNode(node).startsWith("readonly ");
}

/** A declaration that users can import, or reach from one. */
export interface Declared {
  readonly name: string;
  /** As the compiler prints it, without comments. */
  readonly text: string;
  /** As it stands in the published file, its comments within; the same as `text` where that says what is computed. */
  readonly source: string;
  /** The comment before it, with its stars; empty where there is none. */
  readonly comment: string;
}

export interface EntrySurface {
  readonly name: string;
  /** What it exports. */
  readonly exported: readonly Declared[];
  /** What it does not, but what can be reached from there, and from no entry point before it. */
  readonly reached: readonly Declared[];
}

class Surface {
  readonly #project: Project;
  readonly #reached = new Map<string, Sym>();
  /** Whatever stands in the snapshot already is not written once more for the next entry point. */
  readonly #written = new Set<number>();

  constructor(project: Project) {
    this.#project = project;
  }

  /** What an entry point exports, then what can be reached from there, each in the order of names. */
  read(name: string, file: string): EntrySurface {
    const { checker, program } = this.#project;
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${file} is no module`);
    const symbols = checker.getExportsOfModule(module).map((symbol) => ({ name: symbol.name, symbol: this.#origin(symbol) }));
    const own = new Set(symbols.map(({ symbol }) => symbol.id));
    const exported = symbols.sort(byName).map(({ name, symbol }) => this.#declared(symbol, name));
    const seen = new Set<string>();
    const reached: Declared[] = [];
    for (;;) {
      const next = [...this.#reached].find(([key, { id }]) => !seen.has(key) && !own.has(id));
      if (next === undefined) break;
      seen.add(next[0]);
      if (!this.#written.has(next[1].id)) reached.push(this.#declared(next[1], next[1].name));
      this.#written.add(next[1].id);
    }
    this.#reached.clear();
    for (const id of own) this.#written.add(id);
    return { name, exported, reached: reached.sort(byName) };
  }

  /** `declare module "fastify"` and the like: what importing us adds to others. */
  augmentations(): readonly string[] {
    const { program, emitter } = this.#project;
    return program.getSourceFileNames().flatMap((name) => {
      if (!name.startsWith(DECLARATIONS)) return [];
      const statements = [...(program.getSourceFile(name)?.statements ?? [])];
      return statements.filter((one) => isModuleDeclaration(one) && isStringLiteral(one.name)).map((one) => emitter.printNode(one));
    });
  }

  #origin(symbol: Sym): Sym {
    return symbol.flags & SymbolFlags.Alias ? this.#project.checker.getAliasedSymbol(symbol) : symbol;
  }

  #declared(symbol: Sym, name: string): Declared {
    const parts = symbol.declarations
      .map((handle) => handle.resolve(this.#project))
      .filter((node) => node !== undefined)
      .map((node) => this.#part(node, symbol, name));
    const joined = (of: (part: (typeof parts)[number]) => string) => parts.map(of).filter(Boolean).join("\n");
    return { name, text: joined(({ text }) => text), source: joined(({ source }) => source), comment: joined(({ comment }) => comment) };
  }

  #part(node: Node, symbol: Sym, name: string): Omit<Declared, "name"> {
    const { checker, emitter } = this.#project;
    // The comment of a constant stands before its statement.
    const whole = node.kind === SyntaxKind.VariableDeclaration ? node.parent.parent : node;
    const comment = /^\s*(\/\*\*[\s\S]*?\*\/)/.exec(whole.getFullText())?.[1] ?? "";
    const same = (text: string) => ({ text, source: text, comment });
    const computed = some(node, (part) => isComputed(part, this.#project));
    if (computed && symbol.flags & SymbolFlags.TypeAlias) return same(`type ${name} = ${this.#computed(symbol)};`);
    if (computed && symbol.flags & SymbolFlags.Variable) {
      const type = checker.getTypeOfSymbol(symbol);
      return same(`const ${name}: ${type ? checker.typeToString(type, undefined, IN_FULL) : "unknown"};`);
    }
    this.#follow(node);
    const printed = emitter.printNode(node).replace(/^export (?=declare |interface |type )|^export default /, "");
    const text = node.kind === SyntaxKind.VariableDeclaration ? `const ${printed};` : printed.replace(/^declare /, "");
    return {
      text,
      source: whole
        .getText()
        .replace(/^export (?:default )?/, "")
        .replace(/^declare /, ""),
      comment,
    };
  }

  /** Objects property by property, anything else as the compiler prints it. */
  #computed(symbol: Sym): string {
    const { checker } = this.#project;
    const type = checker.getDeclaredTypeOfSymbol(symbol);
    if (!type.isObjectType() && !type.isIntersectionType()) return checker.typeToString(type, undefined, IN_FULL);
    const properties = [...checker.getPropertiesOfType(type)].sort(byName).map((property) => {
      const valueType = checker.getTypeOfSymbol(property);
      const text = valueType ? checker.typeToString(valueType, undefined, IN_FULL) : "unknown";
      return `    ${property.name}${property.flags & SymbolFlags.Optional ? "?" : ""}: ${text};`;
    });
    return `{\n${properties.join("\n")}\n}`;
  }

  /** Notes every declaration of ours that this one names. */
  #follow(node: Node): void {
    node.forEachChild((child) => {
      if (child.kind === SyntaxKind.Identifier) {
        const named = this.#project.checker.getSymbolAtLocation(child);
        const symbol = named && this.#origin(named);
        const path = symbol?.declarations[0]?.path;
        if (symbol && symbol.flags & DECLARED && path?.startsWith(DECLARATIONS)) this.#reached.set(`${path} ${symbol.name}`, symbol);
      }
      this.#follow(child);
      return undefined;
    });
  }
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** The entry points that package.json exports, with their declarations. */
export function entryPoints(): readonly { readonly name: string; readonly types: string }[] {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
  };
  return Object.entries(manifest.exports).flatMap(([path, target]) =>
    typeof target === "string" ? [] : [{ name: manifest.name + path.slice(1), types: target.types.replace("./dist/src/", "") }],
  );
}

export interface PublicSurface {
  readonly entries: readonly EntrySurface[];
  readonly augmentations: readonly string[];
}

/** Every entry point with all that its users can reach. */
export function readPublicSurface(): PublicSurface {
  const folder = mkdtempSync(join(tmpdir(), "public-api-"));
  const api = new API();
  try {
    const entries = entryPoints().map(({ name, types }) => ({ name, file: join(DECLARATIONS, types) }));
    const compilerOptions = { module: "nodenext", target: "es2023", strict: true, noEmit: true, skipLibCheck: true };
    const node = { types: ["node"], typeRoots: [join(ROOT, "node_modules/@types")] };
    const config = join(folder, "tsconfig.json");
    writeFileSync(config, JSON.stringify({ compilerOptions: { ...compilerOptions, ...node }, files: entries.map(({ file }) => file) }));
    const project = api.updateSnapshot({ openProjects: [config] }).getProject(config);
    if (!project) throw new Error("the compiler opened no project");
    const surface = new Surface(project);
    return { entries: entries.map(({ name, file }) => surface.read(name, file)), augmentations: surface.augmentations() };
  } finally {
    api.close();
    rmSync(folder, { recursive: true });
  }
}

/** The same as text that changes with what users' compilers see, and with nothing else. */
export function renderPublicApi({ entries, augmentations }: PublicSurface = readPublicSurface()): string {
  const sections = entries.flatMap(({ name, exported, reached }) => [
    `// ${name}`,
    ...exported.map(({ text }) => `export ${text}`),
    ...(reached.length === 0 ? [] : ["// Not exported by name, but part of the above, and of nothing before that."]),
    ...reached.map(({ text }) => text),
  ]);
  return `${[...sections, "// What importing it adds to other packages", ...augmentations].join("\n\n")}\n`;
}
