import type { ESTree } from "rolldown/utils";
import { childrenOf, isCast, isType, memberNameOf, type Node, type Syntax, stringOf } from "../support/syntax.js";
import { isValue } from "./imports.js";

/** Methods of tap's that judge one value, and those that hold it against another; `pass`, `end`, `comment` and the like cannot fail. */
const OF_ONE = new Set(["ok", "notOk", "rejects", "throws", "resolves"]);
const OF_TWO = new Set([
  ...["equal", "not", "same", "notSame", "strictSame", "strictNotSame"],
  ...["match", "notMatch", "matchOnly", "has", "hasStrict", "notHas", "resolveMatch"],
]);

type TestFunction = ESTree.ArrowFunctionExpression | ESTree.Function;
const isFunction = (node: Node | undefined): node is TestFunction =>
  node?.type === "ArrowFunctionExpression" || node?.type === "FunctionExpression" || node?.type === "FunctionDeclaration";

/** What a condition always is; null where it depends. */
function constantOf(node: Node): boolean | null {
  if (isCast(node)) return childrenOf(node).map(constantOf)[0] ?? null;
  if (node.type === "Literal") return Boolean(node.value);
  if (node.type === "TemplateLiteral") return node.expressions.length === 0 ? stringOf(node) !== "" : null;
  if (node.type === "UnaryExpression" && node.operator === "!") {
    const inner = constantOf(node.argument);
    return inner === null ? null : !inner;
  }
  return null;
}

/** Whether nothing in it depends on what the code does: literals, and what is made of them. */
function isConstant(node: Node): boolean {
  if (["Literal", "TemplateElement"].includes(node.type)) return true;
  const made = [
    "TemplateLiteral",
    "UnaryExpression",
    "BinaryExpression",
    "LogicalExpression",
    "ArrayExpression",
    "ObjectExpression",
    "Property",
  ];
  if (isCast(node) || made.includes(node.type))
    return childrenOf(node).every((child) => isType(child) || isConstant(child) || isKey(node, child));
  return node.type === "Identifier" && node.name === "undefined";
}
const isKey = (node: Node, child: Node) => node.type === "Property" && !node.computed && node.key === child;

/** Whether nothing after the statement is reached. */
function ends(node: Node): boolean {
  if (node.type === "ReturnStatement" || node.type === "ThrowStatement") return true;
  if (node.type === "BlockStatement") return node.body.some(ends);
  if (node.type !== "IfStatement") return false;
  const taken = constantOf(node.test);
  const [then, otherwise] = [ends(node.consequent), node.alternate !== null && ends(node.alternate)];
  return taken === null ? then && otherwise : taken ? then : otherwise;
}

/** What below a node may run: neither what stands behind a return nor what a constant condition leaves out. */
function reachable(node: Node): readonly Node[] {
  if (node.type === "BlockStatement" || node.type === "Program") {
    const last = node.body.findIndex(ends);
    // Functions are there wherever they are declared.
    return node.body.filter((statement, index) => last === -1 || index <= last || statement.type === "FunctionDeclaration");
  }
  if (node.type === "IfStatement" || node.type === "ConditionalExpression") {
    const taken = constantOf(node.test);
    const branches = [taken === false ? null : node.consequent, taken === true ? null : node.alternate];
    return [node.test, ...branches.filter((branch) => branch !== null)];
  }
  if (node.type === "LogicalExpression" && node.operator !== "??")
    return constantOf(node.left) === (node.operator === "||") ? [node.left] : [node.left, node.right];
  if (node.type === "WhileStatement" && constantOf(node.test) === false) return [];
  return childrenOf(node);
}

/** The functions that have a name and run only where somebody says it. */
function namedFunction(node: Node): { readonly name: string; readonly body: TestFunction } | null {
  if (node.type === "FunctionDeclaration") return node.id === null ? null : { name: node.id.name, body: node };
  if (node.type !== "VariableDeclarator" || node.id.type !== "Identifier" || node.init === null || !isFunction(node.init)) return null;
  return { name: node.id.name, body: node.init };
}

