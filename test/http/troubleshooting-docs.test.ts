import { readdirSync, readFileSync } from "node:fs";
import t from "tap";
import { runDemo } from "../support/running-demo.js";

const ROOT = new URL("../../../", import.meta.url);
const DOCUMENT = readFileSync(new URL("docs/troubleshooting.md", ROOT), "utf8");
const PARTS = ["It is", "Log", "Metric", "Cure"];

/** What the proxy is made of, without what only commands, the demo and browsers say. */
const SOURCE = readdirSync(new URL("src/", ROOT), { recursive: true, encoding: "utf8" })
  .filter(
    (path) =>
      path.endsWith(".ts") && !/^(?:client|commands\/(?!start\.)|demo|doctor|element|local-cognito|react|rehearse|svelte|vue)\b/.test(path),
  )
  .map((path) => readFileSync(new URL(`src/${path}`, ROOT), "utf8"))
  .join("\n");

const symptoms = DOCUMENT.split(/^### /m)
  .slice(1)
  .map((section) => {
    const [title = ""] = section.split("\n", 1);
    const parts = new Map(
      [...section.matchAll(/^- \*\*(.+?)\*\* ((?:.+\n?)(?: {2}.+\n?)*)/gm)].map(([, name = "", text = ""]) => [name, text]),
    );
    return { title, parts };
  });

const quoted = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
/** As a setting, which the reader writes and no line says. */
const isSetting = (code: string) => /^[A-Z_]+=/.test(code);

t.test("each symptom says what it is, its log line, its metric and the cure, and is in the table at the top", (t) => {
  t.ok(symptoms.length >= 20);
  const anchorOf = (title: string) =>
    title
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replaceAll(" ", "-");
  const linked = [...DOCUMENT.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = ""]) => anchor);
  t.same([...linked].sort(), symptoms.map(({ title }) => anchorOf(title)).sort());
  for (const { title, parts } of symptoms) {
    t.same([...parts.keys()], PARTS, title);
    for (const part of ["Log", "Metric"]) t.ok(quoted(parts.get(part) ?? "").length > 0, `${title}: ${part}`);
  }
  t.end();
});

t.test("every log line that it names is one that the proxy writes", (t) => {
  for (const { title, parts } of symptoms)
    for (const code of quoted(parts.get("Log") ?? "").filter((each) => !isSetting(each))) t.ok(SOURCE.includes(code), `${title}: ${code}`);
  t.end();
});

t.test("every metric that it names is one that the proxy has, with these labels", async (t) => {
  const demo = await runDemo(t);
  const text = await (await fetch(`${demo.managementUrl}/metrics`)).text();
  const existing = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name = ""]) => name));
  for (const { title, parts } of symptoms)
    for (const code of quoted(parts.get("Metric") ?? "")) {
      const [, name, label, value = ""] = /^(\w+)(?:\{(\w+)="([^"]+)"\})?$/.exec(code) ?? /^()(\w+)="([^"]+)"$/.exec(code) ?? [];
      t.ok(name === "" || existing.has(name ?? code), `${title}: ${code}`);
      if (label !== undefined && !/^\d+$/.test(value)) t.ok(SOURCE.includes(label) && SOURCE.includes(value), `${title}: ${code}`);
    }
});
