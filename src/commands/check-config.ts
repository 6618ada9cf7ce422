import type { Config } from "../config/config.js";
import type { Environment } from "../config/given-settings.js";
import { WARNINGS } from "../config/warnings.js";
import { type Check, type CheckedMachine, check } from "./advice/check.js";
import { configText, faultsText } from "./advice/config-text.js";
import { hostsSeen, routeMembers } from "./advice/effective-config.js";
import { viteConfig } from "./advice/vite-config.js";
import { waysOut } from "./advice/ways-out.js";

/**
 * What `cognito-bff check-config` says: every fault at once (exit code 1), or the configuration that `start` would run with, secrets as
 * `present` (exit code 0). Plain text without colours, or JSON; nothing is started, and of files only those of NAME_FILE variables are read.
 */
export function checkConfig(
  env: Environment,
  machine: CheckedMachine = {},
  { json = false }: { readonly json?: boolean | undefined } = {},
): { readonly text: string; readonly exitCode: 0 | 1 } {
  const checked = check(env, machine, true);
  const exitCode = checked.kind === "faults" ? 1 : 0;
  if (json) return { text: `${JSON.stringify(configDocument(checked), null, 2)}\n`, exitCode };
  if (checked.kind === "faults") return { text: faultsText(checked.faults, checked.warnings), exitCode };
  const { config, settings, warnings } = checked;
  return { text: configText(config, settings, warnings, viteConfig(config, env)), exitCode };
}

/** `check-config --json`. */
function configDocument(checked: Check): object {
  return {
    complete: checked.kind === "config",
    ...(checked.kind === "config"
      ? {
          settings: checked.settings.map(({ name, text, from }) => ({ name, value: text.replaceAll("`", ""), from })),
          routes: routesOf(checked.config),
          ways_out: waysOut(checked.config).map(([call, to, way]) => ({ call, to, way })),
        }
      : { faults: checked.faults }),
    warnings: checked.warnings.map(({ warning, text }) => ({ warning, setting: WARNINGS[warning].setting, text })),
  };
}

function routesOf(config: Config): readonly object[] {
  const hosts = hostsSeen(config);
  return config.proxyRoutes.map((route, index) => ({ ...routeMembers(route), host_seen: hosts[index]?.host }));
}