/** Visits what runs when a function of a test does: its own statements, the functions handed on to others, and those of its own that it names. */
function walkRun(body: TestFunction, visit: (node: Node) => void): void {
  const waiting = new Map<string, TestFunction[]>();
  const said = new Set<string>();
  const run = (node: Node, above: Node[]): void => {
    const named = namedFunction(node);
    if (named !== null && node !== body) {
      waiting.set(named.name, [...(waiting.get(named.name) ?? []), named.body]);
      return;
    }
    if (isPassedOver(node)) return;
    visit(node);
    if (node.type === "Identifier" && isValue(node, above)) said.add(node.name);
    above.push(node);
    for (const child of reachable(node)) run(child, above);
    above.pop();
  };
  run(body, []);
  for (
    let next = [...waiting.keys()].find((name) => said.has(name));
    next !== undefined;
    next = [...waiting.keys()].find((name) => said.has(name))
  ) {
    const bodies = waiting.get(next) ?? [];
    waiting.delete(next);
    for (const function_ of bodies) for (const child of childrenOf(function_)) run(child, [function_]);
  }
}

const callOf = (node: Node): { readonly object: string; readonly method: string } | null => {
  if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression" || node.callee.object.type !== "Identifier") return null;
  return { object: node.callee.object.name, method: memberNameOf(node.callee) ?? "" };
};

/** Whether a call can fail, and by something that the code does. */
function asserts(node: Node, text: string): boolean {
  if (node.type !== "CallExpression") return false;
  const [first, second] = node.arguments;
  // A helper of the tests that is given the test.
  if (node.callee.type === "Identifier") return /^expect/.test(node.callee.name) && first?.type === "Identifier" && first.name === "t";
  const { object, method } = callOf(node) ?? { object: "", method: "" };
  if (object === "fc") return method === "assert";
  if (object !== "t" || first === undefined) return false;
  if (OF_ONE.has(method)) return !isConstant(first);
  if (!OF_TWO.has(method) || second === undefined) return false;
  const same = text.slice(first.start, first.end) === text.slice(second.start, second.end);
  return !same && !(isConstant(first) && isConstant(second));
}

/** Whether a test's options may pass it over: they do if they say so on whatever condition, and if nobody can tell. */
function mayBeSkipped(options: Node | undefined): boolean {
  if (options === undefined) return false;
  if (options.type !== "ObjectExpression") return true;
  return options.properties.some((property) => {
    if (property.type !== "Property" || property.computed) return true;
    const name = property.key.type === "Identifier" ? property.key.name : stringOf(property.key);
    return (name === "skip" || name === "todo") && constantOf(property.value) !== false;
  });
}

/** Whether it is a test that may not run. */
function isPassedOver(node: Node): boolean {
  const { object, method = "" } = callOf(node) ?? {};
  if (node.type !== "CallExpression" || object !== "t") return false;
  return (
    ["skip", "todo"].includes(method) ||
    (method === "test" && mayBeSkipped(node.arguments.slice(1).find((argument) => !isFunction(argument))))
  );
}

/** The function of the test whose title, as it is written, holds these words; null where none runs under it. */
function testFunction({ program, text }: Syntax, title: string): TestFunction | null {
  let found: TestFunction | null = null;
  const look = (node: Node): void => {
    if (isPassedOver(node)) return;
    const { object, method } = callOf(node) ?? {};
    if (node.type === "CallExpression" && object === "t" && method === "test") {
      const [named] = node.arguments;
      const body = node.arguments.find(isFunction);
      const isNamed =
        named !== undefined && ["Literal", "TemplateLiteral"].includes(named.type) && text.slice(named.start, named.end).includes(title);
      if (isNamed && body !== undefined) found ??= body;
    }
    for (const child of reachable(node)) look(child);
  };
  look(program);
  return found;
}

/** Whether there is a test of this title that runs and asserts something of what the code does. */
export function proves(syntax: Syntax, title: string): boolean {
  const body = testFunction(syntax, title);
  if (body === null) return false;
  let asserted = false;
  walkRun(body, (node) => {
    asserted ||= asserts(node, syntax.text);
  });
  return asserted;
}
