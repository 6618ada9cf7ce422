import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../../src/demo/free-port.js";
import { DEFAULT_SEED } from "../../../src/local-cognito/index.js";
import { startProgram } from "../child.js";
import { type Contestant, filledUp } from "../contestant.js";
import { installed } from "../load/load.js";
import { temporaryDirectory } from "../temporary-directory.js";
import { signIn, startIdentityProvider } from "./identity-provider.js";

/** By distribution. */
const PROGRAMS = ["apache2", "httpd"];
const MODULE_DIRECTORIES = ["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules"];
/** Some are built in, by distribution; the order is that of what they need. */
const MODULES = [
  "unixd",
  "authn_core",
  "authz_core",
  "authz_user",
  "env",
  "headers",
  "proxy",
  "proxy_http",
  "socache_shmcb",
  "auth_openidc",
] as const;
const COOKIE = "mod_auth_openidc_session";

const programOf = () => PROGRAMS.find(installed);
const directoryOf = () => MODULE_DIRECTORIES.find((path) => existsSync(`${path}/mod_auth_openidc.so`));

/** mod_auth_openidc's file; null where it is not installed. */
export function apacheModule(): string | null {
  const directory = directoryOf();
  return directory === undefined ? null : `${directory}/mod_auth_openidc.so`;
}

/** Where a session is kept. */
export type SessionPlace = "server-cache" | "client-cookie:store_id_token";

interface Settings {
  readonly modules: string;
  readonly directory: string;
  readonly publicUrl: string;
  readonly cognitoUrl: string;
  readonly upstream: string;
  readonly place: SessionPlace;
}

/**
 * One process with threads (MPM event), no access log. The API gets what ours gives it: the ID token as bearer token, and no cookie. Endpoints are
 * discovered: the directives that name them one by one demand https, which a local Cognito has not.
 */
function configuration({ modules, directory, publicUrl, cognitoUrl, upstream, place }: Settings): string {
  const load = ["mpm_event", ...MODULES].filter((name) => existsSync(`${modules}/mod_${name}.so`));
  // Apache asks root for a user to go on as.
  const user = process.getuid?.() === 0 ? "User nobody" : "";
  return `ServerRoot ${directory}
ServerName localhost
DefaultRuntimeDir ${directory}
PidFile ${directory}/pid
ErrorLog ${directory}/error.log
LogLevel error
Listen 127.0.0.1:${new URL(publicUrl).port}
${load.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join("\n")}
${user}
ServerLimit 1
StartServers 1
ThreadsPerChild 64
MaxRequestWorkers 64
MinSpareThreads 1
MaxSpareThreads 64
KeepAlive On
KeepAliveTimeout 600
MaxKeepAliveRequests 0
LimitRequestFieldSize 32768
OIDCProviderMetadataURL ${cognitoUrl}/${DEFAULT_SEED.userPoolId}/.well-known/openid-configuration
OIDCProviderTokenEndpointAuth client_secret_basic
OIDCClientID ${DEFAULT_SEED.clientId}
OIDCClientSecret ${DEFAULT_SEED.clientSecret}
OIDCRedirectURI ${publicUrl}/auth/callback
OIDCScope "openid email profile"
OIDCPKCEMethod S256
OIDCCryptoPassphrase ${randomBytes(32).toString("hex")}
OIDCSessionType ${place}
OIDCSessionInactivityTimeout 28800
OIDCCacheType shm
OIDCPassClaimsAs environment
OIDCPassIDTokenAs serialized
<Location /auth/callback>
AuthType openid-connect
Require valid-user
</Location>
<Location /api/>
AuthType openid-connect
Require valid-user
ProxyPass ${upstream}/api/
RequestHeader set Authorization "Bearer %{OIDC_id_token}e"
RequestHeader unset Cookie
</Location>
`;
}

/** mod_auth_openidc in Apache's httpd. */
export function apache(title: string, place: SessionPlace): Contestant {
  return {
    title,
    missing() {
      if (programOf() === undefined) return "Apache's httpd is not installed";
      return apacheModule() === null ? "mod_auth_openidc is not installed" : null;
    },
    async start({ upstream, pinning }) {
      const port = await freePort();
      const publicUrl = `http://localhost:${port}`;
      const cognito = await startIdentityProvider(publicUrl);
      const directory = temporaryDirectory("apache");
      const remove = () => Promise.all([cognito.close(), directory.remove()]).then(() => {});
      try {
        const settings = { modules: directoryOf() ?? "", directory: directory.path, publicUrl, cognitoUrl: cognito.url, upstream, place };
        const file = join(directory.path, "httpd.conf");
        writeFileSync(file, configuration(settings));
        const isUp = async () => (await fetch(`http://127.0.0.1:${port}/api/x`, { redirect: "manual" }).catch(() => null)) !== null;
        const { pid, probe, stop } = await startProgram(programOf() ?? "", ["-D", "FOREGROUND", "-f", file], {
          port,
          env: {},
          pinning,
          isUp,
        });
        const stopAll = () => stop().then(remove);
        try {
          const signedIn = await signIn(publicUrl, { count: 1, loginPath: "/api/x", sessionCookie: COOKIE });
          // Its key to the cache is short; other cookies of the app make it as long as ours.
          const cookies = signedIn.map((cookie) => (place === "server-cache" ? filledUp(cookie) : cookie));
          return { pid, probe, url: publicUrl, cookies, stop: stopAll };
        } catch (error) {
          await stop();
          throw error;
        }
      } catch (error) {
        await remove();
        throw error;
      }
    },
  };
}
