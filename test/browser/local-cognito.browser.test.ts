import type { Browser } from "playwright-core";
import t, { type Test } from "tap";
import { DEFAULT_SEED, type LocalCognito, startLocalCognito } from "../../src/local-cognito/index.js";
import { browserSuite } from "../support/chromium.js";
import { html, startTinyServer } from "../support/tiny-server.js";

/** What a page's script may learn of an answer: its status and the beginning of its body, or that the browser kept it to itself. */
interface Heard {
  readonly status: number;
  readonly body: string;
}

const API_HEADERS = {
  "content-type": "application/x-amz-json-1.1",
  "x-amz-target": "AWSCognitoIdentityProviderService.GetUser",
  "x-amz-user-agent": "aws-amplify/6 auth/1",
  "cache-control": "no-store",
};

await browserSuite(t, "local Cognito, called by the script of a page as Amplify and oidc-client-ts do", async (t, browser) => {
  t.test("a page of a named origin discovers, uses the API, refreshes and reads the profile; no page moves the clock", async (t) => {
    const origin = await somePage(t);
    const cognito = await startLocalCognito({ port: 0, issuer: "url", corsOrigins: [origin] });
    t.teardown(() => cognito.close());
    const call = await caller(t, browser, origin, cognito);
    const metadata = await call("GET", `/${DEFAULT_SEED.userPoolId}/.well-known/openid-configuration`, {});
    t.match(metadata, { status: 200, body: new RegExp(`"issuer":"${cognito.url}/`) });

    const answer = await call("POST", "/", API_HEADERS, JSON.stringify({ AccessToken: "none" }));
    t.match(answer, { status: 400, body: /NotAuthorizedException/ }, "with headers that need a preflight, and a refusal that can be read");
    const form = { "content-type": "application/x-www-form-urlencoded" };
    t.match(await call("POST", "/oauth2/token", form, "grant_type=refresh_token"), { status: 400, body: /error/ });
    t.match(await call("GET", "/oauth2/userInfo", { authorization: "Bearer none" }), { status: 401, body: /invalid_token/ });
    t.equal(await call("POST", "/_local/clock", { "content-type": "application/json" }, '{"advance":"1h"}'), "kept from the page");
  });

  t.test("a page of another origin hears nothing", async (t) => {
    const cognito = await startLocalCognito({ port: 0, corsOrigins: ["http://localhost:1"] });
    t.teardown(() => cognito.close());
    const call = await caller(t, browser, await somePage(t), cognito);
    t.equal(await call("GET", `/${DEFAULT_SEED.userPoolId}/.well-known/jwks.json`, {}), "kept from the page");
    t.equal(await call("POST", "/", API_HEADERS, "{}"), "kept from the page");
    t.notOk(cognito.calls.list("GetUser").length, "the preflight was refused");
  });
});

/** The origin of a page that does nothing of itself. */
async function somePage(t: Test): Promise<string> {
  const server = await startTinyServer(html(200));
  t.teardown(() => server.close());
  return server.url;
}

/** Calls local Cognito from a page's script. */
async function caller(t: Test, browser: Browser, origin: string, cognito: LocalCognito) {
  const page = await browser.newPage();
  t.teardown(() => page.close());
  await page.goto(origin);
  return (method: string, path: string, headers: Readonly<Record<string, string>>, body?: string): Promise<Heard | string> =>
    page.evaluate(
      async ({ url, ...request }) => {
        try {
          const response = await fetch(url, request);
          return { status: response.status, body: await response.text() };
        } catch {
          return "kept from the page";
        }
      },
      { url: `${cognito.url}${path}`, method, headers, ...(body === undefined ? {} : { body }) },
    );
}
