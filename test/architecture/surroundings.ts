import { isCast, memberNameOf, type Node, type Syntax, walk } from "../support/syntax.js";
import { importsOf, isValue } from "./imports.js";

/** What code can take of the machine past everything it is given: the time of day, timers and durations, environment and command line. */
export type Surrounding = "wall clock" | "own time" | "environment";

const EVERYTHING: readonly Surrounding[] = ["wall clock", "own time", "environment"];
const MODULES: readonly (readonly [RegExp, Surrounding])[] = [
  [/^(?:node:)?(?:timers(?:\/promises)?|perf_hooks)$/, "own time"],
  [/^(?:node:)?process$/, "environment"],
];

/** How a global's name is used. `member`: what is taken of it; null where that cannot be told, as when it is handed on or taken apart. */
interface Use {
  readonly member: string | null;
  /** `new X(argument)`, `x instanceof X`. */
  readonly harmless: boolean;
}

const taking = (...members: readonly string[]) => {
  const named = new Set(members);
  return (member: string | null) => member === null || named.has(member);
};
const readsEnvironment = taking("env", "argv", "argv0", "execArgv", "loadEnvFile", "report", "getBuiltinModule");
const readsProcessTime = taking("hrtime", "uptime", "getBuiltinModule");
const waits = taking("wait", "waitAsync");

/** The globals that reach out, and for what by which use. */
const GLOBALS: { readonly [name: string]: (use: Use) => readonly Surrounding[] } = {
  Date: ({ member, harmless }) => (harmless || member === "UTC" || member === "parse" ? [] : ["wall clock"]),
  Temporal: () => ["wall clock"],
  performance: () => ["own time"],
  setTimeout: () => ["own time"],
  setInterval: () => ["own time"],
  AbortSignal: ({ member, harmless }) => (harmless || member === "any" || member === "abort" ? [] : ["own time"]),
  Atomics: ({ member }) => (waits(member) ? ["own time"] : []),
  process: ({ member }) => [
    ...(readsProcessTime(member) ? (["own time"] as const) : []),
    ...(readsEnvironment(member) ? (["environment"] as const) : []),
  ],
};
const GLOBAL_OBJECTS = new Set(["globalThis", "global"]);

/** The nearest of those around it that does something with the value, and how many they are. */
function userOf(node: Node, above: readonly Node[]): { readonly value: Node; readonly user: Node | undefined; readonly depth: number } {
  let value = node;
  let depth = above.length - 1;
  for (let user = above[depth]; user !== undefined && isCast(user); user = above[depth]) {
    value = user;
    depth -= 1;
  }
  return { value, user: above[depth], depth };
}

function useOf(node: Node, above: readonly Node[]): Use {
  const { value, user } = userOf(node, above);
  if (user?.type === "MemberExpression" && user.object === value) return { member: memberNameOf(user), harmless: false };
  const hasArgument =
    user?.type === "NewExpression" && user.callee === value && user.arguments.some(({ type }) => type !== "SpreadElement");
  const isAsked = user?.type === "BinaryExpression" && user.operator === "instanceof" && user.right === value;
  return { member: null, harmless: hasArgument || isAsked };
}

/** What a name's use reaches out for. A global by way of the object of all of them is that global. */
function reachOf(name: string, node: Node, above: readonly Node[]): readonly Surrounding[] {
  const judge = Object.hasOwn(GLOBALS, name) ? GLOBALS[name] : undefined;
  if (judge !== undefined) return judge(useOf(node, above));
  if (!GLOBAL_OBJECTS.has(name)) return [];
  const { value, user, depth } = userOf(node, above);
  const member = user?.type === "MemberExpression" && user.object === value ? memberNameOf(user) : null;
  return user === undefined || member === null ? EVERYTHING : reachOf(member, user, above.slice(0, depth));
}

/** Names alone are looked at, whatever they stand for there: a variable of our own is not called like a global. */
export function surroundingsOf(syntax: Syntax): ReadonlySet<Surrounding> {
  const found = new Set<Surrounding>();
  for (const { specifier } of importsOf(syntax).found) for (const [module, what] of MODULES) if (module.test(specifier)) found.add(what);
  walk(syntax.program, (node, above) => {
    if (node.type !== "Identifier" || !(Object.hasOwn(GLOBALS, node.name) || GLOBAL_OBJECTS.has(node.name))) return true;
    // `declare global` says what there is, and takes nothing of it.
    if (above.at(-1)?.type === "TSModuleDeclaration") return true;
    if (isValue(node, above)) for (const what of reachOf(node.name, node, above)) found.add(what);
    return true;
  });
  return found;
}
