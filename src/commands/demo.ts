import type { Environment } from "../config/given-settings.js";
import { type DemoOptions, startDemo } from "../demo/demo.js";
import { terminalLog } from "../demo/terminal-log.js";
import { localCognitoSettings } from "./local-cognito-settings.js";
import { portOf } from "./port.js";
import { untilStopped } from "./stop.js";

const SHUTDOWN_TIMEOUT_MS = 5_000;

/** `cognito-bff demo`: everything on one machine with nothing to configure. Resolves with the exit code when it has stopped. */
export async function demo(env: Environment): Promise<number> {
  const localCognito = localCognitoSettings(env);
  const app = ownApp(env);
  const isColoured = process.stdout.isTTY && !env["NO_COLOR"];
  const running = await startDemo({
    host: env["HOST"] || "127.0.0.1",
    port: portOf(env, "PORT", 3000),
    localCognitoPort: localCognito.port,
    localCognito,
    ...(app && { app }),
    runtime: { logger: terminalLog((text) => void process.stdout.write(text), isColoured) },
    settings: {
      // Any free port unless named: another program may have 9000, and on one's own machine nobody probes the demo.
      managementHost: env["MANAGEMENT_HOST"] || "127.0.0.1",
      managementPort: portOf(env, "MANAGEMENT_PORT", 0),
      ...(env["SESSION_STORE"] && { sessionStore: env["SESSION_STORE"] }),
    },
  });
  process.stdout.write(`
  cognito-bff demo

  Open       ${running.url}
  Sign in    ${running.user.email} / ${running.user.password}
  Cognito    ${running.localCognito.url}   (local, on a clock of its own)
  Metrics    ${running.managementUrl}/metrics

  Tokens live 1 hour, refresh tokens 30 days. ${app ? movedFromOutside(running.localCognito.url) : "The page has buttons that move the clock."}
  For each session that ends there is a line below. Ctrl+C stops everything.

`);
  return untilStopped(() => running.close(), SHUTDOWN_TIMEOUT_MS);
}

/** A person's own app in front of all this, and its APIs, where they name one. */
function ownApp({ SPA_DIR: spaDir, SPA_URL: spaUrl, PROXY_ROUTES: proxyRoutes }: Environment): DemoOptions["app"] {
  if (!spaDir && !spaUrl) return undefined;
  return { ...(spaDir && { spaDir }), ...(spaUrl && { spaUrl }), ...(proxyRoutes && { proxyRoutes }) };
}

/** Another app has no buttons for the clock. */
function movedFromOutside(localCognitoUrl: string): string {
  return `To let the session end:

  curl ${localCognitoUrl}/_local/clock -H 'content-type: application/json' \\
    -d '{"advance":"31d"}'
`;
}
