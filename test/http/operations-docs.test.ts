import { readFileSync } from "node:fs";
import t from "tap";
import { runDemo } from "../support/running-demo.js";

const DOCUMENT = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");
const ALERTS = readFileSync(new URL("../../../docker/prometheus/alerts.yml", import.meta.url), "utf8");

t.test("docs/operations.md explains every metric of ours, and no other", async (t) => {
  const demo = await runDemo(t);
  const text = await (await fetch(`${demo.managementUrl}/metrics`)).text();
  const existing = new Set([...text.matchAll(/^# TYPE ((?:bff|http)_\w+)/gm)].map(([, name = ""]) => name));
  const documented = new Set([...DOCUMENT.matchAll(/`((?:bff|http_server)_[a-z_]+)(?:\{[^`]*)?`/g)].map(([, name = ""]) => name));
  t.same(
    [...existing].filter((name) => !documented.has(name)),
    [],
    "none is left out",
  );
  t.same(
    [...documented].filter((name) => !existing.has(name)),
    [],
    "none is made up",
  );
});

t.test("every alert leads to a section that exists", (t) => {
  const anchors = new Set([
    ...[...DOCUMENT.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^\w -]/g, "")
        .replaceAll(" ", "-"),
    ),
    ...[...DOCUMENT.matchAll(/<a id="([^"]+)">/g)].map(([, id = ""]) => id),
  ]);
  const linked = [...ALERTS.matchAll(/runbook_url: '\{\{ \$externalLabels\.runbook_base \}\}docs\/operations\.md#(\S+)'/g)].map(
    ([, anchor = ""]) => anchor,
  );
  t.ok(linked.length > 10);
  t.same(
    linked.filter((anchor) => !anchors.has(anchor)),
    [],
  );
  const internal = [...DOCUMENT.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = ""]) => anchor);
  t.same(
    internal.filter((anchor) => !anchors.has(anchor)),
    [],
    "and so does every link within the page",
  );
  t.end();
});

/** The sections of alerts, by the alert's name; one may be of two. */
function sectionsOfAlerts(): ReadonlyMap<string, string> {
  const [, ...sections] = DOCUMENT.split(/^### (?=Bff)/m);
  return new Map(
    sections.flatMap((section) => {
      const [title = ""] = section.split("\n", 1);
      const text = section.slice(title.length).split(/^##+ /m, 1)[0] ?? "";
      return title.split(", ").map((name) => [name, text] as const);
    }),
  );
}

t.test("every alert has its section, which begins with the one command to run", (t) => {
  const sections = sectionsOfAlerts();
  const alerts = [...ALERTS.matchAll(/- alert: (\w+)/g)].map(([, name = ""]) => name);
  t.ok(alerts.length > 25);
  t.same([...sections.keys()].sort(), [...alerts].sort(), "each has one, and none is of an alert that is no more");
  for (const [name, text] of sections) {
    const [, command = "", rest = ""] = /^\n+```sh [^\n]+\n([^\n]+)\n```\n([\s\S]*)$/.exec(text) ?? [];
    t.ok(command.length > 3, `${name} begins with a block of one line`);
    t.ok(rest.trim().length > 40, `${name} says what it means`);
  }
  t.end();
});
