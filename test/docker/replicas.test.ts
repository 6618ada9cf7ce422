import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import t from "tap";
import { parse } from "yaml";
import { parseConfig } from "../../src/index.js";

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");

interface Service {
  readonly image: string;
  readonly build?: { readonly target: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const { services, networks, volumes } = parse(read("docker/compose.replicas.yaml"), { merge: true }) as Compose;
const REPLICAS = ["bff-1", "bff-2", "bff-3"] as const;

function serviceOf(name: string): Service {
  const service = services[name];
  if (!service) throw new Error(`there is no ${name}`);
  return service;
}

/** With the defaults that the file gives. */
const environmentOf = ({ environment = {} }: Service) =>
  Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value.replaceAll(/\$\{\w+:-(\w+)\}/g, "$1")]));

t.test("three replicas start with what the file gives them, all alike, and nothing is warned about", async (t) => {
  for (const name of REPLICAS) {
    const service = serviceOf(name);
    const parsing = parseConfig(environmentOf(service), { readFile: () => randomBytes(32).toString("base64") });
    if (parsing.kind === "faults") throw new Error(JSON.stringify(parsing.faults));
    t.same(parsing.warnings, []);
    t.match(parsing.config, { publicUrl: "http://localhost:3000", sessionStore: { kind: "redis" } });
    t.same(service, serviceOf("bff-1"), "a session is anybody's");
    t.equal(service.ports, undefined, "reached through the balancer alone");
    t.equal(service.build?.target, "runtime");
  }
});

t.test("the store writes to a disk that outlives it, evicts nothing, and is reached by the replicas alone", async (t) => {
  const { command = [], ports, networks: joined, volumes: mounted } = serviceOf("store");
  for (const setting of ["--appendonly yes", "--appendfsync everysec", "--maxmemory-policy noeviction"])
    t.match(command.join(" "), setting);
  t.equal(ports, undefined);
  t.same(mounted, ["sessions:/data"]);
  t.ok(Object.hasOwn(volumes, "sessions"));
  t.same(joined, ["sessions"]);
  t.same(networks["sessions"], { internal: true });
  const there = Object.entries(services).filter(([, service]) => service.networks?.includes("sessions"));
  t.same(
    there.map(([name]) => name).filter((name) => name !== "store"),
    REPLICAS,
  );
  const url = new URL(serviceOf("bff-1").environment?.["SESSION_STORE"] ?? "");
  t.match(url, { hostname: "store", port: "6379", username: "", password: "" });
});

t.test("the balancer calls each replica, passes on sockets and streams, and says who called", async (t) => {
  const { volumes: mounted = [], ports } = serviceOf("balancer");
  const [file = ""] = (mounted[0] ?? "").split(":");
  const conf = read(`docker/${file}`);
  t.same(
    [...conf.matchAll(/^ {2}server (\S+) /gm)].map(([, server]) => server),
    REPLICAS.map((name) => `${name}:3000`),
  );
  t.equal(/:(\d+)$/.exec(ports?.[0] ?? "")?.[1], /listen (\d+);/.exec(conf)?.[1]);
  t.match(ports?.[0], /^127\.0\.0\.1:/, "this machine's browsers alone");
  for (const line of [
    "proxy_buffering off",
    "proxy_set_header Upgrade",
    "proxy_set_header Host $http_host",
    "X-Forwarded-For $remote_addr",
  ])
    t.ok(conf.includes(line), line);
  t.equal(environmentOf(serviceOf("bff-1"))["TRUST_PROXY"], "1");
});

t.test("every service says whether it is well, and waits for those that it needs", async (t) => {
  for (const [name, { healthcheck, depends_on: needed = {} }] of Object.entries(services)) {
    t.ok(healthcheck?.disable || (healthcheck?.test?.length ?? 0) > 1, name);
    for (const [other, { condition }] of Object.entries(needed)) {
      t.ok(Object.hasOwn(services, other), `${name} needs ${other}`);
      t.match(condition, serviceOf(other).healthcheck?.disable ? "service_completed_successfully" : "service_healthy");
    }
  }
  t.same(Object.keys(serviceOf("balancer").depends_on ?? {}), REPLICAS);
});

t.test("no secret stands in it but local Cognito's, which is none; what it mounts is there", async (t) => {
  const known = parse(read("docker/compose.yaml"), { merge: true }) as Compose;
  for (const [name, service] of Object.entries(services)) {
    for (const [setting, value] of Object.entries(service.environment ?? {}))
      if (/KEYS$|PASSWORD|TOKEN$|SECRET$/.test(setting))
        t.equal(value, known.services["bff"]?.environment?.[setting], `${name}: ${setting} is that of docker/compose.yaml`);
    for (const volume of service.volumes ?? []) {
      const [from = ""] = volume.split(":");
      t.ok(from.startsWith(".") ? existsSync(new URL(`docker/${from}`, ROOT)) : Object.hasOwn(volumes, from), volume);
    }
  }
});
