import { readFileSync } from "node:fs";
import { optionName } from "./options.js";
import { isSettingName, SETTING_NAMES, type SettingName } from "./settings/settings.js";
import { closest, meantVariable } from "./similar-names.js";

/** Something that keeps the configuration from being used. `got` is absent for secrets, and where repeating the value might reveal one. */
export interface ConfigFault {
  readonly name: string;
  readonly expected: string;
  readonly got?: string;
}

export type GivenFrom = "environment" | "file" | "option";

/** What somebody set, before anything is known about its worth. */
export interface GivenSettings {
  readonly values: ReadonlyMap<SettingName, { readonly raw: unknown; readonly from: GivenFrom }>;
  readonly faults: readonly ConfigFault[];
  /** Settings that somebody tried to set and could not: their absence is no further fault. */
  readonly unreadable: ReadonlySet<SettingName>;
  readonly warnings: readonly string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;
export type ReadFile = (path: string) => string;

export const readTextFile: ReadFile = (path) => readFileSync(path, "utf8");

const FILE_SUFFIX = "_FILE";

/** The file's text without the line end that editors and `echo` put there; null: it cannot be read. The path is not repeated. */
function readSecretFile(path: string, readFile: ReadFile): { readonly text: string } | { readonly problem: string } {
  try {
    const text = readFile(path).replace(/\r?\n$/, "");
    return text.trim() === "" ? { problem: "the file is empty" } : { text };
  } catch (error) {
    const code = error instanceof Error && "code" in error && typeof error.code === "string" ? ` (${error.code})` : "";
    return { problem: `the file cannot be read${code}` };
  }
}

/** curl and most others read these in lower case too. */
const alsoLowerCase = (name: SettingName) => name === "HTTPS_PROXY" || name === "NO_PROXY";

/** Reads NAME and NAME_FILE of every setting. An empty variable counts as unset: that is what `NAME=` in a compose file means. */
export function givenByEnvironment(env: Environment, readFile: ReadFile): GivenSettings {
  const values = new Map<SettingName, { raw: unknown; from: GivenFrom }>();
  const faults: ConfigFault[] = [];
  const unreadable = new Set<SettingName>();
  for (const name of SETTING_NAMES) {
    const text = env[name]?.trim() || (alsoLowerCase(name) && env[name.toLowerCase()]?.trim()) || "";
    const file = env[name + FILE_SUFFIX]?.trim() ?? "";
    if (text !== "" && file !== "") {
      unreadable.add(name);
      faults.push({ name, expected: `either ${name} or ${name}${FILE_SUFFIX}, not both` });
    } else if (text !== "") {
      values.set(name, { raw: text, from: "environment" });
    } else if (file !== "") {
      const read = readSecretFile(file, readFile);
      if ("text" in read) {
        values.set(name, { raw: read.text.trim(), from: "file" });
      } else {
        unreadable.add(name);
        faults.push({ name: name + FILE_SUFFIX, expected: `the path of a readable file that holds the value; ${read.problem}` });
      }
    }
  }
  return { values, faults, unreadable, warnings: [...ignoredEndpoints(env), ...suspectedSlips(env)] };
}

const OTHER_ENDPOINTS = /^AWS_(?:ENDPOINT_URL(?:_COGNITO_IDENTITY_PROVIDER)?|USE_FIPS_ENDPOINT|USE_DUALSTACK_ENDPOINT)$/;

/** What other programs with AWS's SDK would follow. */
function ignoredEndpoints(env: Environment): string[] {
  return Object.entries(env)
    .filter(([name, value]) => OTHER_ENDPOINTS.test(name) && value !== undefined && value.trim() !== "" && value.trim() !== "false")
    .map(([name]) => `${name} has no effect here; another endpoint of the user pools API, FIPS included, is set with COGNITO_ENDPOINT`);
}

/** Resembles HTTPS_PROXY, stands beside it in most environments that have it, and is for what is not https. */
const NO_SLIP = "HTTP_PROXY";

function suspectedSlips(env: Environment): string[] {
  const known = SETTING_NAMES.flatMap((name) => [name, name + FILE_SUFFIX]);
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || known.includes(name) || name === NO_SLIP) continue;
    const meant = meantVariable(name, known);
    if (meant !== null) warnings.push(`${name} is not a setting and has no effect; did you mean ${meant}?`);
  }
  return warnings;
}

/** Reads the options of `createServer` and of the plugin. Undefined and the empty text count as not given, as do options that are none. */
export function givenByOptions(options: unknown): GivenSettings {
  const values = new Map<SettingName, { raw: unknown; from: GivenFrom }>();
  const faults: ConfigFault[] = [];
  const names = new Map<string, SettingName>(SETTING_NAMES.map((name) => [optionName(name), name]));
  for (const [option, raw] of Object.entries(typeof options === "object" && options !== null ? options : {})) {
    const name = names.get(option);
    if (name !== undefined) {
      if (raw !== undefined && raw !== "") values.set(name, { raw, from: "option" });
      continue;
    }
    const meant = isSettingName(option) ? optionName(option) : closest(option, [...names.keys()]);
    faults.push({ name: option, expected: `an option that exists${meant === null ? "" : `; did you mean ${meant}?`}` });
  }
  return { values, faults, unreadable: new Set(), warnings: [] };
}
