import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { heapLimit, openFilesLimit } from "../../src/commands/advice/process-limits.js";
import { checkConfig } from "../../src/commands/check-config.js";
import { SETTING_NAMES } from "../../src/config/settings/settings.js";
import { VALID } from "../config/valid-environment.js";

t.test("a complete configuration is listed whole, with where each value comes from", async (t) => {
  const { text, exitCode } = checkConfig({
    ...VALID,
    PROXY_ROUTES: "/api=http://api:8080,/files=https://files.internal/v1",
    KEEP_ALIVE_TIMEOUT: "30s",
  });
  t.equal(exitCode, 0);
  for (const name of SETTING_NAMES) t.match(text, new RegExp(`^  ${name} +(environment|file|default) +\\S`, "m"), name);
  t.match(text, /^ {2}PUBLIC_URL +environment +https:\/\/app\.example\.com$/m);
  t.match(text, /^ {2}PORT +default +3000$/m);
  t.match(text, /^ {2}\/api -> http:\/\/api:8080$/m);
  t.match(
    text.replaceAll(/\s+/g, " "),
    "token=id session=required stripPrefix=false rewrite=true proxy=false responseHeaderTimeout=1m bodyIdleTimeout=off requestIdleTimeout=1m host=auto csrf=inherit cache=private",
  );
  t.match(text, /^Warnings\n {2}KEEP_ALIVE_TIMEOUT: /m);
});

t.test("the Host that each API sees is listed with why it is this one", async (t) => {
  const routes = [
    { prefix: "/plain", target: "http://plain:8080" },
    { prefix: "/tls", target: "https://tls.internal:8443/v1" },
    { prefix: "/mesh", target: "http://mesh.internal", host: "target" },
    { prefix: "/named", target: "https://named.internal", host: "public" },
  ];
  const { text } = checkConfig({ ...VALID, PROXY_ROUTES: JSON.stringify(routes) });
  const words = text.replaceAll(/\s+/g, " ");
  for (const line of [
    ` /plain app.example.com PUBLIC_URL's for plain http (auto): what routes by name needs "host": "target" `,
    ` /tls tls.internal:8443 the target's own for https (auto): what compares it with Origin needs "host": "public" `,
    ` /mesh mesh.internal the target's own, as the route says `,
    ` /named app.example.com PUBLIC_URL's, as the route says `,
  ])
    t.match(words, line);
});

t.test("with HTTPS_PROXY the way that each call takes is listed, with why; without it there is one way only", async (t) => {
  const routes = [
    { prefix: "/own", target: "http://api:8080" },
    { prefix: "/partner", target: "https://partner.example/v1", proxy: true },
    { prefix: "/near", target: "https://near.internal", proxy: true },
  ];
  const env = { ...VALID, PROXY_ROUTES: JSON.stringify(routes) };
  const wordsOf = (env: Record<string, string>) => checkConfig(env).text.replaceAll(/\s+/g, " ");
  const text = wordsOf({ ...env, HTTPS_PROXY: "http://user:hidden@proxy:3128", NO_PROXY: ".internal,.amazoncognito.com" });
  for (const line of [
    /\/partner -> https:\/\/partner\.example\/v1 [^>]*proxy=true/,
    " Cognito's API and keys https://cognito-idp.eu-central-1.amazonaws.com through HTTPS_PROXY ",
    " its token endpoint https://my-app.auth.eu-central-1.amazoncognito.com straight: NO_PROXY names it ",
    ' /own http://api:8080 straight: the route does not say "proxy": true ',
    " /partner https://partner.example through HTTPS_PROXY ",
    " /near https://near.internal straight: NO_PROXY names it ",
  ])
    t.match(text, line);
  t.notMatch(text, "hidden");
  t.notMatch(checkConfig(env).text, "The way out");
  const local = {
    ...env,
    PUBLIC_URL: "http://localhost:3000",
    COGNITO_ENDPOINT: "http://127.0.0.1:9229",
    HTTPS_PROXY: "http://proxy:3128",
  };
  t.match(wordsOf(local), " Cognito's API and keys http://127.0.0.1:9229 straight: plain http, or on this machine ");
});

t.test("opened sessions are compared with the heap that Node.js may have, since a full one ends the process", async (t) => {
  const MIB = 1_048_576;
  const words = (size: string, heapBytes: number | null) =>
    checkConfig({ ...VALID, SESSION_CACHE_BYTES: size }, { heapBytes }).text.replaceAll(/\s+/g, " ");
  t.match(
    words("4GiB", 2_096 * MIB),
    /SESSION_CACHE_BYTES: Node\.js lets its heap have 2096 MiB here, .* set 2032MiB or less, or start with NODE_OPTIONS=--max-old-space-size=4160 /,
  );
  t.notMatch(words("2032MiB", 2_096 * MIB), /SESSION_CACHE_BYTES:/);
  t.notMatch(words("64MiB", 128 * MIB), /SESSION_CACHE_BYTES:/, "the default, in a container of 256 MiB");
  t.notMatch(words("16GiB", null), /SESSION_CACHE_BYTES:/);
  t.ok(heapLimit() > 64 * MIB);
});

