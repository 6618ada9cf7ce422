import { readFileSync } from "node:fs";
import { echo } from "./kinds/kind.js";
import { optionName } from "./options.js";
import { isSettingName, SETTING_NAMES, type SettingName } from "./settings/settings.js";
import { closest, meantVariable } from "./similar-names.js";
import type { ConfigWarning } from "./warnings.js";

/** Something that keeps the configuration from being used. `got` is absent for secrets, and where repeating the value might reveal one. */
export interface ConfigFault {
  readonly name: string;
  readonly expected: string;
  readonly got?: string;
  /** The variable that is set where this one is missing, and whose name is a slip or two away from its. */
  readonly misspelt?: string;
}

/** A variable that is no setting, and the one that was most likely meant. */
export interface Slip {
  readonly name: string;
  readonly meant: string;
}

export type GivenFrom = "environment" | "file" | "option";

/** What somebody set, before anything is known about its worth. */
export interface GivenSettings {
  readonly values: ReadonlyMap<SettingName, { readonly raw: unknown; readonly from: GivenFrom }>;
  readonly faults: readonly ConfigFault[];
  /** Settings that somebody tried to set and could not: their absence is no further fault. */
  readonly unreadable: ReadonlySet<SettingName>;
  readonly slips: readonly Slip[];
  readonly warnings: readonly ConfigWarning[];
}

export type Environment = Readonly<Record<string, string | undefined>>;
export type ReadFile = (path: string) => string;

export const readTextFile: ReadFile = (path) => readFileSync(path, "utf8");

const FILE_SUFFIX = "_FILE";

const UNREADABLE: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "there is no such file (ENOENT)"],
  ["EACCES", "this user may not read it (EACCES)"],
  ["EISDIR", "it is a folder (EISDIR); container tools make one where what is to be mounted does not exist"],
]);

/** The file's text without the line end that editors and `echo` put there; null: it cannot be read. The path is not repeated. */
function readSecretFile(path: string, readFile: ReadFile): { readonly text: string } | { readonly problem: string } {
  try {
    const text = readFile(path).replace(/\r?\n$/, "");
    return text.trim() === "" ? { problem: "the file is empty" } : { text };
  } catch (error) {
    const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
    return { problem: UNREADABLE.get(code) ?? `the file cannot be read${code && ` (${code})`}` };
  }
}

/** curl and most others read these in lower case too. */
const alsoLowerCase = (name: string) => /^(?:HTTPS|NO)_PROXY$/i.test(name);

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
  return { values, faults, unreadable, slips: suspectedSlips(env), warnings: ignoredEndpoints(env) };
}

const OTHER_ENDPOINTS = /^AWS_(?:ENDPOINT_URL(?:_COGNITO_IDENTITY_PROVIDER)?|USE_FIPS_ENDPOINT|USE_DUALSTACK_ENDPOINT)$/;

/** What other programs with AWS's SDK would follow. */
function ignoredEndpoints(env: Environment): ConfigWarning[] {
  return Object.entries(env)
    .filter(([name, value]) => OTHER_ENDPOINTS.test(name) && value !== undefined && value.trim() !== "" && value.trim() !== "false")
    .map(([name]) => ({
      warning: "aws_endpoint_no_effect",
      text: `${name} has no effect here; another endpoint of the user pools API, FIPS included, is set with COGNITO_ENDPOINT`,
    }));
}

/** Resembles HTTPS_PROXY, stands beside it in most environments that have it, and is for what is not https. */
const NO_SLIP = "HTTP_PROXY";

function suspectedSlips(env: Environment): Slip[] {
  const known = SETTING_NAMES.flatMap((name) => [name, name + FILE_SUFFIX]);
  const slips: Slip[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || known.includes(name) || name === NO_SLIP) continue;
    const inCapitals = alsoLowerCase(name) ? null : known.find((candidate) => candidate.includes("_") && candidate === name.toUpperCase());
    const meant = inCapitals ?? meantVariable(name, known);
    const shown = echo(name);
    if (meant !== null && shown !== undefined) slips.push({ name: shown, meant });
  }
  return slips;
}

/** Slips that explain why a setting is missing are a part of that fault; the rest are warned of. */
export function explainBySlips(
  faults: readonly ConfigFault[],
  { slips, values, unreadable }: Pick<GivenSettings, "slips" | "values" | "unreadable">,
): { readonly faults: readonly ConfigFault[]; readonly rest: readonly ConfigWarning[] } {
  const isMissing = ({ name, got }: ConfigFault) => got === undefined && isSettingName(name) && !values.has(name) && !unreadable.has(name);
  const used = new Set<string>();
  const explained = faults.map((fault): ConfigFault => {
    const slip = slips.find(({ name, meant }) => !used.has(name) && isMissing(fault) && meant.replace(/_FILE$/, "") === fault.name);
    if (slip === undefined) return fault;
    used.add(slip.name);
    return { ...fault, name: slip.meant, misspelt: slip.name };
  });
  const rest = slips.filter(({ name }) => !used.has(name));
  return {
    faults: explained,
    rest: rest.map(({ name, meant }) => ({
      warning: "unknown_variable",
      text: `${name} is not a setting and has no effect; did you mean ${meant}?`,
    })),
  };
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
  return { values, faults, unreadable: new Set(), slips: [], warnings: [] };
}
