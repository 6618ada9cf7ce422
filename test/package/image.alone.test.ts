import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { parseDuration } from "../../src/config/kinds/duration.js";
import { SETTINGS } from "../../src/config/settings/settings.js";

// Compiled to <out dir>/test/package.
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const DOCKERFILE = read("Dockerfile");

/** Files and folders of the build that only the demo's image gets. */
const LEFT_OUT = [...DOCKERFILE.matchAll(/\bmv ((?:dist\/src\/\S+ )+)\/only-demo/g)].flatMap(([, paths = ""]) =>
  paths
    .trim()
    .split(" ")
    .map((path) => path.replace("dist/src/", "").replace(/\.js$/, ".ts")),
);

/** Where each deployment file says how long the proxy may take to stop, in seconds. */
const STOPPING = [
  { file: "docker/ecs/cloudformation.yaml", limit: /StopTimeout: (\d+)/ },
  { file: "docker/kubernetes/cognito-bff.yaml", limit: /terminationGracePeriodSeconds: (\d+)/ },
  { file: "docker/compose.yaml", limit: /stop_grace_period: (\d+)s/ },
  { file: "docker/compose.replicas.yaml", limit: /stop_grace_period: (\d+)s/ },
  { file: "docker/vm/cognito-bff@.service", limit: /TimeoutStopSec=(\d+)s/ },
];

t.test("fail open: the production image has no local Cognito, and nothing in it needs what was left out", async (t) => {
  t.ok(LEFT_OUT.includes("local-cognito") && LEFT_OUT.includes("demo"), "both folders go to the demo's image alone");
  const isLeftOut = (path: string) => LEFT_OUT.some((place) => path === place || path.startsWith(`${place}/`));
  const src = join(ROOT, "src");
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  for (const path of files.filter((file) => !isLeftOut(file))) {
    const text = readFileSync(join(src, path), "utf8");
    const imports = [...text.matchAll(/\bfrom "(\.[^"]+)\.js"/g)].map(([, to = ""]) => `${normalize(join(dirname(path), to))}.ts`);
    t.notOk(imports.some(isLeftOut), `${path} starts without the demo`);
  }
});

t.test("the last stage is the one without the demo, and runs as a number that is not root's", async (t) => {
  const stages = [...DOCKERFILE.matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, name]) => name);
  t.equal(stages.at(-1), "runtime");
  const runtime = DOCKERFILE.slice(DOCKERFILE.lastIndexOf("\nFROM "));
  t.notMatch(runtime, /COPY|only-demo|^USER/m);
  t.match(DOCKERFILE, /^USER 1000:1000$/m);
});

t.test("every setting that the deployment files give exists", async (t) => {
  const known = (name: string) => Object.hasOwn(SETTINGS, name.replace(/_FILE$/, ""));
  const ofTheDemo = ["LOCAL_COGNITO_PORT", "LOCAL_COGNITO_HOST", "LOCAL_COGNITO_MIN_TOKEN_VALIDITY", "SAMPLE_API_HOST", "NODE_ENV"];
  const given = {
    "docker/ecs/cloudformation.yaml": /Name: ([A-Z][A-Z_]+),/g,
    "docker/kubernetes/cognito-bff.yaml": /^ {2}([A-Z][A-Z_]+):/gm,
    "docker/compose.yaml": /^ {6}([A-Z][A-Z_]+):/gm,
    "docker/compose.replicas.yaml": /^ {4}(?: {2})?([A-Z][A-Z_]+):/gm,
    "docker/vm/cognito-bff@.service": /[ =]([A-Z][A-Z_]+)=/g,
    Dockerfile: /(?<=^ENV .*)([A-Z][A-Z_]+)=/gm,
  };
  for (const [file, pattern] of Object.entries(given)) {
    const names = [...read(file).matchAll(pattern)].map(([, name = ""]) => name);
    t.ok(names.length > 0, `${file} gives some`);
    t.same(
      names.filter((name) => !known(name) && !ofTheDemo.includes(name)),
      [],
      file,
    );
  }
});

t.test("the platform waits longer than the proxy takes to stop", async (t) => {
  for (const { file, limit } of STOPPING) {
    const text = read(file);
    const seconds = (name: string, fallback: string) => {
      const parsed = parseDuration(new RegExp(`${name}(?:, Value)?: (\\d+\\w)`).exec(text)?.[1] ?? fallback);
      return parsed.kind === "duration" ? parsed.ms / 1000 : Number.NaN;
    };
    const most = seconds("DRAIN_DELAY", "0s") + seconds("SHUTDOWN_TIMEOUT", "8s");
    t.ok(Number(limit.exec(text)?.[1]) > most, `${file}: more than ${most} s`);
  }
});