t.test("the calls that are let through are compared with the limit of open files", async (t) => {
  const env = { ...VALID, PROXY_ROUTES: "/api=http://api:8080,/v2=http://api:8080,/files=https://files.internal/v1" };
  const warned =
    /UPSTREAM_MAX_CONNECTIONS: 4096 calls and as many that wait need up to 24676 open files for 2 APIs, and this process may have 1024/;
  const words = (text: string) => text.replaceAll(/\s+/g, " ");
  t.match(words(checkConfig(env, { openFiles: 1_024 }).text), warned);
  t.notMatch(checkConfig(env, { openFiles: 65_536 }).text, /UPSTREAM_MAX_CONNECTIONS:/);
  t.notMatch(checkConfig(env, { openFiles: null }).text, /UPSTREAM_MAX_CONNECTIONS:/);
  t.match(
    words(checkConfig({ ...env, UPSTREAM_MAX_CONNECTIONS: "off" }, { openFiles: 1_024 }).text),
    /UPSTREAM_MAX_CONNECTIONS: off, and this process may have 1024/,
  );
  t.notMatch(checkConfig({ ...env, UPSTREAM_MAX_CONNECTIONS: "100" }, { openFiles: 1_024 }).text, /UPSTREAM_MAX_CONNECTIONS: \d/);
  const limit = openFilesLimit();
  if (process.platform === "linux") t.ok(limit !== null && limit > 0);
});

t.test("a file is named as the source of what it holds", async (t) => {
  const { text } = checkConfig(
    { ...VALID, PORT_FILE: "/run/port" },
    { reading: { readFile: (path) => (path === "/run/port" ? "8080\n" : "") } },
  );
  t.match(text, /^ {2}PORT +file +8080$/m);
});

t.test("without routes it says that nothing is forwarded, and without warnings it has none", async (t) => {
  const { text } = checkConfig(VALID);
  t.match(text, "Routes\n  none: nothing is forwarded\n");
  t.notMatch(text, "Warnings");
});

t.test("every fault is listed at once, with what was expected and what was there", async (t) => {
  const { text, exitCode } = checkConfig({ ...VALID, SESSION_MAX_AGE: "30", LOG_LEVEL: "loud", SESSION_KEYS: "short", SESION_KEYS: "x" });
  t.equal(exitCode, 1);
  t.equal(
    text,
    `The configuration has 3 faults. Nothing will start before they are mended.

  SESSION_KEYS     expected  key 1: exactly 32 bytes in base64, which are 43
                             characters and one =
  SESSION_MAX_AGE  expected  30 what? write 30s, 30m, 30h or 30d
                   got       30
  LOG_LEVEL        expected  \`fatal\`, \`error\`, \`warn\`, \`info\`, \`debug\`, \`trace\`,
                             \`silent\`
                   got       loud

Warnings
  SESION_KEYS is not a setting and has no effect; did you mean SESSION_KEYS?
`,
  );
});

t.test("one fault is one fault", async (t) => {
  t.match(checkConfig({ ...VALID, PORT: "x" }).text, /^The configuration has 1 fault\. Nothing will start before it is mended\./);
});

t.test("lines fit a terminal: long expectations are broken between words", async (t) => {
  const { text } = checkConfig({});
  for (const line of text.split("\n")) t.ok(line.length <= 80, line);
});

t.test("a missing variable and the one that was meant to be it stand together in one line, and no warning says it again", async (t) => {
  const { COGNITO_CLIENT_SECRET: secret, SESSION_KEYS: keys, ...rest } = VALID;
  const { text } = checkConfig({ ...rest, COGNITO_CLIENT_SECERT: secret, SESION_KEYS_FILE: keys });
  t.match(text, "\n  COGNITO_CLIENT_SECRET is missing; COGNITO_CLIENT_SECERT is set\n");
  t.match(text, "\n  SESSION_KEYS_FILE is missing; SESION_KEYS_FILE is set\n");
  t.notMatch(text, "Warnings");
  t.match(
    checkConfig({ ...rest, cognito_client_secret: secret, SESSION_KEYS: keys }).text,
    "COGNITO_CLIENT_SECRET is missing; cognito_client_secret is set",
  );
  const there = checkConfig({ ...VALID, COGNITO_CLIENT_SECRET: "short secret", COGNITO_CLIENT_SECERT: secret }).text;
  t.notMatch(there, "is missing");
});

/** A folder that others may look into, as those of a server's files are. */
async function folder(t: Test): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "check-config-"));
  t.teardown(() => rm(path, { recursive: true }));
  await chmod(path, 0o755);
  return path;
}

