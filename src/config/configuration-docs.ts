import { ROUTE_MEMBERS, type RouteMember } from "./kinds/proxy-routes-kind.js";
import { optionName } from "./options.js";
import type { Absence, GroupName, Setting } from "./settings/setting.js";
import { SETTING_NAMES, SETTINGS, type SettingName } from "./settings/settings.js";
import { WARNING_NAMES, WARNINGS, type WarningName } from "./warnings.js";

/** The groups of settings, in the order of the documentation. */
export const GROUPS: { readonly [name in GroupName]: { readonly title: string; readonly about: string } } = {
  public: { title: "What the browser reaches", about: "" },
  management: {
    title: "Management",
    about:
      "Health and metrics listen on a port of their own. Requests with an Origin or a Sec-Fetch-Site header are refused there: no web page " +
      "has any business with it.",
  },
  cognito: {
    title: "Cognito",
    about:
      "With an `https://` `PUBLIC_URL` the three Cognito URLs must be `https://` too. While a client secret is being rotated, Cognito " +
      "accepts both: give both then, and only the new one afterwards.",
  },
  session: { title: "Sessions and their cookie", about: "" },
  refresh: { title: "Refreshing", about: "" },
  proxy: {
    title: "The proxy and its routes",
    about: "No route may lie at or below `AUTH_PREFIX`. The JSON form of a route is described below.",
  },
  spa: {
    title: "The single-page app",
    about: "At most one of `SPA_DIR` and `SPA_URL`. Without either, paths that no route takes are 404.",
  },
  process: { title: "The process", about: "" },
};

/** A cell of a table: one line, with the separators of the table escaped. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((line) => `| ${line.map(cell).join(" | ")} |`).join("\n");
}

/** An example or default in code quotes, unless it is an explanation in brackets. */
function quoted(text: string): string {
  return text.startsWith("(") ? text.slice(1, -1) : `\`${text}\``;
}

function defaultOf(absence: Absence): string {
  switch (absence.kind) {
    case "required":
      return "**required**";
    case "default":
      return quoted(absence.text);
    case "nothing":
      return absence.means;
  }
}

