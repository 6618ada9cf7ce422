import type { AddressInfo } from "node:net";
import { createLocalClock, LATEST_MS, type LocalCognitoClock, parseDurationMs, type SharedClock, sharedClock } from "./common/clock.js";
import { CorsOrigins } from "./common/cors.js";
import { CallLog, type RecordedCall } from "./controls/calls.js";
import { type ActiveFault, FAULTS, type FaultPlan, Faults, isFaultName } from "./controls/faults.js";
import { ClockFollowers, type ClockMove } from "./controls/followers.js";
import { DEFAULT_SEED, defaultSeed } from "./default-seed.js";
import { type LocalCognitoSeed, plantSeed } from "./seed.js";
import { createLocalServer, FAULT_OPERATIONS } from "./server/server.js";
import { createState } from "./sign-in/state.js";
import type { IssuerForm } from "./sign-in/token-issuer.js";
import { type Person, type PersonRequest, signIn } from "./testing/person.js";
import { localCognitoAt, type RemoteFault, type RemoteLocalCognito } from "./testing/remote.js";

export type { RecordedCall } from "./controls/calls.js";
export type { ActiveFault, FaultName, FaultPlan } from "./controls/faults.js";
export type { DefaultSeed } from "./default-seed.js";
export type { SeedClient, SeedGroup, SeedUser, SeedUserPool } from "./seed.js";
export type {
  ClockMove,
  IssuerForm,
  LocalCognitoClock,
  LocalCognitoSeed,
  Person,
  PersonRequest,
  RemoteFault,
  RemoteLocalCognito,
  SharedClock,
};
export { createLocalClock, DEFAULT_SEED, defaultSeed, localCognitoAt, signIn };

/** How to start a local Cognito. Everything has a default. */
export interface LocalCognitoOptions {
  /** Address to listen on: 127.0.0.1. It is a fake identity provider: think before you open it to a network. */
  readonly host?: string;
  /** 9229; 0 takes any free port. */
  readonly port?: number;
  /** Where every expiry is computed from. By default a clock that runs with the machine's and can be moved ahead of it. */
  readonly clock?: LocalCognitoClock;
  /**
   * The shortest life a client may give its ID and access tokens, in milliseconds: 300,000, as Cognito. Anything below also replaces
   * the 60 minutes that Cognito demands of refresh tokens; 1,000 suits tests across processes, where clocks are real.
   */
  readonly minTokenValidityMs?: number;
  /** Browser origins that may call the controls under `/_local`: none. */
  readonly controlOrigins?: readonly string[];
  /** Browser origins whose pages may call the API, the token, revocation and profile endpoints, keys and discovery: none. */
  readonly corsOrigins?: readonly string[];
  /** Base URL when it is reached under another name than `http://host:port`; its host may use the controls. */
  readonly publicUrl?: string;
  /**
   * `iss` of the tokens: `regional` (`https://cognito-idp.<region>.amazonaws.com/<poolId>`), which is the default, `global`
   * (`https://issuer-cognito-idp.…`) or `url` (`<publicUrl>/<poolId>`).
   */
  readonly issuer?: IssuerForm;
  /** What it knows to begin with: `defaultSeed({ publicUrl: "http://localhost:3000" })`. */
  readonly seed?: LocalCognitoSeed;
  /** Whether Cognito's quotas hold, 10 authentications a second per user and 120 per account: false. */
  readonly rateLimits?: boolean;
  /** Where the `probability` of a fault throws its dice, from 0 to below 1: Math.random. */
  readonly random?: () => number;
}

/** A running local Cognito. */
export interface LocalCognito {
  /** `http://host:port`: the SDK's `endpoint`, and the base of managed login. Loopback when it listens on every address. */
  readonly url: string;
  /** One line shares it: `createServer(settings, { clock: cognito.clock })`. */
  readonly clock: SharedClock;
  /**
   * Moves the clock by a duration with its unit, such as `61m` or `31d`, and resolves once the processes that follow it
   * (`COGNITO_FOLLOW_CLOCK`) have made the move. Throws RangeError for anything else.
   */
  advance(by: string): Promise<ClockMove>;
  readonly faults: {
    /** Throws TypeError for an operation or a fault that does not exist. */
    add(plan: FaultPlan): void;
    list(): readonly ActiveFault[];
    /** Lifts the faults of one operation, or all. */
    clear(operation?: string): void;
  };
  readonly calls: {
    /** The newest 10,000 calls in order of arrival, or those of one operation. */
    list(operation?: string): readonly RecordedCall[];
    clear(): void;
  };
  /** Signs with new keys from now on; the old ones stay in the JWKS. Throws ResourceNotFoundException for an unknown pool. */
  rotateSigningKeys(userPoolId: string): Promise<void>;
  /** Stops listening and drops every connection, hanging ones included. May be called again. */
  close(): Promise<void>;
}

