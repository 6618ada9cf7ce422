import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { chromium } from "playwright-core";
import { freePort } from "../../src/demo/free-port.js";
import { withPalette } from "./palette-png.js";
import { STORY } from "./people.js";
import { createQueries, type Dashboard } from "./queries.js";
import { SCRAPE_SECONDS, STORY_ENDS_AT, tellStory } from "./story.js";

/*
 * Draws docs/images/dashboard.png: three invented days of the product's own metrics, backfilled into a real Prometheus, and each panel of
 * docker/grafana/dashboard.json asked of it and drawn with uPlot, the library Grafana's own charts are made with. No screenshot of Grafana.
 * Needs Debian's packages prometheus and chromium, and uPlot unpacked somewhere: `npm pack uplot@1.6.32 && tar xzf uplot-*.tgz`, then
 * `npm run build && node dist/bench/dashboard/picture.js package/dist`
 */

const [uplotFolder] = process.argv.slice(2);
if (!uplotFolder) throw new Error("Say where uPlot is: node dist/bench/dashboard/picture.js package/dist");
const WIDTH_PX = 1_600;
const PAGE = "bench/dashboard/page";
const dashboard = JSON.parse(readFileSync("docker/grafana/dashboard.json", "utf8")) as Dashboard;
const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const asked = new Set(expressions.flatMap((expr) => expr.match(/\b\w+(?=\{)/g) ?? []));

async function startPrometheus(folder: string): Promise<{ url: string; process: ChildProcess }> {
  const config = join(folder, "prometheus.yml");
  writeFileSync(config, "global: {}\n");
  const port = await freePort();
  const process = spawn(
    "prometheus",
    [
      ...[`--config.file=${config}`, `--storage.tsdb.path=${join(folder, "tsdb")}`, "--storage.tsdb.retention.time=100y"],
      ...[`--web.listen-address=127.0.0.1:${port}`, "--log.level=error"],
    ],
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  return { url: `http://127.0.0.1:${port}`, process };
}

const folder = mkdtempSync(join(tmpdir(), "dashboard-picture-"));
let prometheus: ChildProcess | undefined;
try {
  const samples = join(folder, "story.om");
  await pipeline(Readable.from(tellStory((name) => asked.has(name))), createWriteStream(samples));
  execFileSync("promtool", ["tsdb", "create-blocks-from", "openmetrics", "-q", samples, join(folder, "tsdb")], { stdio: "inherit" });
  const started = await startPrometheus(folder);
  prometheus = started.process;
  const range = { from: STORY_ENDS_AT - STORY.lastsSeconds, to: STORY_ENDS_AT, scrapeSeconds: SCRAPE_SECONDS };
  const queries = createQueries(started.url, range);
  await queries.ready();
  const panels = [];
  for (const panel of dashboard.panels) {
    const answer = await queries.answer(panel, (panel.gridPos.w / 24) * WIDTH_PX);
    if (panel.targets && answer.series.length === 0) console.warn(`no data: ${panel.title}`);
    panels.push({ panel, answer });
  }
  const browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ viewport: { width: WIDTH_PX, height: 900 }, timezoneId: "UTC", colorScheme: "dark" });
    page.on("pageerror", (error) => console.error(error));
    await page.setContent("<!doctype html><main></main>");
    for (const path of [join(uplotFolder, "uPlot.min.css"), join(PAGE, "page.css")]) await page.addStyleTag({ path });
    await page.addScriptTag({ path: join(uplotFolder, "uPlot.iife.min.js") });
    for (const file of ["charts.js", "page.js"]) await page.addScriptTag({ path: join(PAGE, file), type: "module" });
    await page.waitForFunction("globalThis.drawDashboard");
    await page.evaluate(`drawDashboard(${JSON.stringify({ title: dashboard.title, range, panels })})`);
    writeFileSync("docs/images/dashboard.png", withPalette(await page.screenshot({ fullPage: true })));
  } finally {
    await browser.close();
  }
} finally {
  prometheus?.kill();
  rmSync(folder, { recursive: true, force: true });
}
