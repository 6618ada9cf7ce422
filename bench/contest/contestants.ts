import { randomBytes } from "node:crypto";
import { freePort } from "../../src/demo/free-port.js";
import { DEFAULT_SEED, defaultSeed, startLocalCognito } from "../../src/local-cognito/index.js";
import { Person } from "../../test/support/person.js";
import { type Child, nodeOptions, type Pinning, startProgram, startServer } from "./child.js";
import { installed } from "./load.js";
import { startNginxProxy } from "./nginx.js";

/** What every contestant stands before, and where it may run. */
export interface Arena {
  /** The API, without a slash at the end. */
  readonly upstream: string;
  readonly pinning: Pinning;
  /** Where CPU profiles go; null: none are made. */
  readonly profile: string | null;
}

/** A proxy that takes calls. */
export interface Running {
  readonly pid: number;
  /** Without a slash at the end; calls go to `/api/x` below it. */
  readonly url: string;
  /** Cookie headers, one for each session; calls take them in turn. */
  readonly cookies: readonly string[];
  stop(): Promise<void>;
}

export interface Contestant {
  readonly name: string;
  /** Why it cannot run here; null: it can. */
  missing(): string | null;
  start(arena: Arena): Promise<Running>;
}

const MAIN = new URL("../../src/main.js", import.meta.url).pathname;
/** As long as one of ours: what is not ours carries as many bytes each way. */
const FOREIGN_COOKIE_BYTES = 3_600;
/** Twice as many as the smallest cache has room for: taken in turn, none of them is found there. */
const MANY_SESSIONS = 100;

const always = () => null;

function foreignCookie(): string {
  return `session=${randomBytes(FOREIGN_COOKIE_BYTES).toString("base64url").slice(0, FOREIGN_COOKIE_BYTES)}`;
}

async function signIn(url: string, count: number): Promise<string[]> {
  const cookies: string[] = [];
  for (let i = 0; i < count; i++) {
    const person = new Person(url);
    // There is no SPA to land on here; the cookie is what counts.
    await person.signIn(DEFAULT_SEED.user);
    if (!person.cookies.has("bff-session")) throw new Error("signing in did not work");
    cookies.push(person.cookiesOf("localhost"));
  }
  return cookies;
}

interface Ours {
  readonly sessions?: number;
  readonly settings?: Readonly<Record<string, string>>;
  start?(publicUrl: string, settings: Readonly<Record<string, string>>, arena: Arena): Promise<Child>;
}

/** `cognito-bff start` as in production, its log thrown away. */
function startCommand(publicUrl: string, settings: Readonly<Record<string, string>>, arena: Arena): Promise<Child> {
  const isUp = async () => (await fetch(`${publicUrl}/auth/session`).catch(() => null))?.status === 401;
  return startProgram(process.execPath, [...nodeOptions(arena), MAIN, "start"], {
    port: Number(new URL(publicUrl).port),
    env: settings,
    pinning: arena.pinning,
    isUp,
  });
}

function startPlugin(publicUrl: string, settings: Readonly<Record<string, string>>, arena: Arena): Promise<Child> {
  const camel = (name: string) => name.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const notForPlugins = new Set(["HOST", "PORT", "MANAGEMENT_PORT"]);
  const options = Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => (notForPlugins.has(name) ? [] : [[camel(name), value]])),
  );
  return startServer("plugin", { OPTIONS: JSON.stringify(options), PORT: new URL(publicUrl).port }, arena);
}

function ours(name: string, { sessions = 1, settings = {}, start = startCommand }: Ours): Contestant {
  return {
    name,
    missing: always,
    async start(arena) {
      const port = await freePort();
      const publicUrl = `http://localhost:${port}`;
      const cognito = await startLocalCognito({ port: 0, seed: defaultSeed({ publicUrl }) });
      const child = await start(
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
      );
      const stop = () => Promise.all([child.stop(), cognito.close()]).then(() => {});
      try {
        return { pid: child.pid, url: publicUrl, cookies: await signIn(publicUrl, sessions), stop };
      } catch (error) {
        await stop();
        throw error;
      }
    },
  };
}

/** One of `servers/`, without sessions. */
function bare(name: string, server: string): Contestant {
  return {
    name,
    missing: always,
    async start(arena) {
      const { pid, port, stop } = await startServer(server, { UPSTREAM: arena.upstream }, arena);
      return { pid, url: `http://127.0.0.1:${port}`, cookies: [foreignCookie()], stop };
    },
  };
}

const nginx: Contestant = {
  name: "nginx, no session",
  missing: () => (installed("nginx") ? null : "nginx is not installed"),
  async start({ upstream, pinning }) {
    const { pid, port, stop } = await startNginxProxy(upstream, pinning);
    return { pid, url: `http://127.0.0.1:${port}`, cookies: [foreignCookie()], stop };
  },
};

/** By the name that `--only` knows them by. The first of each comparison is named in `targets.ts`. */
export const CONTESTANTS: Readonly<Record<string, Contestant>> = {
  ours: ours("cognito-bff, session in the cache", {}),
  anew: ours("cognito-bff, cookie opened anew", { sessions: MANY_SESSIONS, settings: { SESSION_CACHE_BYTES: "1MiB" } }),
  plugin: ours("cognito-bff as a plugin", { start: startPlugin }),
  bare: bare("@fastify/http-proxy, no session", "bare-http-proxy"),
  least: bare("node:http + undici, no session", "bare-undici"),
  nginx,
};
