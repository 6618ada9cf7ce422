import { execFile } from "node:child_process";
import { cp, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { noteLogLine } from "../support/redaction.js";
import { OPERATOR } from "./rehearsals.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const MAIN = join(ROOT, "dist/src/main.js");

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function rehearse(options: readonly string[], env: Record<string, string> = OPERATOR, main = MAIN): Promise<Ended> {
  const environment = { PATH: process.env["PATH"] ?? "", AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true", ...env };
  return new Promise((resolve) => {
    execFile(process.execPath, ["--no-warnings", main, "rehearse", ...options], { env: environment }, (error, stdout, stderr) => {
      noteLogLine(stdout + stderr);
      resolve({ code: typeof error?.code === "number" ? error.code : error ? -1 : 0, stdout, stderr });
    });
  });
}

t.test("a rehearsal that passes is exit code 0, a table and JUnit XML", async (t) => {
  const file = join(t.testdir({}), "rehearsal.xml");
  const { code, stdout, stderr } = await rehearse(["--only", "expired", "--only", "throttled", "--junit", file]);
  t.equal(code, 0, stderr);
  t.match(stdout, /✔ expired +401 expired \/ refresh_token_expired +cleared +\d+\.\d s/);
  t.match(stdout, /✔ throttled +503 cognito_throttled +kept/);
  t.match(stdout, "2 passed, in ");
  t.equal(stderr, "", "no progress where nobody watches");
  for (const line of stdout.split("\n")) t.ok(line.length <= 80, line);
  t.match(await readFile(file, "utf8"), '<testsuites tests="2" failures="0"');
});

t.test("--json says the same to programs", async (t) => {
  const { code, stdout } = await rehearse(["--only", "waf", "--json"]);
  t.equal(code, 0);
  t.match(JSON.parse(stdout), {
    passed: true,
    seconds: Number,
    scenarios: [{ name: "waf", meets: "503 cognito_blocked", cookie: "kept", outcome: "passed" }],
  });
});

t.test("nothing to rehearse is exit code 2: faults as check-config tells them, scenarios that do not exist", async (t) => {
  const faulty = await rehearse([], { ...OPERATOR, SESSION_KEYS: "", PUBLIC_URL: "app.example.com" });
  t.equal(faulty.code, 2);
  t.match(faulty.stderr, "The configuration has 2 faults.");
  const unknown = await rehearse(["--only", "expird"]);
  t.equal(unknown.code, 2);
  t.match(unknown.stderr, /^cognito-bff: there is no scenario expird\. There are: expired, revoked, /);
  for (const options of [["--live", "--json", "--yes"], ["--yes"], ["--profile", "x"], ["--json", "--iam"]]) {
    const { code, stderr } = await rehearse(options);
    t.equal(code, 2);
    t.match(stderr, /^cognito-bff: .* for --live.*\n$/);
  }
  t.equal((await rehearse(["--jsno"])).code, 2);
});

t.test("in the production image one line says that there is no local Cognito, and --live works", async (t) => {
  const image = t.testdir({});
  await cp(join(ROOT, "dist/src"), join(image, "dist/src"), { recursive: true });
  await cp(join(ROOT, "package.json"), join(image, "package.json"));
  await symlink(join(ROOT, "node_modules"), join(image, "node_modules"));
  const leftOut = [...(await readFile(join(ROOT, "Dockerfile"), "utf8")).matchAll(/\bmv ((?:dist\/src\/\S+ )+)\/only-demo/g)];
  for (const path of leftOut.flatMap(([, paths = ""]) => paths.trim().split(" "))) await rm(join(image, path), { recursive: true });
  const main = join(image, "dist/src/main.js");
  const local = await rehearse([], OPERATOR, main);
  t.equal(local.code, 2);
  t.match(
    local.stderr,
    /^cognito-bff: .*; the production image has no demo in it: build the target `demo`; `rehearse --live` needs none\n$/,
  );
  const live = await rehearse(["--live", "--iam"], OPERATOR, main);
  t.equal(live.code, 0, live.stderr);
  t.match(live.stdout, "cognito-idp:CreateUserPoolClient");
});
