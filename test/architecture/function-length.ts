import { type Node, type Syntax, walk } from "../support/syntax.js";

export const LONGEST = 80;

export interface LongFunction {
  readonly line: number;
  readonly lines: number;
}

const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression", "StaticBlock"]);
/** What a function stands in as all there is of it, so that a reason above it is a reason for the function. */
const HOMES = new Set([
  "MethodDefinition",
  "TSAbstractMethodDefinition",
  "PropertyDefinition",
  "AccessorProperty",
  "Property",
  "VariableDeclarator",
  "VariableDeclaration",
  "ExportNamedDeclaration",
  "ExportDefaultDeclaration",
  "AssignmentExpression",
  "ExpressionStatement",
  "ReturnStatement",
  "TSAsExpression",
  "TSSatisfiesExpression",
  // A function that is all another one returns.
  "ArrowFunctionExpression",
]);

/** The lines on which a function and what it stands in begin. */
function beginnings({ lineOf }: Syntax, node: Node, above: readonly Node[]): readonly number[] {
  const lines = [lineOf(node.start)];
  for (const home of above.toReversed()) {
    if (!HOMES.has(home.type)) break;
    lines.push(lineOf(home.start));
  }
  return lines;
}

/** The lines that a comment of their own precedes in which a reason stands, next to them: `Long: …`. */
function linesWithReason({ text, comments, lineOf }: Syntax): ReadonlySet<number> {
  const reasons = new Set<number>();
  let endOfReason = 0;
  for (const { value, start, end } of comments) {
    const first = lineOf(start);
    const standsAlone = /^[ \t]*$/.test(text.slice(text.lastIndexOf("\n", start - 1) + 1, start));
    // A comment of several lines may be several for the parser.
    const goesOn = endOfReason > 0 && first === endOfReason + 1;
    endOfReason = standsAlone && (goesOn || /^[\s*]*Long: \S/m.test(value)) ? lineOf(end) : 0;
    if (endOfReason > 0) reasons.add(endOfReason + 1);
  }
  return reasons;
}

/** The functions of any kind that are longer than a screen without a reason beside them. */
export function longFunctions(syntax: Syntax): readonly LongFunction[] {
  const { text, program, lineOf } = syntax;
  if (lineOf(text.length) <= LONGEST) return [];
  const reasons = linesWithReason(syntax);
  const found: LongFunction[] = [];
  walk(program, (node, above) => {
    if (!FUNCTIONS.has(node.type)) return true;
    // A method's function begins at its parameters, the method at its name.
    const home = above.at(-1);
    const whole = home?.type === "MethodDefinition" || (home?.type === "Property" && (home.method || home.kind !== "init")) ? home : node;
    const line = lineOf(whole.start);
    const lines = lineOf(node.end) - line + 1;
    if (lines > LONGEST && !beginnings(syntax, node, above).some((beginning) => reasons.has(beginning))) found.push({ line, lines });
    return true;
  });
  return found;
}
