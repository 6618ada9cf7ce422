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

class Surface {
  readonly #project: Project;
  readonly #reached = new Map<string, Sym>();
  /** Whatever stands in the snapshot already is not written once more for the next entry point. */
  readonly #written = new Set<number>();

  constructor(project: Project) {
    this.#project = project;
  }

  /** What an entry point exports, then what can be reached from there, each in the order of names. */
  render(file: string): string {
    const { checker, program } = this.#project;
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${file} is no module`);
    const exported = checker.getExportsOfModule(module).map((symbol) => ({ name: symbol.name, symbol: this.#origin(symbol) }));
    const own = new Set(exported.map(({ symbol }) => symbol.id));
    const sections = [exported.sort(byName).map(({ name, symbol }) => `export ${this.#declaration(symbol, name)}`)];
    const seen = new Set<string>();
    const reached: { readonly name: string; readonly text: string }[] = [];
    for (;;) {
      const next = [...this.#reached].find(([key, { id }]) => !seen.has(key) && !own.has(id));
      if (next === undefined) break;
      seen.add(next[0]);
      if (!this.#written.has(next[1].id)) reached.push({ name: next[1].name, text: this.#declaration(next[1], next[1].name) });
      this.#written.add(next[1].id);
    }
    this.#reached.clear();
    for (const id of own) this.#written.add(id);
    if (reached.length > 0)
      sections.push(
        ["// Not exported by name, but part of the above, and of nothing before that."],
        reached.sort(byName).map(({ text }) => text),
      );
    return sections.flat().join("\n\n");
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

  #declaration(symbol: Sym, name: string): string {
    const { checker, emitter } = this.#project;
    return symbol.declarations
      .map((handle) => handle.resolve(this.#project))
      .filter((node) => node !== undefined)
      .map((node) => {
        const computed = some(node, (part) => isComputed(part, this.#project));
        if (computed && symbol.flags & SymbolFlags.TypeAlias) return `type ${name} = ${this.#computed(symbol)};`;
        if (computed && symbol.flags & SymbolFlags.Variable) {
          const type = checker.getTypeOfSymbol(symbol);
          return `const ${name}: ${type ? checker.typeToString(type, undefined, IN_FULL) : "unknown"};`;
        }
        this.#follow(node);
        const text = emitter.printNode(node).replace(/^export (?=declare |interface |type )|^export default /, "");
        return node.kind === SyntaxKind.VariableDeclaration ? `const ${text};` : text.replace(/^declare /, "");
      })
      .join("\n");
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

/** Every entry point with all that its users can reach. */
export function renderPublicApi(): string {
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
    const sections = entries.map(({ name, file }) => `// ${name}\n\n${surface.render(file)}`);
    return `${[...sections, "// What importing it adds to other packages", ...surface.augmentations()].join("\n\n")}\n`;
  } finally {
    api.close();
    rmSync(folder, { recursive: true });
  }
}
