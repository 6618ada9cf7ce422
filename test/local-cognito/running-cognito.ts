import { CognitoIdentityProviderClient } from "@aws-sdk/client-cognito-identity-provider";
import {
  DEFAULT_SEED,
  defaultSeed,
  type LocalCognito,
  type LocalCognitoClock,
  type LocalCognitoOptions,
  startLocalCognito,
} from "../../src/local-cognito/index.js";

export const POOL_ID: string = DEFAULT_SEED.userPoolId;
export const CLIENT_ID: string = DEFAULT_SEED.clientId;
export const CLIENT_SECRET: string = DEFAULT_SEED.clientSecret;
export const EMAIL: string = DEFAULT_SEED.user.email;
export const PASSWORD: string = DEFAULT_SEED.user.password;
export const USERNAME = "7c1e0b52-5f0a-4c0e-9d53-2f6f3b0a9d11";
export const REDIRECT_URI = "http://localhost:3000/auth/callback";

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A clock that stands still until it is moved. */
export function standingClock(startMs = Date.UTC(2026, 0, 15, 12)): LocalCognitoClock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advance(ms) {
      nowMs += ms;
    },
  };
}

export interface Running {
  readonly cognito: LocalCognito;
  readonly clock: LocalCognitoClock;
  readonly sdk: CognitoIdentityProviderClient;
}

/** A local Cognito on a free port and a standing clock, with AWS's own SDK; both end with the test. */
export async function running(t: { teardown(end: () => unknown): void }, options: LocalCognitoOptions = {}): Promise<Running> {
  const clock = options.clock ?? standingClock();
  const cognito = await startLocalCognito({ port: 0, clock, seed: defaultSeed({ publicUrl: "http://localhost:3000" }), ...options });
  const sdk = new CognitoIdentityProviderClient({
    region: "us-east-1",
    endpoint: cognito.url,
    maxAttempts: 1,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  t.teardown(async () => {
    sdk.destroy();
    await cognito.close();
  });
  return { cognito, clock, sdk };
}

/** The value, which the test says must be there. */
export function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) {
    throw new Error("a value that must be there is missing");
  }
  return value;
}
