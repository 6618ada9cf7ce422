import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { apacheModule } from "../proxies/apache.js";

/** Where it was measured: no name of the machine, no path on it. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly pinned: boolean;
}

export function describeMachine(pinned: boolean): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    // Not availableParallelism: by now this process is kept to one of them.
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    pinned,
  };
}

/** What a program says of its version, on stdout or stderr; null where it is not installed. */
function said(command: string, parameters: readonly string[], version: RegExp): string | null {
  const { stdout, stderr } = spawnSync(command, parameters, { encoding: "utf8", timeout: 5_000 });
  return version.exec(`${stdout ?? ""}${stderr ?? ""}`)?.[1] ?? null;
}

/** The version of each thing that a figure depends on; what is not installed is left out. */
export function describeVersions(): Readonly<Record<string, string>> {
  const lock = JSON.parse(readFileSync(new URL("../../../../package-lock.json", import.meta.url), "utf8")) as {
    packages: Record<string, { version?: string }>;
  };
  const locked = (name: string) => lock.packages[`node_modules/${name}`]?.version ?? null;
  const module = apacheModule();
  const found = {
    node: process.versions.node,
    fastify: locked("fastify"),
    undici: locked("undici"),
    "@fastify/http-proxy": locked("@fastify/http-proxy"),
    "@opentelemetry/sdk-trace-base": locked("@opentelemetry/sdk-trace-base"),
    nginx: said("nginx", ["-v"], /nginx\/([\d.]+)/),
    "Apache httpd": said("apache2", ["-v"], /Apache\/([\d.]+)/) ?? said("httpd", ["-v"], /Apache\/([\d.]+)/),
    // It tells nobody its version but servers, in its User-Agent.
    mod_auth_openidc:
      module !== null && existsSync(module) ? (/mod_auth_openidc-(\d+(?:\.\d+)+)/.exec(readFileSync(module, "latin1"))?.[1] ?? null) : null,
    "oauth2-proxy": said("oauth2-proxy", ["--version"], /oauth2-proxy v?([^\s]+)/),
    wrk: said("wrk", ["-v"], /wrk (?:debian\/)?([\d.]+)/),
    autocannon: locked("autocannon"),
  };
  return Object.fromEntries(Object.entries(found).flatMap(([name, version]) => (version === null ? [] : [[name, version]])));
}
