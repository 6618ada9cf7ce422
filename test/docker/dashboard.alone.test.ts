import { readFileSync } from "node:fs";
import t, { type Test } from "tap";
import { ENDING_CAUSES, REASONS } from "../../src/wire/reasons.js";
import { runDemo } from "../support/running-demo.js";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const read = (path: string) => readFileSync(new URL(`../../../docker/${path}`, import.meta.url), "utf8");
const { panels, ...dashboard } = JSON.parse(read("grafana/dashboard.json")) as { readonly panels: readonly Panel[]; readonly uid: string };
const alerts = read("prometheus/alerts.yml");
const asked = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })));

/** An alert's expression is a block of lines indented deeper than its `expr: |`. */
const alerting = [...alerts.matchAll(/- alert: (\w+)\n {8}expr: \|\n((?: {10}.+\n)+)/g)].map(([, title = "", expr = ""]) => ({
  title,
  expr,
}));

const METRIC = /\b(?:bff|http_server|process|nodejs)_\w+/g;

/** Every label a panel or an alert may divide by: each has a vocabulary of ours or of the configuration, never a person's or a browser's. */
const BOUNDED = new Set(
  "le job instance alertname result operation outcome reason cause alert route kind status_class cache status within hour day setting place fingerprint http_response_status_code".split(
    " ",
  ),
);

/** /metrics of a server in which a session was started, refreshed and lost. */
async function metricsOfALife(t: Test): Promise<string> {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  demo.advance("2h");
  await person.call("/api/echo");
  demo.advance("31d");
  t.equal((await person.call("/api/echo")).status, 401);
  return (await fetch(`${demo.managementUrl}/metrics`)).text();
}

t.test("every metric a panel or an alert asks for is one the server has", async (t) => {
  const text = await metricsOfALife(t);
  const existing = new Set<string>();
  for (const [, name = "", type] of text.matchAll(/^# TYPE (\w+) (\w+)$/gm)) {
    existing.add(name);
    if (type === "histogram") for (const part of ["bucket", "sum", "count"]) existing.add(`${name}_${part}`);
  }
  t.ok(asked.length > 30 && alerting.length > 15);
  for (const { title, expr } of [...asked, ...alerting]) {
    const names = expr.match(METRIC) ?? [];
    t.same(
      names.filter((name) => !existing.has(name)),
      [],
      title,
    );
  }
  const bounds = new Set([...text.matchAll(/^bff_session_age_at_end_seconds_bucket\{le="([^"]+)"/gm)].map(([, bound]) => bound));
  const wanted = [...asked, ...alerting].flatMap(({ expr }) => [...expr.matchAll(/\ble="([^"]+)"/g)].map(([, bound]) => bound));
  t.ok(wanted.includes("108000") && wanted.includes("111600"), "30 and 31 hours are told apart");
  t.same(
    wanted.filter((bound) => !bounds.has(bound)),
    [],
    "every age asked for is a bucket's bound",
  );
});

t.test("every panel has a title, a unit and a sentence that says what to do", (t) => {
  t.equal(dashboard.uid, "cognito-bff");
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length, "ids differ");
  for (const { type, title, description = "", fieldConfig, targets = [] } of panels) {
    t.ok(title.length > 3 && title.length < 60, title);
    if (type === "row") continue;
    t.match(description, /^[A-Z].{20,250}\.$/, title);
    if (type === "text") continue;
    t.ok(fieldConfig?.defaults.unit, `${title} has a unit`);
    t.ok(targets.length > 0, `${title} asks for something`);
  }
  t.end();
});

t.test("panels lie on the grid of 24 columns and none covers another", (t) => {
  const taken = new Map<string, string>();
  for (const { title, gridPos } of panels) {
    t.ok(gridPos.x + gridPos.w <= 24, title);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        if (taken.has(`${x} ${y}`)) t.fail(`${title} covers ${taken.get(`${x} ${y}`)}`);
        taken.set(`${x} ${y}`, title);
      }
  }
  t.end();
});

t.test("no panel and no alert divides by a label without bounds", (t) => {
  for (const { title, expr } of [...asked, ...alerting]) {
    const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(/, */));
    const selected = [...expr.matchAll(/[{,](\w+)(?:=~|!=|!~|=)"/g)].map(([, label = ""]) => label);
    t.same(
      [...grouped, ...selected].filter((label) => !BOUNDED.has(label)),
      [],
      title,
    );
  }
  for (const { title, legendFormat } of asked)
    t.same(
      [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].filter(([, label = ""]) => !BOUNDED.has(label)),
      [],
      title,
    );
  t.end();
});

t.test("every reason and cause a panel or an alert selects is one that is ever said", (t) => {
  const causes: readonly string[] = Object.values(ENDING_CAUSES).flat();
  for (const { title, expr } of [...asked, ...alerting])
    for (const [, label, values = ""] of expr.matchAll(/\b(reason|cause)(?:=~|!=|=)"([^"]+)"/g))
      for (const value of values.split("|")) t.ok(label === "reason" ? value in REASONS : causes.includes(value), `${title}: ${value}`);
  t.end();
});

t.test("every query keeps to the chosen job and processes", (t) => {
  for (const { title, expr } of asked)
    for (const [selector] of expr.matchAll(/\b(?:bff|http_server|process|nodejs)_\w+(?:\{[^}]*\})?/g))
      t.ok(selector.includes('{job=~"$job",instance=~"$instance"'), `${title}: ${selector}`);
  t.end();
});

t.test("the provisioned dashboard and its data source find each other", (t) => {
  t.match(read("grafana/provisioning/datasources/prometheus.yaml"), /type: prometheus/);
  t.match(read("grafana/provisioning/dashboards/cognito-bff.yaml"), /path: \/etc\/grafana\/dashboards/);
  t.match(JSON.stringify(dashboard), '"name":"datasource","label":"Prometheus","type":"datasource","query":"prometheus"');
  t.end();
});
