import { randomBytes } from "node:crypto";
import type { CognitoIdentityProvider } from "@aws-sdk/client-cognito-identity-provider";
import { Agent } from "undici";
import type { Config } from "../../config/config.js";
import { type LocalCognito, startLocalCognito } from "../../local-cognito/index.js";
import { type AdjustableClock, createAdjustableClock } from "../../model/clock.js";
import { type BuildRuntime, buildServer, type StartingServer } from "../../server/server.js";
import { localAdministrator } from "./administrator.js";
import { type Answer, Browser, LONGEST_ANSWER_MS } from "./browser.js";
import { keepLogLines, type LogLines } from "./log-lines.js";
import { rehearsedConfig, type StandIns } from "./rehearsed-config.js";
import { rehearsedPool, USER } from "./rehearsed-pool.js";
import { type ReceivedCall, type StandInApi, startStandInApi } from "./stand-in-api.js";

/** Builds the proxy: `buildServer`, unless a test wants one that is broken on purpose. */
export type Build = (config: Config, runtime: BuildRuntime) => Promise<StartingServer>;

export interface StageOptions {
  readonly config: Config;
  /** Whether SESSION_IDLE_TIMEOUT and SESSION_MAX_AGE hold. */
  readonly keepsLimits: boolean;
  /** Longest wait for one answer of Cognito, of real time; as in production unless given. */
  readonly cognitoDeadlineMs?: number;
  readonly build?: Build;
}

/** A running proxy of the stage: the first, or one as another process or a later release would be. */
export interface StagedProxy {
  readonly log: LogLines;
  /** Where a browser has to go to reach it. */
  readonly addresses: ReadonlyMap<string, string>;
}

/** Everything one scenario plays with: local Cognito, the operator's proxy, stand-ins for its APIs, a person's browser, one clock. */
export interface Stage {
  readonly config: Config;
  readonly clock: AdjustableClock;
  readonly cognito: LocalCognito;
  /** Cognito's own operations, over AWS's SDK. */
  readonly idp: CognitoIdentityProvider;
  readonly proxy: StagedProxy;
  readonly browser: Browser;
  readonly clientSecret: string | null;
  /** Calls that reached a stand-in of an API, oldest first. */
  apiCalls(): readonly ReceivedCall[];
  signIn(browser: Browser): Promise<Answer>;
  /** A further proxy, with the same keys. */
  addProxy(changes?: Partial<Config>): Promise<StagedProxy>;
  close(): Promise<void>;
}

/** Opens a stage on loopback alone; closed again by `close`, whatever happened on it. */
export async function openStage({ config, keepsLimits, cognitoDeadlineMs, build = buildServer }: StageOptions): Promise<Stage> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const clock = createAdjustableClock();
    const clientSecret = config.cognitoClientSecrets.length === 0 ? null : `rehearsal${randomBytes(20).toString("hex")}`;
    const cognito = await startLocalCognito({ host: "127.0.0.1", port: 0, clock, seed: rehearsedPool(config, clientSecret) });
    closers.push(() => cognito.close());
    const { apis, spa } = await startStandIns(config, closers);
    const standIns: StandIns = {
      cognitoUrl: cognito.url,
      spaUrl: spa.url,
      sessionKey: randomBytes(32),
      clientSecret,
      apiUrl: (origin) => apis.get(origin)?.url ?? spa.url,
    };
    const rehearsed = rehearsedConfig(config, standIns, { keepsLimits });
    const idp = localAdministrator(rehearsed.cognitoRegion, cognito.url);
    closers.push(async () => idp.destroy());

    const addProxy = async (changes: Partial<Config> = {}): Promise<StagedProxy> => {
      const log = keepLogLines();
      const runtime = { clock, logger: log.logger, ...(cognitoDeadlineMs === undefined ? {} : { cognitoDeadlineMs }) };
      const server = await build({ ...rehearsed, ...changes }, runtime);
      closers.push(() => server.close());
      const { url } = await server.listen();
      return {
        log,
        addresses: new Map([
          [rehearsed.publicUrl, url],
          [cognito.url, cognito.url],
        ]),
      };
    };
    const proxy = await addProxy();
    const dispatcher = new Agent({ headersTimeout: LONGEST_ANSWER_MS, bodyTimeout: LONGEST_ANSWER_MS });
    // Before the servers: they wait for their connections.
    closers.push(() => dispatcher.close());
    const browser = new Browser({ publicUrl: rehearsed.publicUrl, addresses: proxy.addresses, dispatcher });
    return {
      config: rehearsed,
      clock,
      cognito,
      idp,
      proxy,
      browser,
      clientSecret,
      apiCalls: () => [...apis.values()].flatMap(({ calls }) => calls),
      signIn: (someone) => someone.signIn(USER, `${rehearsed.authPrefix}/login?return_to=/`),
      addProxy,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** One API for each origin: routes that have one in common also have rules in common. */
async function startStandIns(
  { proxyRoutes }: Config,
  closers: (() => Promise<unknown>)[],
): Promise<{ readonly apis: ReadonlyMap<string, StandInApi>; readonly spa: StandInApi }> {
  const start = async () => {
    const started = await startStandInApi();
    closers.push(() => started.close());
    return started;
  };
  const apis = new Map<string, StandInApi>();
  for (const origin of new Set(proxyRoutes.map(({ target }) => target.origin))) apis.set(origin, await start());
  return { apis, spa: await start() };
}
