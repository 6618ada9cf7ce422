import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import t from "tap";
import { parse } from "yaml";
import { createApi } from "../../examples/compose/api.js";
import { parseConfig } from "../../src/index.js";
import { VALID } from "../config/valid-environment.js";

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");

interface Service {
  readonly build: { readonly context: string; readonly target: string };
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
}

const EXAMPLE = parse(read("examples/compose/compose.yaml")) as Compose;
/** What the shell has to give, as a person would. */
const SHELL: Readonly<Record<string, string>> = {
  COGNITO_USER_POOL_ID: VALID["COGNITO_USER_POOL_ID"] ?? "",
  COGNITO_CLIENT_ID: VALID["COGNITO_CLIENT_ID"] ?? "",
  COGNITO_DOMAIN: VALID["COGNITO_DOMAIN"] ?? "",
};
const SECRETS: Readonly<Record<string, string>> = {
  "/run/secrets/client-secret": randomBytes(26).toString("hex"),
  "/run/secrets/session-keys": randomBytes(32).toString("base64"),
};

function environmentOf({ environment }: Service): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value.replaceAll(/\$\{(\w+):\?\}/g, (_, variable: string) => SHELL[variable] ?? `no ${variable}`),
    ]),
  );
}

t.test("the proxy of the compose example starts with what the file gives it, and nothing is warned about", async (t) => {
  t.same(Object.keys(EXAMPLE.services), ["bff", "web", "api"]);
  const { bff } = EXAMPLE.services;
  if (bff === undefined) throw new Error("there is no bff");
  const parsing = parseConfig(environmentOf(bff), { readFile: (path) => SECRETS[path] ?? "" });
  if (parsing.kind === "faults") throw new Error(JSON.stringify(parsing.faults));
  t.same(parsing.warnings, []);
  t.match(parsing.config, { publicUrl: "http://localhost:3000", port: 3000, spa: { kind: "url" } });
  t.same(bff.ports, ["127.0.0.1:3000:3000"], "reached by this machine alone, at the address of PUBLIC_URL");
  t.same(
    bff.secrets?.map((name) => `/run/secrets/${name}`),
    Object.keys(SECRETS),
  );
  t.same(Object.keys(EXAMPLE.secrets ?? {}), bff.secrets);
});

t.test("it leads to the other services at the ports where they listen, and no browser reaches those", async (t) => {
  const { bff, web, api } = EXAMPLE.services;
  t.equal(bff?.environment["SPA_URL"], `http://web:${/port: (\d+)/.exec(read("examples/spa-vite/vite.config.ts"))?.[1]}`);
  t.equal(bff?.environment["PROXY_ROUTES"], `/api=http://api:${/\.listen\((\d+)\)/.exec(read("examples/compose/api.ts"))?.[1]}`);
  t.equal(web?.environment["__VITE_ADDITIONAL_SERVER_ALLOWED_HOSTS"], "web");
  t.same([web?.ports, api?.ports], [undefined, undefined]);
});

t.test(
  "it builds the stages that the Dockerfile has, and sets for the proxy only what docker/compose.yaml's kind of deployment does",
  async (t) => {
    const stages = [...read("Dockerfile").matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, name]) => name);
    for (const [name, { build }] of Object.entries(EXAMPLE.services)) t.ok(stages.includes(build.target), `${name}: ${build.target}`);
    const { services } = parse(read("docker/compose.yaml"), { merge: true }) as Compose;
    const hardening = ({ read_only, cap_drop, security_opt }: Record<string, unknown>) => ({ read_only, cap_drop, security_opt });
    t.same(hardening({ ...EXAMPLE.services["bff"] }), hardening({ ...services["bff"] }));
    t.type(hardening({ ...services["bff"] }).read_only, "boolean");
  },
);

t.test("its API serves whom it knows and answers everybody else its own 401, without BFF-Problem", async (t) => {
  const api = createApi(async (token) => {
    if (token !== "good") throw new Error("nobody's");
    return { sub: "somebody" };
  });
  api.listen(0, "127.0.0.1");
  await once(api, "listening");
  t.teardown(() => api.close());
  const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}/api/orders`;
  const call = (authorization: Record<string, string>) => fetch(url, { method: "POST", body: "a note", headers: authorization });
  t.same(await (await call({ authorization: "Bearer good" })).json(), { sub: "somebody", body: "a note" });
  for (const refused of [await call({ authorization: "Bearer other" }), await call({})]) {
    t.equal(refused.status, 401);
    t.equal(refused.headers.get("bff-problem"), null);
  }
});
