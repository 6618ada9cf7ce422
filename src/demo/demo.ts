import { randomBytes, randomUUID } from "node:crypto";
import type { Config } from "../config/config.js";
import { requireConfig } from "../config/config-error.js";
import type { BffOptions } from "../config/options.js";
import {
  DEFAULT_SEED,
  defaultSeed,
  type LocalCognito,
  type LocalCognitoOptions,
  type LocalCognitoSeed,
  startLocalCognito,
} from "../local-cognito/index.js";
import { type AdjustableClock, createAdjustableClock } from "../model/clock.js";
import { listenFault } from "../model/listen-fault.js";
import { type BffServer, type BuildRuntime, buildServer } from "../server/server.js";
import { demoControls } from "./controls.js";
import { freePort } from "./free-port.js";
import { idTokenCheck } from "./id-token-check.js";
import { type SampleApi, startSampleApi } from "./sample-api.js";

const LOOPBACK = "127.0.0.1";
const SPA_DIRECTORY = new URL("./spa/", import.meta.url).pathname;

export interface DemoOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** 0: any free port. */
  readonly localCognitoPort: number;
  /** What is different about local Cognito. It listens on 127.0.0.1, where browsers are sent in any case; a container has to open it wider. */
  readonly localCognito?: Pick<LocalCognitoOptions, "host" | "issuer" | "corsOrigins">;
  readonly runtime?: Omit<BuildRuntime, "clock">;
  /** An app in place of the sample shop, and its APIs in place of the sample API. */
  readonly app?: Pick<BffOptions, "spaDir" | "spaUrl" | "proxyRoutes">;
  /** Settings of the proxy that differ from the demo's. */
  readonly settings?: Partial<BffOptions>;
}

/** Everything on one machine and one clock. */
export interface Demo {
  readonly url: string;
  readonly managementUrl: string;
  readonly config: Config;
  readonly localCognito: LocalCognito;
  readonly clock: AdjustableClock;
  readonly user: { readonly email: string; readonly password: string };
  readonly server: BffServer;
  close(): Promise<void>;
}

/** Starts local Cognito, the sample API, the sample SPA and the proxy in this process. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const clock = createAdjustableClock();
  // The redirect URI names the port, so it has to be known before anything listens.
  const port =
    options.port === 0
      ? await freePort(options.host).catch((error: unknown) => {
          throw listenFault(error, { host: "HOST", port: "PORT" });
        })
      : options.port;
  const publicUrl = `http://localhost:${port}`;
  const localCognito = await startLocalCognito({
    host: LOOPBACK,
    ...options.localCognito,
    port: options.localCognitoPort,
    clock,
    controlOrigins: [publicUrl],
    seed: demoSeed(publicUrl),
  }).catch((error: unknown) => {
    throw listenFault(error, { host: "LOCAL_COGNITO_HOST", port: "LOCAL_COGNITO_PORT" });
  });
  let api: SampleApi | null = null;
  try {
    let verify: (token: string) => Promise<{ sub: string; email?: string } | null> = async () => null;
    api = await startSampleApi({ host: LOOPBACK, port: 0, clock, verify: (token) => verify(token) });
    const config = demoConfig({ ...options, port }, publicUrl, localCognito.url, api.url);
    const server = await buildServer(config, { ...options.runtime, clock });
    verify = idTokenCheck(
      {
        userPoolId: config.cognitoUserPoolId,
        region: config.cognitoRegion,
        clientId: config.cognitoClientId,
        endpoint: config.cognitoEndpoint,
      },
      clock,
    );
    const { user, userPoolId } = DEFAULT_SEED;
    const listsSessions = config.sessionStore.kind !== "cookie" || options.runtime?.openStore !== undefined;
    demoControls(server.app, { publicUrl, localCognitoUrl: localCognito.url, userPoolId, user, listsSessions, name: randomUUID() });
    const { managementUrl } = await server.listen();
    const started = api;
    return {
      url: publicUrl,
      managementUrl,
      config,
      localCognito,
      clock,
      user,
      server,
      async close() {
        await server.close();
        await started.close();
        await localCognito.close();
      },
    };
  } catch (error) {
    await api?.close();
    await localCognito.close();
    throw error;
  }
}

/** The default seed, whose user the sign-in page shows: nobody has to go back to the terminal. */
function demoSeed(publicUrl: string): LocalCognitoSeed {
  const { email, password } = DEFAULT_SEED.user;
  const [pool] = defaultSeed({ publicUrl }).userPools;
  return { userPools: [{ ...pool, ShownUser: { username: email, password } }] };
}

function demoConfig(options: DemoOptions, publicUrl: string, localCognitoUrl: string, apiUrl: string): Config {
  return requireConfig({
    publicUrl,
    host: options.host,
    port: options.port,
    managementPort: 0,
    cognitoUserPoolId: DEFAULT_SEED.userPoolId,
    cognitoClientId: DEFAULT_SEED.clientId,
    cognitoClientSecret: DEFAULT_SEED.clientSecret,
    cognitoDomain: localCognitoUrl,
    cognitoEndpoint: localCognitoUrl,
    // What the seed's app client says.
    cognitoRefreshTokenValidity: "30d",
    cognitoScopes: "openid email profile aws.cognito.signin.user.admin",
    sessionKeys: [randomBytes(32).toString("base64")],
    proxyRoutes: [{ prefix: "/api", target: apiUrl }],
    ...(options.app ?? {
      spaDir: SPA_DIRECTORY,
      spaCsp: `default-src 'self'; connect-src 'self' ${localCognitoUrl}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
    }),
    ...options.settings,
  });
}
