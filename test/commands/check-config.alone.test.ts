import t from "tap";
import { checkConfig } from "../../src/commands/check-config.js";
import { heapLimit, openFilesLimit } from "../../src/commands/process-limits.js";
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
  t.match(text, /^ {2}\/api +http:\/\/api:8080 +id +required +false +true +1m +1m +off +false +auto +inherit +private$/m);
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
  for (const line of [
    /^ {2}\/plain +app\.example\.com +PUBLIC_URL's for plain http \(auto\): what routes by name needs "host": "target"$/m,
    /^ {2}\/tls +tls\.internal:8443 +the target's own for https \(auto\): what compares it with Origin needs "host": "public"$/m,
    /^ {2}\/mesh +mesh\.internal +the target's own, as the route says$/m,
    /^ {2}\/named +app\.example\.com +PUBLIC_URL's, as the route says$/m,
  ])
    t.match(text, line);
});

t.test("with HTTPS_PROXY the way that each call takes is listed, with why; without it there is one way only", async (t) => {
  const routes = [
    { prefix: "/own", target: "http://api:8080" },
    { prefix: "/partner", target: "https://partner.example/v1", proxy: true },
    { prefix: "/near", target: "https://near.internal", proxy: true },
  ];
  const env = { ...VALID, PROXY_ROUTES: JSON.stringify(routes) };
  const { text } = checkConfig({ ...env, HTTPS_PROXY: "http://user:hidden@proxy:3128", NO_PROXY: ".internal,.amazoncognito.com" });
  for (const line of [
    /^ {2}\/partner +https:\/\/partner\.example\/v1 .* true +auto +inherit +private$/m,
    /^ {2}Cognito's API and keys +https:\/\/cognito-idp\.eu-central-1\.amazonaws\.com +through HTTPS_PROXY$/m,
    /^ {2}its token endpoint +https:\/\/my-app\.auth\.eu-central-1\.amazoncognito\.com +straight: NO_PROXY names it$/m,
    /^ {2}\/own +http:\/\/api:8080 +straight: the route does not say "proxy": true$/m,
    /^ {2}\/partner +https:\/\/partner\.example +through HTTPS_PROXY$/m,
    /^ {2}\/near +https:\/\/near\.internal +straight: NO_PROXY names it$/m,
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
  t.match(checkConfig(local).text, /^ {2}Cognito's API and keys +http:\/\/127\.0\.0\.1:9229 +straight: plain http, or on this machine$/m);
});

t.test("opened sessions are compared with the heap that Node.js may have, since a full one ends the process", async (t) => {
  const MIB = 1_048_576;
  const words = (size: string, heapBytes: number | null) =>
    checkConfig({ ...VALID, SESSION_CACHE_BYTES: size }, {}, null, heapBytes).text.replaceAll(/\s+/g, " ");
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
  t.match(words(checkConfig(env, {}, 1_024).text), warned);
  t.notMatch(checkConfig(env, {}, 65_536).text, /UPSTREAM_MAX_CONNECTIONS:/);
  t.notMatch(checkConfig(env, {}, null).text, /UPSTREAM_MAX_CONNECTIONS:/);
  t.match(
    words(checkConfig({ ...env, UPSTREAM_MAX_CONNECTIONS: "off" }, {}, 1_024).text),
    /UPSTREAM_MAX_CONNECTIONS: off, and this process may have 1024/,
  );
  t.notMatch(checkConfig({ ...env, UPSTREAM_MAX_CONNECTIONS: "100" }, {}, 1_024).text, /UPSTREAM_MAX_CONNECTIONS: \d/);
  const limit = openFilesLimit();
  if (process.platform === "linux") t.ok(limit !== null && limit > 0);
});

t.test("a file is named as the source of what it holds", async (t) => {
  const { text } = checkConfig({ ...VALID, PORT_FILE: "/run/port" }, { readFile: (path) => (path === "/run/port" ? "8080\n" : "") });
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

  SESSION_KEYS     expected  key 1: exactly 32 bytes in base64, which are 43 characters and one =
  SESSION_MAX_AGE  expected  30 what? write 30s, 30m, 30h or 30d
                   got       30
  LOG_LEVEL        expected  \`fatal\`, \`error\`, \`warn\`, \`info\`, \`debug\`, \`trace\`, \`silent\`
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
  for (const line of text.split("\n")) t.ok(line.length <= 112, line);
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
