import type { Config } from "../../config/config.js";
import { GROUPS } from "../../config/configuration-docs.js";
import type { ConfigFault } from "../../config/given-settings.js";
import type { ProxyRoute } from "../../config/kinds/proxy-route.js";
import type { EffectiveSetting } from "../../config/parse-config.js";
import { SETTINGS } from "../../config/settings/settings.js";
import type { ConfigWarning } from "../../config/warnings.js";
import { COLUMNS, wrapped } from "../../model/terminal-text.js";
import { hostsSeen, routeMembers } from "./effective-config.js";
import { waysOut } from "./ways-out.js";

const INDENT = "  ";

/** Every fault, then every warning. */
export function faultsText(faults: readonly ConfigFault[], warnings: readonly ConfigWarning[]): string {
  const [count, pronoun] = faults.length === 1 ? ["1 fault", "it is"] : [`${faults.length} faults`, "they are"];
  return sections(
    `The configuration has ${count}. Nothing will start before ${pronoun} mended.`,
    faultLines(faults),
    warningLines(warnings),
  );
}

/** The configuration that `start` would run with, secrets as `present`; `vite`: the block for a development server in front. */
export function configText(
  config: Config,
  settings: readonly EffectiveSetting[],
  warnings: readonly ConfigWarning[],
  vite: string | null,
): string {
  return sections(
    "The configuration is complete. `start` would run with:",
    ...settingGroups(settings),
    routeLines(config.proxyRoutes),
    listing(
      "The Host that each API sees",
      hostsSeen(config).map(({ prefix, host, why }) => [prefix, host, why]),
    ),
    listing("The way out", waysOut(config)),
    viteLines(vite, config),
    warningLines(warnings),
  );
}

function sections(...parts: readonly string[]): string {
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function faultLines(faults: readonly ConfigFault[]): string {
  const width = Math.max(...faults.map(({ name, misspelt }) => (misspelt === undefined ? name.length : 0)));
  const label = " ".repeat(INDENT.length + width + 2);
  return faults
    .map(({ name, expected, got, misspelt }) => {
      if (misspelt !== undefined) return `${INDENT}${name} is missing; ${misspelt} is set`;
      const lines = wrapped(expected, `${label}          `, `${INDENT}${name.padEnd(width)}  expected  `);
      return [...lines, ...(got === undefined ? [] : [`${label}got       ${got}`])].join("\n");
    })
    .join("\n");
}

function warningLines(warnings: readonly ConfigWarning[]): string {
  if (warnings.length === 0) return "";
  return ["Warnings", ...warnings.flatMap(({ text }) => wrapped(text, INDENT + INDENT, INDENT))].join("\n");
}

function settingGroups(settings: readonly EffectiveSetting[]): string[] {
  const groups = [...new Set(settings.map(({ name }) => SETTINGS[name].group))];
  const width = Math.max(...settings.map(({ name }) => name.length));
  const label = " ".repeat(INDENT.length + width + 2 + "environment".length + 2);
  return groups.map((group) => {
    const rows = settings.filter(({ name }) => SETTINGS[name].group === group);
    const lines = rows.flatMap(({ name, text, from }) =>
      wrapped(text.replaceAll("`", ""), label, `${INDENT}${name.padEnd(width)}  ${from.padEnd("environment".length)}  `),
    );
    return [GROUPS[group].title, ...lines].join("\n");
  });
}

/** One line for where a route leads, and its other members below, as PROXY_ROUTES names them. */
function routeLines(routes: readonly ProxyRoute[]): string {
  if (routes.length === 0) return "Routes\n  none: nothing is forwarded";
  const lines = routes.flatMap((route) => {
    const { prefix, target, ...members } = routeMembers(route);
    const rest = Object.entries(members).map(([name, value]) => `${name}=${value}`);
    return [`${INDENT}${prefix} -> ${target}`, ...wrapped(rest.join(" "), INDENT + INDENT)];
  });
  return ["Routes", ...lines].join("\n");
}

/** Rows as columns under a title; a last cell that does not fit is broken between words. */
function listing(title: string, rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const lines = rows.flatMap((row) => {
    const before =
      INDENT +
      row
        .slice(0, -1)
        .map((cell, column) => `${cell.padEnd(widths[column] ?? 0)}  `)
        .join("");
    return wrapped(row.at(-1) ?? "", before.length < COLUMNS / 2 ? " ".repeat(before.length) : INDENT + INDENT, before);
  });
  return [title, ...lines].join("\n");
}

function viteLines(block: string | null, { publicUrl, port }: Config): string {
  if (block === null) return "";
  const lead = `PUBLIC_URL is ${publicUrl} and PORT ${port}. If Vite's development server is what listens there, its vite.config.js needs:`;
  return ["Vite in front", ...wrapped(lead, INDENT), "", block].join("\n");
}
