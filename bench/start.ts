import { randomBytes } from "node:crypto";
import { Command, InvalidArgumentError } from "commander";
import { freePort } from "../src/demo/free-port.js";
import { DEFAULT_SEED, startLocalCognito } from "../src/local-cognito/index.js";
import { quartilesOf } from "./contest/quartiles.js";
import { type Run, runOnce } from "./start/ran.js";
import { type Served, type Start, startOnce } from "./start/served.js";

/*
 * How long `cognito-bff start` takes to its first answer, what that costs, and what the commands cost that run beside it, such as the container's
 * health check; an empty Node.js and the least of Fastify apps in the same rounds, since the machine's speed goes up and down.
 *
 *   npm run build && node dist/bench/start.js
 */

const PROGRAM = new URL("../src/main.js", import.meta.url).pathname;
const HELLO = new URL("./start/hello.js", import.meta.url).pathname;

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  "node -e 0": ["-e", "0"],
  "cognito-bff --version": [PROGRAM, "--version"],
  "cognito-bff --help": [PROGRAM, "--help"],
  "cognito-bff health": [PROGRAM, "health"],
  "cognito-bff keygen": [PROGRAM, "keygen"],
  "cognito-bff check-config": [PROGRAM, "check-config"],
};

function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("A whole number from 1.");
  return number;
}

/** `median (lower to upper)`, or nothing where nobody could tell. */
function shown(figures: readonly (number | null)[]): string {
  const known = figures.filter((figure) => figure !== null);
  if (known.length === 0) return "";
  const { lower, median, upper } = quartilesOf(known);
  return `${median.toFixed(0)} (${lower.toFixed(0)} to ${upper.toFixed(0)})`;
}

function startRow(starts: readonly Start[]): Record<string, string> {
  return {
    "first answer, ms": shown(starts.map(({ firstAnswerMs }) => firstAnswerMs)),
    "ready, ms": shown(starts.map(({ readyMs }) => readyMs)),
    "CPU until then, ms": shown(starts.map(({ cpuMs }) => cpuMs)),
    "memory then, MiB": shown(starts.map(({ memoryMib }) => memoryMib)),
    "CPU at rest, ms": shown(starts.map(({ restCpuMs }) => restCpuMs)),
    "memory at rest, MiB": shown(starts.map(({ restMemoryMib }) => restMemoryMib)),
    "heap at rest, MiB": shown(starts.map(({ restHeapMib }) => restHeapMib)),
  };
}

function runRow(runs: readonly Run[]): Record<string, string> {
  return {
    "took, ms": shown(runs.map(({ tookMs }) => tookMs)),
    "CPU, ms": shown(runs.map(({ cpuMs }) => cpuMs)),
    "memory at most, MiB": shown(runs.map(({ memoryMib }) => memoryMib)),
  };
}

async function measure(rounds: number): Promise<void> {
  const [port, managementPort, helloPort] = [await freePort(), await freePort(), await freePort()];
  const cognito = await startLocalCognito({ port: 0 });
  const { userPoolId, clientId, clientSecret } = DEFAULT_SEED;
  const env = {
    PUBLIC_URL: `http://localhost:${port}`,
    HOST: "127.0.0.1",
    PORT: String(port),
    MANAGEMENT_PORT: String(managementPort),
    COGNITO_USER_POOL_ID: userPoolId,
    COGNITO_CLIENT_ID: clientId,
    COGNITO_CLIENT_SECRET: clientSecret,
    COGNITO_ENDPOINT: cognito.url,
    COGNITO_DOMAIN: cognito.url,
    SESSION_KEYS: randomBytes(32).toString("base64"),
    PROXY_ROUTES: "/api=http://127.0.0.1:9",
    LOG_LEVEL: "warn",
    NODE_NO_WARNINGS: "1",
  };
  const proxy: Served = { args: [PROGRAM, "start"], env, port, managementPort };
  const hello: Served = { args: [HELLO], env: { PORT: String(helloPort) }, port: helloPort, managementPort: null };
  const starts: Start[] = [];
  const hellos: Start[] = [];
  const runs = new Map<string, Run[]>(Object.keys(COMMANDS).map((command) => [command, []]));
  try {
    for (let round = 1; round <= rounds; round++) {
      const rested = await startOnce(proxy);
      starts.push(rested.start);
      try {
        // Beside the proxy at rest: `health` asks it.
        for (const [command, args] of Object.entries(COMMANDS)) runs.get(command)?.push(await runOnce(args, env));
      } finally {
        await rested.stop();
      }
      const bare = await startOnce(hello);
      hellos.push(bare.start);
      await bare.stop();
    }
  } finally {
    await cognito.close();
  }
  console.log(`Node.js ${process.versions.node}, ${rounds} rounds: median (lower to upper quartile)`);
  console.table({ "cognito-bff start": startRow(starts), "a bare Fastify app": startRow(hellos) });
  console.table(Object.fromEntries([...runs].map(([command, each]) => [command, runRow(each)])));
}

await new Command("node dist/bench/start.js")
  .description("How long `cognito-bff start` takes to its first answer, and what it and the other commands cost.")
  .option("--rounds <n>", "how often each takes its turn", count, 15)
  .action(({ rounds }: { readonly rounds: number }) => measure(rounds))
  .parseAsync();