t.test("files and folders that variables name are looked at: whether they are there, and whom they let in", async (t) => {
  const path = await folder(t);
  const [keys, app] = [join(path, "keys"), join(path, "app")];
  const { SESSION_KEYS, ...rest } = VALID;
  const env = { ...rest, SESSION_KEYS_FILE: keys, SPA_DIR: app };
  const words = () => checkConfig(env, { files: true }).text.replaceAll(/\s+/g, " ");
  t.match(words(), "SESSION_KEYS_FILE expected the path of a readable file that holds the value; there is no such file (ENOENT)");
  t.match(words(), `SPA_DIR expected a folder with the built app's index.html; there is no such folder got ${app} `);
  await writeFile(keys, SESSION_KEYS ?? "", { mode: 0o600 });
  await writeFile(app, "");
  t.match(words(), "index.html; this is a file");
  await rm(app);
  await mkdir(app);
  t.match(words(), "index.html; there is no index.html in it");
  await writeFile(join(app, "index.html"), "");
  t.notMatch(words(), "Warnings");
  await chmod(keys, 0o644);
  t.match(words(), "SESSION_KEYS_FILE: every user of this machine can read it (mode 0644): chmod 600, or 640");
  await chmod(path, 0o700);
  t.notMatch(words(), "Warnings", "nobody else gets to it");
  await chmod(path, 0o755);
  await chmod(keys, 0o666);
  await chmod(app, 0o777);
  t.match(words(), "SESSION_KEYS_FILE: every user of this machine can write it (mode 0666)");
  t.match(words(), "SPA_DIR: every user of this machine can write it (mode 0777)");
  await copyFile(keys, join(app, "keys"));
  t.match(
    checkConfig({ ...env, SESSION_KEYS_FILE: join(app, "keys") }, { files: true }).text.replaceAll(/\s+/g, " "),
    "SESSION_KEYS_FILE expected a path outside SPA_DIR, whose files everybody can load",
  );
});

t.test("what a container mounts as secrets has the modes of its platform, and is not warned of", async (t) => {
  const path = await folder(t);
  // As Kubernetes lays out a volume: each name leads to the release of it that is in force.
  await mkdir(join(path, "..2026_11_26"), { mode: 0o755 });
  await writeFile(join(path, "..2026_11_26", "keys"), VALID["SESSION_KEYS"] ?? "", { mode: 0o644 });
  await symlink("..2026_11_26/keys", join(path, "keys"));
  const { SESSION_KEYS: _, ...rest } = VALID;
  t.notMatch(checkConfig({ ...rest, SESSION_KEYS_FILE: join(path, "keys") }, { files: true }).text, "Warnings");
});

t.test("as JSON: the same for programs, with a name for each warning", async (t) => {
  const read = (env: Record<string, string>) => {
    const { text, exitCode } = checkConfig(env, {}, { json: true });
    return { document: JSON.parse(text) as Record<string, unknown>, exitCode };
  };
  const whole = read({ ...VALID, PROXY_ROUTES: "/api=http://api:8080", KEEP_ALIVE_TIMEOUT: "30s" });
  t.equal(whole.exitCode, 0);
  t.match(whole.document, {
    complete: true,
    routes: [{ prefix: "/api", target: "http://api:8080", token: "id", responseHeaderTimeout: "1m", host_seen: "app.example.com" }],
    ways_out: [],
    warnings: [{ warning: "keep_alive_too_short", setting: "KEEP_ALIVE_TIMEOUT", text: /^KEEP_ALIVE_TIMEOUT: not above 60s/ }],
  });
  t.same(
    (whole.document["settings"] as { name: string }[]).map(({ name }) => name),
    SETTING_NAMES,
  );
  const { COGNITO_CLIENT_SECRET: secret, ...rest } = VALID;
  const faulty = read({ ...rest, COGNITO_CLIENT_SECERT: `${secret}`, PORT: "x" });
  t.equal(faulty.exitCode, 1);
  t.match(faulty.document, {
    complete: false,
    faults: [
      { name: "PORT", got: "x" },
      { name: "COGNITO_CLIENT_SECRET", misspelt: "COGNITO_CLIENT_SECERT" },
    ],
    warnings: [],
  });
});

t.test("AWS's own variables for other endpoints are warned of: they have no effect", async (t) => {
  const words = (env: Record<string, string>) => checkConfig({ ...VALID, ...env }).text.replaceAll(/\s+/g, " ");
  for (const name of ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_USE_FIPS_ENDPOINT"])
    t.match(
      words({ [name]: "http://localhost:4566" }),
      `${name} has no effect here; another endpoint of the user pools API, FIPS included, is set with COGNITO_ENDPOINT`,
    );
  t.notMatch(words({ AWS_USE_FIPS_ENDPOINT: "false", AWS_ENDPOINT_URL: "", AWS_REGION: "eu-central-1" }), /has no effect here/);
});
