import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { freePort } from "../../../src/demo/free-port.js";
import { DEFAULT_SEED } from "../../../src/local-cognito/index.js";
import { type Child, nodeOptions, type Preload, startProgram, startServer } from "../child.js";
import type { Arena, Contestant } from "../contestant.js";
import { installed } from "../load/load.js";
import { signIn, startIdentityProvider } from "./identity-provider.js";

const MAIN = new URL("../../../src/main.js", import.meta.url).pathname;

type Settings = Readonly<Record<string, string>>;

interface Ours {
  readonly sessions?: number;
  readonly settings?: Settings;
  readonly start?: (publicUrl: string, settings: Settings, arena: Arena) => Promise<Child>;
}

/** `cognito-bff start` as in production: hooks, metrics and audit log as they are by default, the log thrown away. */
function startCommand(preloads: readonly Preload[]): (publicUrl: string, settings: Settings, arena: Arena) => Promise<Child> {
  return (publicUrl, settings, { profile, pinning }) => {
    const isUp = async () => (await fetch(`${publicUrl}/auth/session`).catch(() => null))?.status === 401;
    return startProgram(process.execPath, [...nodeOptions({ profile, preloads }), MAIN, "start"], {
      port: Number(new URL(publicUrl).port),
      env: settings,
      pinning,
      isUp,
    });
  };
}

const start = startCommand(["probe"]);
export const startWithOpenTelemetry = startCommand(["probe", "open-telemetry"]);

export function startPlugin(publicUrl: string, settings: Settings, arena: Arena): Promise<Child> {
  const camel = (name: string) => name.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const notForPlugins = new Set(["HOST", "PORT", "MANAGEMENT_PORT"]);
  const options = Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => (notForPlugins.has(name) ? [] : [[camel(name), value]])),
  );
  return startServer("plugin", { OPTIONS: JSON.stringify(options), PORT: new URL(publicUrl).port }, arena);
}

const REDIS = ["redis-server", "valkey-server"];

/** A server without persistence, on the cores of the API and the calls. @returns its port, and what ends it. */
export async function startRedisServer(): Promise<Child> {
  const port = await freePort();
  const isUp = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      socket.once("close", () => resolve(false)).setTimeout(100, () => socket.destroy());
      socket.once("connect", () => socket.end());
    });
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning"];
  const program = REDIS.find(installed) ?? "redis-server";
  return startProgram(program, settings, { port, env: {}, pinning: { kind: "free" }, isUp });
}

/** Ours with its sessions in a Redis of its own. */
export function oursInRedis(title: string): Contestant {
  return {
    title,
    missing: () => (REDIS.some(installed) ? null : "redis-server is not installed"),
    async start(arena) {
      const redis = await startRedisServer();
      try {
        const running = await ours(title, { settings: { SESSION_STORE: `redis://127.0.0.1:${redis.port}` } }).start(arena);
        return { ...running, storePort: redis.port, stop: () => running.stop().finally(() => redis.stop()) };
      } catch (error) {
        await redis.stop();
        throw error;
      }
    },
  };
}

export function ours(title: string, { sessions = 1, settings = {}, start: startChild = start }: Ours = {}): Contestant {
  return {
    title,
    missing: () => null,
    async start(arena) {
      const port = await freePort();
      const publicUrl = `http://localhost:${port}`;
      const cognito = await startIdentityProvider(publicUrl);
      const child = await startChild(
        publicUrl,
        {
          PUBLIC_URL: publicUrl,
          HOST: "127.0.0.1",
          PORT: String(port),
          MANAGEMENT_PORT: "0",
          COGNITO_USER_POOL_ID: DEFAULT_SEED.userPoolId,
          COGNITO_CLIENT_ID: DEFAULT_SEED.clientId,
          COGNITO_CLIENT_SECRET: DEFAULT_SEED.clientSecret,
          COGNITO_DOMAIN: cognito.url,
          COGNITO_ENDPOINT: cognito.url,
          SESSION_KEYS: randomBytes(32).toString("base64"),
          PROXY_ROUTES: `/api=${arena.upstream}`,
          ...settings,
        },
        arena,
      ).catch((error) => cognito.close().then(() => Promise.reject(error)));
      const stop = () => Promise.all([child.stop(), cognito.close()]).then(() => {});
      try {
        const cookies = await signIn(publicUrl, { count: sessions, loginPath: "/auth/login", sessionCookie: "bff-session" });
        return { pid: child.pid, probe: child.probe, url: publicUrl, cookies, stop };
      } catch (error) {
        await stop();
        throw error;
      }
    },
  };
}
