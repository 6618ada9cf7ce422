import { randomBytes } from "node:crypto";
import { freePort } from "../../../src/demo/free-port.js";
import { DEFAULT_SEED } from "../../../src/local-cognito/index.js";
import { startProgram } from "../child.js";
import type { Contestant } from "../contestant.js";
import { installed } from "../load/load.js";
import { ISSUER, signIn, startIdentityProvider } from "./identity-provider.js";

const COOKIE = "_oauth2_proxy";

/** Session in its cookie, no logs. The API gets what ours gives it: the ID token as bearer token. Endpoints are named one by one, as of no https. */
function parameters({ port, publicUrl, cognitoUrl, upstream }: { port: number; publicUrl: string; cognitoUrl: string; upstream: string }) {
  return Object.entries({
    "http-address": `127.0.0.1:${port}`,
    upstream: `${upstream}/api/`,
    "proxy-prefix": "/auth",
    "redirect-url": `${publicUrl}/auth/callback`,
    provider: "oidc",
    "skip-oidc-discovery": "true",
    "oidc-issuer-url": ISSUER,
    "login-url": `${cognitoUrl}/oauth2/authorize`,
    "redeem-url": `${cognitoUrl}/oauth2/token`,
    "oidc-jwks-url": `${cognitoUrl}/${DEFAULT_SEED.userPoolId}/.well-known/jwks.json`,
    "insecure-oidc-allow-unverified-email": "true",
    "client-id": DEFAULT_SEED.clientId,
    "client-secret": DEFAULT_SEED.clientSecret,
    scope: "openid email profile",
    "code-challenge-method": "S256",
    "email-domain": "*",
    "cookie-secret": randomBytes(32).toString("base64url").slice(0, 32),
    "cookie-name": COOKIE,
    "cookie-secure": "false",
    "skip-provider-button": "true",
    "pass-authorization-header": "true",
    "pass-user-headers": "false",
    "pass-basic-auth": "false",
    "request-logging": "false",
    "auth-logging": "false",
    "standard-logging": "false",
  }).map(([name, value]) => `--${name}=${value}`);
}

export const oauth2Proxy: Contestant = {
  title: "oauth2-proxy, session in its cookie",
  missing: () => (installed("oauth2-proxy") ? null : "oauth2-proxy is not in PATH"),
  async start({ upstream, pinning }) {
    const port = await freePort();
    const publicUrl = `http://localhost:${port}`;
    const cognito = await startIdentityProvider(publicUrl);
    try {
      const isUp = async () => (await fetch(`http://127.0.0.1:${port}/ping`).catch(() => null))?.ok === true;
      const all = parameters({ port, publicUrl, cognitoUrl: cognito.url, upstream });
      const { pid, probe, stop } = await startProgram("oauth2-proxy", all, { port, env: {}, pinning, isUp });
      try {
        const cookies = await signIn(publicUrl, { count: 1, loginPath: "/api/x", sessionCookie: COOKIE });
        return { pid, probe, url: publicUrl, cookies, stop: () => stop().then(() => cognito.close()) };
      } catch (error) {
        await stop();
        throw error;
      }
    } catch (error) {
      await cognito.close();
      throw error;
    }
  },
};
