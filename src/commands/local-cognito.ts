import type { Environment } from "../config/given-settings.js";
import { parseDuration } from "../config/kinds/duration.js";
import { DEFAULT_SEED, defaultSeed, startLocalCognito } from "../local-cognito/index.js";
import { listenFault } from "../model/listen-fault.js";
import { type LocalCognitoSettings, localCognitoSettings } from "./local-cognito-settings.js";
import { untilStopped } from "./stop.js";

const SHUTDOWN_TIMEOUT_MS = 5_000;

/** `cognito-bff local-cognito`: the local Cognito alone. Resolves with the exit code when it has stopped. */
export async function localCognito(env: Environment): Promise<number> {
  const publicUrl = env["PUBLIC_URL"] || "http://localhost:3000";
  const settings = localCognitoSettings(env);
  const running = await startLocalCognito({
    ...settings,
    minTokenValidityMs: validityOf(env["LOCAL_COGNITO_MIN_TOKEN_VALIDITY"] || "5m"),
    controlOrigins: [publicUrl],
    seed: defaultSeed({ publicUrl }),
  }).catch((error: unknown) => {
    throw listenFault(error, { host: "LOCAL_COGNITO_HOST", port: "LOCAL_COGNITO_PORT" });
  });
  const { userPoolId, clientId, clientSecret, user } = DEFAULT_SEED;
  process.stdout.write(`
  Local Cognito: a fake identity provider for development and tests. Never expose it.

  COGNITO_ENDPOINT=${running.url}
  COGNITO_DOMAIN=${running.url}
  COGNITO_USER_POOL_ID=${userPoolId}
  COGNITO_CLIENT_ID=${clientId}
  COGNITO_CLIENT_SECRET=${clientSecret}

  The app client sends people back to ${publicUrl}/auth/callback (PUBLIC_URL changes that).
  User: ${user.email} / ${user.password}
${notes(running.url, userPoolId, settings)}  Clock, faults and calls: ${running.url}/_local/clock, /_local/faults, /_local/calls
  A proxy on this machine keeps the same clock with COGNITO_FOLLOW_CLOCK=true.

`);
  return untilStopped(() => running.close(), SHUTDOWN_TIMEOUT_MS);
}

/** What was asked for beside the defaults. */
function notes(url: string, userPoolId: string, { issuer, corsOrigins }: LocalCognitoSettings): string {
  const discovery = issuer === "url" ? `  Issuer of the tokens, and where clients discover the rest: ${url}/${userPoolId}\n` : "";
  const pages = corsOrigins.length > 0 ? `  Pages of these origins may call it: ${corsOrigins.join(", ")}\n` : "";
  return discovery + pages;
}

function validityOf(text: string): number {
  const parsed = parseDuration(text);
  if (parsed.kind !== "duration")
    throw new RangeError(`LOCAL_COGNITO_MIN_TOKEN_VALIDITY: expected a duration such as 5m or 1s, got ${JSON.stringify(text)}`);
  return parsed.ms;
}
