import type { ConfigFault, Environment } from "../../config/given-settings.js";
import { type EnvironmentReading, examineEnvironment } from "../../config/parse-config.js";
import type { ConfigWarning } from "../../config/warnings.js";
import { type FilesLook, lookAtFiles, ownership } from "./named-files.js";
import { heapWarning, openFilesWarning } from "./process-limits.js";

/** What there is besides variables; what is left out is not looked at. */
export interface CheckedMachine {
  readonly reading?: EnvironmentReading;
  /** How many files the process may have open; null: not known. */
  readonly openFiles?: number | null;
  /** How large the process's heap may become; null: not known. */
  readonly heapBytes?: number | null;
  /** Whether files and folders that variables name are looked at as well: there they are, and whom they let in. */
  readonly files?: boolean;
}

/** Everything that is known of a configuration before a server is made of it. */
export type Check =
  | { readonly kind: "faults"; readonly faults: readonly ConfigFault[]; readonly warnings: readonly ConfigWarning[] }
  | (Extract<ReturnType<typeof examineEnvironment>, { kind: "config" }> & { readonly warnings: readonly ConfigWarning[] });

/** The configuration and all that is wrong with it here: its variables, what they name, and what this process may do. */
export function check(env: Environment, machine: CheckedMachine = {}, thorough = false): Check {
  const { reading = {}, openFiles = null, heapBytes = null, files = false } = machine;
  const examined = examineEnvironment(env, reading);
  const look = files ? lookAtFiles(env, { spaDir: spaDirectory(env, examined), thorough }) : NO_LOOK;
  const faults = [
    ...(examined.kind === "faults" ? examined.faults.map((fault) => (files ? withOwner(fault, env) : fault)) : []),
    ...look.faults,
  ];
  const warnings = [...examined.warnings, ...look.warnings];
  if (examined.kind === "faults" || faults.length > 0) return { kind: "faults", faults, warnings };
  const ofProcess = [openFilesWarning(examined.config, openFiles), heapWarning(examined.config, heapBytes)];
  return { ...examined, warnings: [...warnings, ...ofProcess.filter((warning) => warning !== null)] };
}

const NO_LOOK: FilesLook = { faults: [], warnings: [] };

/** As it will be in force; with other faults, as it is written. */
function spaDirectory(env: Environment, examined: ReturnType<typeof examineEnvironment>): string | null {
  if (examined.kind === "faults") return env["SPA_DIR"]?.trim() || null;
  return examined.config.spa?.kind === "directory" ? examined.config.spa.path : null;
}

/** A file that this user may not read, with whose it is. */
function withOwner(fault: ConfigFault, env: Environment): ConfigFault {
  if (!fault.name.endsWith("_FILE") || !fault.expected.endsWith("(EACCES)")) return fault;
  return { ...fault, expected: fault.expected + ownership(env[fault.name]?.trim() ?? "") };
}
