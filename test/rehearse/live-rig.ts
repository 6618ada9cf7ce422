import type { Test } from "tap";
import { defaultSeed, type LocalCognito, startLocalCognito } from "../../src/local-cognito/index.js";
import { Secret } from "../../src/model/secret.js";
import { LivePool } from "../../src/rehearse/live/live-pool.js";
import { type LiveRehearsalOptions, rehearseLive } from "../../src/rehearse/live/live-rehearsal.js";
import type { LiveTime } from "../../src/rehearse/live/live-time.js";
import { newRunName } from "../../src/rehearse/live/run-name.js";

/** A local Cognito in the place of a real user pool, over AWS's own SDK, whose clock goes on as fast as it is waited for. */
export interface LiveRig {
  readonly cognito: LocalCognito;
  readonly pool: LivePool;
  readonly runName: string;
  readonly steps: string[];
  /** What is in the user pool that a rehearsal has made. */
  left(): Promise<readonly string[]>;
  run(changes?: Partial<LiveRehearsalOptions>): ReturnType<typeof rehearseLive>;
}

export async function startPool(t: Test, settings: object = {}, client: object = {}): Promise<LocalCognito> {
  const [userPool] = defaultSeed({ publicUrl: "http://localhost:3000" }).userPools;
  const [given] = userPool.clients;
  const seed = { userPools: [{ ...userPool, ...settings, clients: [{ ...given, ...client }] }] };
  const cognito = await startLocalCognito({ port: 0, seed });
  t.teardown(() => cognito.close());
  return cognito;
}

export const TARGET = {
  poolId: "us-east-1_Local0001",
  clientId: "3localcognitodemoclient001",
  region: "us-east-1",
  profile: null,
  emulatorCredentialsEnd: null,
} as const;

/** The names of app clients and users in the pool that are a rehearsal's. */
export async function leftIn(cognito: LocalCognito): Promise<readonly string[]> {
  const pool = new LivePool({ ...TARGET, endpoint: cognito.url });
  const clients = (await pool.listClients()).map(({ name }) => name);
  const users = [...(await pool.listUsers("email", "")), ...(await pool.listUsers("username", "cognito-bff"))];
  pool.close();
  return [...clients, ...users].filter((name) => name.startsWith("cognito-bff-rehearsal-"));
}

export async function liveRig(t: Test, settings: object = {}, client: object = {}): Promise<LiveRig> {
  const cognito = await startPool(t, settings, client);
  const pool = new LivePool({ ...TARGET, endpoint: cognito.url });
  t.teardown(() => pool.close());
  const time: LiveTime = {
    now: async () => cognito.clock.now(),
    pause: async (ms, signal) => {
      if (!signal.aborted) cognito.clock.advance(ms);
    },
  };
  const runName = newRunName(cognito.clock.now());
  const steps: string[] = [];
  return {
    cognito,
    pool,
    runName,
    steps,
    left: () => leftIn(cognito),
    run: async (changes = {}) =>
      rehearseLive({
        pool,
        original: await pool.describeClient(),
        poolSettings: await pool.describePool(),
        refreshApi: "auto",
        runName,
        password: new Secret("Aa1!Aa1!Aa1!Aa1!Aa1!"),
        time,
        signal: new AbortController().signal,
        onStep: (text) => steps.push(text),
        onWait: () => {},
        ...changes,
      }),
  };
}
