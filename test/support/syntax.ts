import { type ESTree, type ParseResult, parseSync } from "rolldown/utils";

export type Node = ESTree.Node;

/**
 * A source as a parser reads it: what a regular expression takes for code may be none, and the other way round. The parser is that of Vite's
 * bundler, which is here anyway; TypeScript 7 has no stable interface to its own.
 */
export interface Syntax {
  readonly text: string;
  readonly program: ESTree.Program;
  readonly comments: ParseResult["comments"];
  readonly lineOf: (offset: number) => number;
}

/** @throws Error where it cannot be parsed: what nobody can read, no rule can judge. */
export function parseSyntax(path: string, text: string): Syntax {
  // Parentheses change nothing here and would stand between a name and what is done with it.
  const { program, comments, errors } = parseSync(path, text, { preserveParens: false });
  if (errors.length > 0) throw new Error(`${path}: ${errors.map(({ message }) => message).join("; ")}`);
  return { text, program, comments, lineOf: lineCounter(text) };
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

export function childrenOf(node: Node): readonly Node[] {
  return Object.values(node).flatMap((value: unknown) => (Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []));
}

/** Visits a node and all below it, with those it stands in, the nearest last. What a visit answers false to is not gone into. */
export function walk(node: Node, visit: (node: Node, above: readonly Node[]) => boolean | undefined, above: Node[] = []): void {
  if (visit(node, above) === false) return;
  above.push(node);
  for (const child of childrenOf(node)) walk(child, visit, above);
  above.pop();
}

/** The string that stands there, as a literal or as a template without anything put in. */
export function stringOf(node: Node | null | undefined): string | null {
  if (node?.type === "Literal") return typeof node.value === "string" ? node.value : null;
  if (node?.type !== "TemplateLiteral" || node.expressions.length > 0) return null;
  return node.quasis.map(({ value }) => value.cooked ?? value.raw).join("");
}

const CASTS = new Set([
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSNonNullExpression",
  "TSTypeAssertion",
  "TSInstantiationExpression",
  "ChainExpression",
]);

/** What stands around an expression without changing its value. */
export const isCast = (node: Node): boolean => CASTS.has(node.type);

/** The name of a member, where it can be told. */
export function memberNameOf(node: ESTree.MemberExpression): string | null {
  if (node.computed) return stringOf(node.property);
  return node.property.type === "Identifier" ? node.property.name : null;
}

/** Types, which are gone when the code runs. */
export const isType = (node: Node): boolean =>
  node.type.startsWith("TS") && !isCast(node) && !/^TS(?:Abstract|Enum|Export|Global|Module|ParameterProperty)/.test(node.type);

/** The line an offset is on, from 1. */
function lineCounter(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
