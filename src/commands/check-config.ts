import type { Config } from "../config/config.js";
import { GROUPS } from "../config/configuration-docs.js";
import type { ConfigFault, Environment } from "../config/given-settings.js";
import { apiHost } from "../config/kinds/api-host.js";
import { formatDuration } from "../config/kinds/duration.js";
import type { ProxyRoute } from "../config/kinds/proxy-route.js";
import { type ConfigParsing, type EffectiveSetting, type EnvironmentReading, parseEnvironment } from "../config/parse-config.js";
import { SETTINGS } from "../config/settings/settings.js";
import { viteConfig } from "./advice/vite-config.js";
import { waysOut } from "./advice/ways-out.js";
import { heapWarning, openFilesWarning } from "./process-limits.js";

const LINE_WIDTH = 110;
const INDENT = "  ";

/**
 * What `cognito-bff check-config` says: every fault at once (exit code 1), or the configuration that `start` would run with, secrets as
 * `present` (exit code 0). Plain text without colours; nothing is started, and of files only those of NAME_FILE variables are read.
 *
 * @param openFiles how many files the process may have open; null: not known.
 * @param heapBytes how large the process's heap may become; null: not known.
 */
export function checkConfig(
  env: Environment,
  reading: EnvironmentReading = {},
  openFiles: number | null = null,
  heapBytes: number | null = null,
): { readonly text: string; readonly exitCode: 0 | 1 } {
  const parsing = parseEnvironment(env, reading);
  if (parsing.kind === "faults") {
    const count = parsing.faults.length;
    const head = `The configuration has ${count === 1 ? "1 fault" : `${count} faults`}. Nothing will start before ${count === 1 ? "it is" : "they are"} mended.`;
    return { text: sections(head, faultLines(parsing.faults), warningLines(parsing.warnings)), exitCode: 1 };
  }
  const ofMachine = [openFilesWarning(parsing.config, openFiles), heapWarning(parsing.config, heapBytes)];
  const vite = viteLines(viteConfig(parsing.config, env), parsing.config);
  return {
    text: sections(
      ...effectiveConfiguration(parsing),
      vite,
      warningLines([...parsing.warnings, ...ofMachine.filter((warning) => warning !== null)]),
    ),
    exitCode: 0,
  };
}

function sections(...parts: readonly string[]): string {
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function faultLines(faults: readonly ConfigFault[]): string {
  const width = Math.max(...faults.map(({ name }) => name.length));
  const label = " ".repeat(INDENT.length + width + 2);
  return faults
    .map(({ name, expected, got }) => {
      const lines = wrapped(`expected  ${expected}`, LINE_WIDTH - label.length, "          ");
      if (got !== undefined) lines.push(`got       ${got}`);
      return lines.map((line, index) => (index === 0 ? `${INDENT}${name.padEnd(width)}  ${line}` : label + line)).join("\n");
    })
    .join("\n");
}

/** Breaks a text between words; lines after the first start with `hang`. */
function wrapped(text: string, width: number, hang: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=\S) (?=\S)/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = hang + word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function warningLines(warnings: readonly string[]): string {
  if (warnings.length === 0) return "";
  return ["Warnings", ...warnings.flatMap((warning) => wrapped(`${INDENT}${warning}`, LINE_WIDTH, INDENT + INDENT))].join("\n");
}

function effectiveConfiguration({ config, settings }: Extract<ConfigParsing, { kind: "config" }>): string[] {
  const groups = [...new Set(settings.map(({ name }) => SETTINGS[name].group))];
  const width = Math.max(...settings.map(({ name }) => name.length));
  const listing = groups.map((group) => {
    const rows = settings.filter(({ name }) => SETTINGS[name].group === group);
    return [GROUPS[group].title, ...rows.map((row) => settingLine(row, width))].join("\n");
  });
  return [
    "The configuration is complete. `start` would run with:",
    ...listing,
    routeTable(config.proxyRoutes),
    hostTable(config),
    wayTable(config),
  ];
}

function settingLine({ name, text, from }: EffectiveSetting, width: number): string {
  return `${INDENT}${name.padEnd(width)}  ${from.padEnd("environment".length)}  ${text.replaceAll("`", "")}`;
}

const COLUMNS: readonly { readonly title: string; readonly of: (route: ProxyRoute) => string }[] = [
  { title: "prefix", of: ({ prefix }) => prefix },
  { title: "target", of: ({ target }) => target.href.replace(/\/$/, "") },
  { title: "token", of: ({ token }) => token },
  { title: "session", of: ({ session }) => session },
  { title: "strip", of: ({ stripPrefix }) => String(stripPrefix) },
  { title: "rewrite", of: ({ rewrite }) => String(rewrite) },
  { title: "head within", of: ({ responseHeaderTimeoutMs }) => formatDuration(responseHeaderTimeoutMs) },
  {
    title: "request idle",
    of: ({ requestIdleTimeoutMs }) => (requestIdleTimeoutMs === null ? "off" : formatDuration(requestIdleTimeoutMs)),
  },
  { title: "body idle", of: ({ bodyIdleTimeoutMs }) => (bodyIdleTimeoutMs === null ? "off" : formatDuration(bodyIdleTimeoutMs)) },
  { title: "proxy", of: ({ proxy }) => String(proxy) },
  { title: "host", of: ({ host }) => host },
  { title: "csrf", of: ({ csrf }) => csrf },
  { title: "cache", of: ({ cache }) => cache },
];

function routeTable(routes: readonly ProxyRoute[]): string {
  if (routes.length === 0) return "Routes\n  none: nothing is forwarded";
  const rows = [COLUMNS.map(({ title }) => title), ...routes.map((route) => COLUMNS.map(({ of }) => of(route)))];
  return ["Routes", ...aligned(rows)].join("\n");
}

/** Which Host each API gets, and why: the first thing to look at when one answers 403 or 404 to everything. */
function hostTable({ proxyRoutes, publicUrl }: Config): string {
  if (proxyRoutes.length === 0) return "";
  const publicHost = new URL(publicUrl).host;
  const rows = proxyRoutes.map((route) => [route.prefix, apiHost(route) === "public" ? publicHost : route.target.host, hostReason(route)]);
  return ["The Host that each API sees", ...aligned(rows)].join("\n");
}

function hostReason(route: ProxyRoute): string {
  const whose = apiHost(route) === "public" ? "PUBLIC_URL's" : "the target's own";
  if (route.host !== "auto") return `${whose}, as the route says`;
  return apiHost(route) === "public"
    ? `${whose} for plain http (auto): what routes by name needs "host": "target"`
    : `${whose} for https (auto): what compares it with Origin needs "host": "public"`;
}

function wayTable(config: Config): string {
  const ways = waysOut(config);
  return ways.length === 0 ? "" : ["The way out", ...aligned(ways)].join("\n");
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map(
    (row) =>
      INDENT +
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
  );
}

function viteLines(block: string | null, { publicUrl, port }: Config): string {
  if (block === null) return "";
  const lead = `PUBLIC_URL is ${publicUrl} and PORT ${port}. If Vite's development server is what listens there, its vite.config.js needs:`;
  return ["Vite in front", ...wrapped(`${INDENT}${lead}`, LINE_WIDTH, INDENT), "", block].join("\n");
}