const DEFAULT_PORT = 9_229;

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** The address to name for one that stands for all: browsers refuse 0.0.0.0. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

function requireOptions(minTokenValidityMs: number, publicUrl: string | undefined): void {
  if (!Number.isInteger(minTokenValidityMs) || minTokenValidityMs < 1_000 || minTokenValidityMs > 86_400_000) {
    throw new RangeError("minTokenValidityMs must be a whole number of milliseconds from 1000 to 86400000");
  }
  if (publicUrl !== undefined && !URL.canParse(publicUrl)) {
    throw new TypeError("publicUrl must be an absolute URL");
  }
}

/**
 * Starts a local Cognito: the user pools API at `POST /`, managed login at `/oauth2/*`, `/login` and `/logout`, keys at
 * `/<poolId>/.well-known/jwks.json`, controls at `/_local/*`. All state is in memory and gone with it.
 *
 * @throws TypeError or RangeError for options that make no sense, CognitoException for a seed the API would refuse, and whatever
 * listening throws (EADDRINUSE).
 */
export async function startLocalCognito(options: LocalCognitoOptions = {}): Promise<LocalCognito> {
  const { host = "127.0.0.1", port = DEFAULT_PORT, minTokenValidityMs = 300_000 } = options;
  const clock = sharedClock(options.clock ?? createLocalClock());
  requireOptions(minTokenValidityMs, options.publicUrl);
  let listeningPort = port;
  const url = () => `http://${bracketed(reachable(host))}:${listeningPort}`;
  const publicUrl = () => (options.publicUrl ?? url()).replace(/\/+$/, "");
  const controlHosts = () => [
    ...["127.0.0.1", "localhost", "[::1]", bracketed(host)].map((name) => `${name}:${listeningPort}`.toLowerCase()),
    ...(options.publicUrl === undefined ? [] : [new URL(options.publicUrl).host]),
  ];

  const state = createState({
    clock,
    region: DEFAULT_SEED.region,
    minTokenValidityMs,
    issuerForm: options.issuer ?? "regional",
    publicUrl,
    rateLimits: options.rateLimits ?? false,
  });
  await plantSeed(state, options.seed ?? defaultSeed({ publicUrl: "http://localhost:3000" }));

  const faults = new Faults(clock, options.random ?? Math.random);
  const calls = new CallLog(clock);
  const followers = new ClockFollowers(clock, (line) => console.error(line));
  const closing = new AbortController();
  const app = createLocalServer({
    state,
    clock,
    followers,
    faults,
    calls,
    closing: closing.signal,
    publicUrl,
    controlHosts,
    controlOrigins: options.controlOrigins ?? [],
    cors: new CorsOrigins(options.corsOrigins ?? []),
  });
  await app.listen({ host, port });
  listeningPort = (app.server.address() as AddressInfo).port;

  let closed: Promise<void> | undefined;
  return {
    url: url(),
    clock,
    async advance(by) {
      const ms = parseDurationMs(by);
      if (ms === null) throw new RangeError(`expected a duration with its unit, such as 90s, 61m or 31d, got ${JSON.stringify(by)}`);
      if (clock.now() + ms > LATEST_MS) throw new RangeError("the clock goes no further than the year 9999");
      return followers.advance(ms);
    },
    faults: {
      add(plan) {
        if (!FAULT_OPERATIONS.includes(plan.operation)) {
          throw new TypeError(`There is no operation ${plan.operation}. There are: ${FAULT_OPERATIONS.join(", ")}`);
        }
        if (!isFaultName(plan.fault)) throw new TypeError(`There is no fault ${plan.fault}. There are: ${Object.keys(FAULTS).join(", ")}`);
        faults.add(plan);
      },
      list: () => faults.list(),
      clear: (operation) => faults.clear(operation),
    },
    calls: { list: (operation) => calls.list(operation), clear: () => calls.clear() },
    rotateSigningKeys: (userPoolId) => state.pools.get(userPoolId).keys.rotate(),
    close() {
      closed ??= (async () => {
        closing.abort();
        followers.close();
        await app.close();
      })();
      return closed;
    },
  };
}
