import { readFileSync } from "node:fs";
import t from "tap";
import { renderConfigurationDocs } from "../../src/config/configuration-docs.js";
import { decodeAs } from "../../src/config/kinds/kind.js";
import { ROUTE_MEMBERS } from "../../src/config/kinds/proxy-routes-kind.js";
import type { Absence, Setting } from "../../src/config/settings/setting.js";
import { SETTING_NAMES, SETTINGS } from "../../src/config/settings/settings.js";
import { WARNING_NAMES, WARNINGS } from "../../src/config/warnings.js";

/** The variables that deployments rely on: one more is a decision, one less breaks somebody's. */
const PROMISED = [
  ...["PUBLIC_URL", "HOST", "PORT", "MANAGEMENT_HOST", "MANAGEMENT_PORT", "MANAGEMENT_TOKEN", "PUBLIC_HEALTH_PATH"],
  ...["COGNITO_USER_POOL_ID", "COGNITO_CLIENT_ID", "COGNITO_CLIENT_SECRET", "COGNITO_PUBLIC_CLIENT", "COGNITO_DOMAIN", "COGNITO_TOKEN_URL"],
  ...["COGNITO_ENDPOINT", "COGNITO_SCOPES", "COGNITO_REFRESH_API", "COGNITO_REFRESH_TOKEN_VALIDITY", "COGNITO_PREVIOUS_CLIENT_IDS"],
  ...["COGNITO_FOLLOW_CLOCK"],
  ...[
    "SESSION_KEYS",
    "SESSION_STORE",
    "SESSION_STORE_CA",
    "SESSION_STORE_IAM",
    "SESSION_STORE_STALE",
    "SESSION_IDLE_TIMEOUT",
    "SESSION_MAX_AGE",
    "SESSION_CACHE_BYTES",
  ],
  ...["COOKIE_SAME_SITE", "COOKIE_HEADER_BUDGET", "REFRESH_EARLY", "REFRESH_RATE_LIMIT"],
  ...["PROXY_ROUTES", "SPA_DIR", "SPA_URL", "SPA_CSP", "AUTH_PREFIX", "CSRF_HEADER", "TRUST_PROXY"],
  ...["PROXY_STRIP_HEADERS", "HSTS_MAX_AGE"],
  ...["HTTPS_PROXY", "NO_PROXY"],
  "UPSTREAM_MAX_CONNECTIONS",
  "UPSTREAM_MAX_HEADER_BYTES",
  ...["DRAIN_DELAY", "SHUTDOWN_TIMEOUT", "KEEP_ALIVE_TIMEOUT", "LOG_LEVEL", "LOG_TIME"],
];

t.test("every variable that deployments rely on is a setting, and there is no other", async (t) => {
  t.same([...SETTING_NAMES].sort(), [...PROMISED].sort());
});

t.test("every variable has a row, and so has every member of a route", async (t) => {
  const page = renderConfigurationDocs();
  for (const name of PROMISED) t.equal(page.split(`\n| \`${name}\` | `).length, 2, name);
  for (const name of Object.keys(ROUTE_MEMBERS)) t.equal(page.split(`\n| \`${name}\` | `).length, 2, name);
});

t.test("every warning has a row under its name, and names a setting that exists", async (t) => {
  const page = renderConfigurationDocs();
  for (const name of WARNING_NAMES) {
    t.equal(page.split(`\n| \`${name}\` | `).length, 2, name);
    const { setting } = WARNINGS[name];
    t.ok(setting === null || SETTING_NAMES.includes(setting), name);
  }
});

t.test("the committed page is what the schema says", async (t) => {
  // Compiled tests lie two folders deeper than the sources, whatever the output folder is called.
  const page = readFileSync(new URL("../../../docs/configuration.md", import.meta.url), "utf8");
  t.equal(page, renderConfigurationDocs());
});

t.test("every default and every example is a value that the schema accepts", async (t) => {
  for (const name of SETTING_NAMES) {
    const { absence, example, kind }: Setting<unknown, unknown, Absence> = SETTINGS[name];
    if (absence.kind === "default") t.equal(decodeAs(kind, absence.text).kind, "value", `${name}=${absence.text}`);
    if (!example.startsWith("(")) t.equal(decodeAs(kind, example).kind, "value", `${name}=${example}`);
  }
});

t.test("every default is shown as it is written", async (t) => {
  for (const name of SETTING_NAMES) {
    const { absence, kind }: Setting<unknown, unknown, Absence> = SETTINGS[name];
    if (absence.kind !== "default") continue;
    const decoded = decodeAs(kind, absence.text);
    if (decoded.kind === "value") t.equal(kind.show(decoded.value), absence.text, name);
  }
});

t.test("the examples of the page parse", async (t) => {
  const page = renderConfigurationDocs();
  const json = /```json\n(.*?)```/s.exec(page)?.[1] ?? "";
  t.equal(decodeAs(SETTINGS.PROXY_ROUTES.kind, json).kind, "value");
});