function settingRow(name: SettingName): readonly string[] {
  const { absence, example, kind, meaning, secret }: Setting<unknown, unknown, Absence> = SETTINGS[name];
  return [`\`${name}\``, `${meaning}${secret ? " *Secret.*" : ""}`, sentence(kind.expected), defaultOf(absence), quoted(example)];
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function groupSection(group: GroupName): string {
  const { title, about } = GROUPS[group];
  const names = SETTING_NAMES.filter((name) => SETTINGS[name].group === group);
  const rows = table(["Name", "Meaning", "Value", "Default", "Example"], names.map(settingRow));
  return [`## ${title}`, about, rows].filter((part) => part !== "").join("\n\n");
}

function routeSection(): string {
  const rows = Object.entries(ROUTE_MEMBERS).map(([name, of]) => {
    const { kind, default: byDefault, meaning }: RouteMember = of;
    return [`\`${name}\``, meaning, sentence(kind.expected), byDefault === null ? "**required**" : `\`${byDefault}\``];
  });
  return `## A route in full

\`PROXY_ROUTES\` takes pairs, which use every default:

\`\`\`
PROXY_ROUTES=/api=http://api:8080,/files=https://files.internal/v1
\`\`\`

or a JSON array, where each route says what it needs. An unknown member, a prefix given twice and a duration without its unit are faults.

\`\`\`json
[
  { "prefix": "/api", "target": "http://api:8080", "responseHeaderTimeout": "30s" },
  { "prefix": "/api/reports", "target": "http://reports:8080", "token": "access", "responseHeaderTimeout": "5m", "bodyIdleTimeout": "1m" },
  { "prefix": "/catalogue", "target": "http://catalogue:8080", "session": "none", "cache": "upstream" }
]
\`\`\`

${table(["Member", "Meaning", "Value", "Default"], rows)}`;
}

const INTRODUCTION = `# Configuration

*This page is generated from the schema that reads the configuration; the two cannot differ.*

Everything is set by environment variables. \`cognito-bff check-config\` names every fault at once, or shows what is in force with secrets
redacted; \`cognito-bff start\` does the same check before it listens. The least that works, with one API behind it:

\`\`\`
PUBLIC_URL=https://app.example.com
COGNITO_USER_POOL_ID=eu-central-1_AbCdEf123
COGNITO_CLIENT_ID=3n4b5urk1ft4fl3mg5e62d9ado
COGNITO_CLIENT_SECRET_FILE=/run/secrets/cognito-client-secret
COGNITO_DOMAIN=my-app.auth.eu-central-1.amazoncognito.com
SESSION_KEYS_FILE=/run/secrets/session-keys
PROXY_ROUTES=/api=http://api:8080
SPA_DIR=/srv/app
\`\`\`

## How values are written

- **Durations** carry their unit: \`500ms\`, \`90s\`, \`15m\`, \`12h\`, \`30d\`. A bare number is a fault that asks which unit was meant. One whole number and one unit: not \`1h30m\`, not \`1.5h\`.
- **Byte sizes** are a number, or a number with \`KiB\`, \`MiB\` or \`GiB\`: \`67108864\`, \`64MiB\`.
- **Lists** (keys, secrets, CIDRs, routes) are separated by commas or line ends; scopes by spaces, as OAuth writes them.
- **Files**: for every variable there is one with \`_FILE\` behind its name, whose value is the path of a file that holds the value: \`SESSION_KEYS_FILE=/run/secrets/session-keys\`. White space around the value, such as the line end that editors add, does not belong to it. Setting both is a fault, and so is a file that is empty, cannot be read, or lies in \`SPA_DIR\`.
- **Empty** variables count as unset: a fault where a value is required, the default elsewhere.
- **Slips**: a variable whose name is almost one of these, such as \`SESION_MAX_AGE\`, gets a warning that names the one it resembles; where that one has to be there, one line names both: \`SESSION_KEYS is missing; SESION_KEYS is set\`.
- **Secrets** are shown as \`present\` wherever the configuration is printed, \`SESSION_STORE\` without user and password, and they are never repeated when they are wrong.`;

function optionsSection(): string {
  const name: SettingName = "COGNITO_USER_POOL_ID";
  return `## As options

\`createServer(options)\` and the plugin take the same settings: the variable's name in camel case (\`${name}\` is \`${optionName(name)}\`), the same
syntax for values, and numbers, lists and objects where they are natural. An option that does not exist is a fault.

\`\`\`js
await app.register(cognitoBff, {
  publicUrl: "https://app.example.com",
  cognitoUserPoolId: "eu-central-1_AbCdEf123",
  cognitoClientId: "3n4b5urk1ft4fl3mg5e62d9ado",
  cognitoClientSecret: clientSecret,
  cognitoDomain: "my-app.auth.eu-central-1.amazoncognito.com",
  sessionKeys: [newKey, oldKey],
  sessionIdleTimeout: "30m",
  proxyRoutes: [{ prefix: "/api", target: "http://api:8080", token: "access" }],
});
\`\`\``;
}

const CHECKING = `## check-config for programs

\`cognito-bff check-config --json\` ends with exit code 0 where \`start\` would start, with 1 where there are faults. Secrets are \`present\` here, too.

| Member | |
| --- | --- |
| \`complete\` | whether \`start\` would start |
| \`faults\` | where it would not: \`[{ "name", "expected", "got", "misspelt" }]\`; \`got\` and \`misspelt\` only where there is something to say |
| \`settings\` | where it would: \`[{ "name", "value", "from" }]\`, from \`environment\`, \`file\` or \`default\` |
| \`routes\` | where it would: each with every member of \`PROXY_ROUTES\`, and \`host_seen\`, the Host that the API sees |
| \`ways_out\` | with \`HTTPS_PROXY\`: \`[{ "call", "to", "way" }]\` |
| \`warnings\` | \`[{ "warning", "setting", "text" }]\`, by the names above |`;

/** A warning's row: the setting, or whichever it is. */
function warningRow(name: WarningName): readonly string[] {
  const { setting, when, means } = WARNINGS[name];
  return [`\`${name}\``, setting === null ? "" : `\`${setting}\``, when, means];
}

function warningsSection(): string {
  return `## What is warned about

Warnings do not keep the server from starting: \`check-config\` shows them at its end, and \`start\` writes them to its log. In
\`check-config --json\` each has its name, so that a pipeline can refuse some and let others pass.

${table(["Name", "Setting", "When", "What it means"], WARNING_NAMES.map(warningRow))}`;
}

/** The text of docs/configuration.md. */
export function renderConfigurationDocs(): string {
  const groups: readonly GroupName[] = [...new Set(SETTING_NAMES.map((name) => SETTINGS[name].group))];
  return `${[INTRODUCTION, ...groups.map(groupSection), routeSection(), optionsSection(), warningsSection(), CHECKING].join("\n\n")}\n`;
}
