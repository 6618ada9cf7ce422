import { isType, type Node, type Syntax, stringOf, walk } from "../support/syntax.js";

/** The name under which this package could import itself, past every floor. */
const OWN_NAME = "cognito-bff";

export interface Import {
  readonly specifier: string;
  /** Handed on to whoever imports this file. */
  readonly handedOn: boolean;
}

export interface Imports {
  readonly found: readonly Import[];
  /** What brings code or types in so that nobody can tell from where, or in a way that is not ours. */
  readonly faults: readonly string[];
}

/** Why a specifier is none of ours, or null: a relative path, a package, or a module of Node's by its full name. */
function specifierFault(specifier: string): string | null {
  if (specifier === OWN_NAME || specifier.startsWith(`${OWN_NAME}/`)) return `${specifier}: the package's own name`;
  if (/^(?:[#/]|(?!node:)\w+:)/.test(specifier)) return `${specifier}: neither a relative path nor a package`;
  if (/^(?:node:)?module$/.test(specifier)) return `${specifier}: it loads what no import names`;
  return null;
}

/** Where an import's specifier stands: undefined where the node imports nothing. */
function sourceOf(node: Node): Node | null | undefined {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
    case "TSImportType":
      return node.source;
    case "ExportNamedDeclaration":
      return node.source ?? undefined;
    case "TSExternalModuleReference":
      return node.expression;
    // What it adds to somebody else's types it sees as well.
    case "TSModuleDeclaration":
      return node.id.type === "Literal" ? node.id : undefined;
    default:
      return undefined;
  }
}

/** What a file imports, in whatever form: values and types, at once and later. */
export function importsOf({ program, comments }: Syntax): Imports {
  const found: Import[] = [];
  const faults: string[] = [];
  for (const { value } of comments) if (/^\/\s*<(?:reference|amd-)/.test(value)) faults.push(`//${value}: a reference`);
  walk(program, (node, above) => {
    if (node.type === "TSImportEqualsDeclaration") faults.push("import … =: not of ES modules");
    if (node.type === "Identifier" && node.name === "require" && isValue(node, above)) faults.push("require: not of ES modules");
    const source = sourceOf(node);
    if (source === undefined) return true;
    const specifier = stringOf(source);
    if (specifier === null) {
      faults.push("an import of what cannot be told");
      return true;
    }
    const fault = specifierFault(specifier);
    if (fault !== null) faults.push(fault);
    found.push({ specifier, handedOn: node.type === "ExportAllDeclaration" || node.type === "ExportNamedDeclaration" });
    return true;
  });
  return { found, faults };
}

/** Whether a name stands for a value: it is no member's, no key's and no type's. */
export function isValue(node: Node, above: readonly Node[]): boolean {
  const parent = above.at(-1);
  if (parent === undefined || above.some(isType)) return false;
  switch (parent.type) {
    case "MemberExpression":
      return parent.computed || parent.property !== node;
    case "Property":
    case "MethodDefinition":
    case "TSAbstractMethodDefinition":
    case "PropertyDefinition":
    case "TSAbstractPropertyDefinition":
    case "AccessorProperty":
      return parent.computed || parent.key !== node;
    case "ImportSpecifier":
    case "ImportDefaultSpecifier":
    case "ImportNamespaceSpecifier":
    case "ExportSpecifier":
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
    case "MetaProperty":
      return false;
    default:
      return true;
  }
}
