import { AdminDisableUserCommand, UpdateUserPoolClientCommand } from "@aws-sdk/client-cognito-identity-provider";
import t from "tap";
import { AUTHORIZATION, browse, pkce, signInByForm } from "./oauth-calls.js";
import { CLIENT_ID, EMAIL, HOUR, POOL_ID, present, REDIRECT_URI, running } from "./running-cognito.js";

t.test("authorize sends a browser that is not signed in to the form, with every parameter", async (t) => {
  const { cognito } = await running(t);
  const answer = await browse(cognito, "/oauth2/authorize", { ...AUTHORIZATION, nonce: "n&1", login_hint: EMAIL });
  t.equal(answer.status, 302);
  const location = new URL(present(answer.headers.get("location")), cognito.url);
  t.equal(location.origin, cognito.url);
  t.equal(location.pathname, "/login");
  t.same(Object.fromEntries(location.searchParams), { ...AUTHORIZATION, nonce: "n&1", login_hint: EMAIL });
});

t.test("managed login's cookie signs in without a form for an hour", async (t) => {
  const { cognito, clock } = await running(t);
  const { cookie } = await signInByForm(cognito);
  clock.advance(HOUR - 1);
  const again = await browse(cognito, "/oauth2/authorize", { ...AUTHORIZATION, state: "again" }, cookie);
  const location = present(again.headers.get("location"));
  t.match(location, new RegExp(`^${REDIRECT_URI}\\?code=[\\w-]+&state=again$`));
  clock.advance(1);
  const late = await browse(cognito, "/oauth2/authorize", AUTHORIZATION, cookie);
  t.match(late.headers.get("location"), /^\/login\?/);
});

t.test("prompt=login shows the form in spite of the cookie, prompt=none never shows it", async (t) => {
  const { cognito } = await running(t);
  const { cookie } = await signInByForm(cognito);
  const forced = await browse(cognito, "/oauth2/authorize", { ...AUTHORIZATION, prompt: "login" }, cookie);
  t.match(forced.headers.get("location"), /^\/login\?/);
  const silent = await browse(cognito, "/oauth2/authorize", { ...AUTHORIZATION, prompt: "none" }, cookie);
  t.match(silent.headers.get("location"), /\?code=/);
  const refused = await browse(cognito, "/oauth2/authorize", { ...AUTHORIZATION, prompt: "none" });
  const parameters = new URL(present(refused.headers.get("location"))).searchParams;
  t.same([parameters.get("error"), parameters.get("state")], ["login_required", "state-1"]);
  t.match(cognito.calls.list("authorize").at(-1), { outcome: "login_required" });
});

t.test("the cookie of a user who was disabled signs nobody in", async (t) => {
  const { cognito, sdk } = await running(t);
  const { cookie } = await signInByForm(cognito);
  await sdk.send(new AdminDisableUserCommand({ UserPoolId: POOL_ID, Username: EMAIL }));
  const answer = await browse(cognito, "/oauth2/authorize", AUTHORIZATION, cookie);
  t.match(answer.headers.get("location"), /^\/login\?/);
});

t.test("an unknown client or redirect URI is an error page, never a redirect", async (t) => {
  const { cognito } = await running(t);
  const cases: readonly (readonly [Record<string, string | null>, string])[] = [
    [{ redirect_uri: "https://evil.example/" }, "redirect_mismatch"],
    [{ redirect_uri: `${REDIRECT_URI}/` }, "redirect_mismatch"],
    [{ redirect_uri: null }, "redirect_mismatch"],
    [{ client_id: "nobody" }, "invalid_client"],
  ];
  for (const path of ["/oauth2/authorize", "/login"]) {
    for (const [change, error] of cases) {
      const answer = await browse(cognito, path, { ...AUTHORIZATION, ...change });
      t.equal(answer.status, 400);
      t.equal(answer.headers.get("location"), null);
      const page = await answer.text();
      t.match(page, error);
      t.notMatch(page, "evil.example");
    }
  }
  const twice = await fetch(`${cognito.url}/oauth2/authorize?${new URLSearchParams(AUTHORIZATION)}&client_id=x`, { redirect: "manual" });
  t.equal(twice.status, 400, "a parameter sent twice");
});

const REFUSED: readonly (readonly [string, Record<string, string | null>, string])[] = [
  ["a missing response_type", { response_type: null }, "invalid_request"],
  ["the implicit flow", { response_type: "token" }, "unsupported_response_type"],
  ["an unknown scope", { scope: "openid everything" }, "invalid_scope"],
  ["a plain code challenge", { code_challenge: pkce().challenge, code_challenge_method: "plain" }, "invalid_request"],
  ["a code challenge without its method", { code_challenge: pkce().challenge }, "invalid_request"],
  ["a malformed code challenge", { code_challenge: "short", code_challenge_method: "S256" }, "invalid_request"],
  ["prompt none with another value", { prompt: "none login" }, "invalid_request"],
  ["an identity provider there is not", { identity_provider: "Google" }, "invalid_request"],
];

for (const [what, change, error] of REFUSED) {
  t.test(`${what} goes back to the app as ${error}`, async (t) => {
    const { cognito } = await running(t);
    const answer = await browse(cognito, "/oauth2/authorize", { ...AUTHORIZATION, ...change });
    const location = new URL(present(answer.headers.get("location")));
    t.equal(`${location.origin}${location.pathname}`, REDIRECT_URI);
    t.same([location.searchParams.get("error"), location.searchParams.get("state")], [error, "state-1"]);
    t.ok(location.searchParams.get("error_description"));
  });
}

t.test("a client whose OAuth settings an update wiped cannot sign anybody in", async (t) => {
  const { cognito, sdk } = await running(t);
  await sdk.send(new UpdateUserPoolClientCommand({ UserPoolId: POOL_ID, ClientId: CLIENT_ID, RefreshTokenValidity: 60 }));
  const answer = await browse(cognito, "/oauth2/authorize", AUTHORIZATION);
  t.equal(answer.status, 400);
  t.match(await answer.text(), "redirect_mismatch");
  const CallbackURLs = [REDIRECT_URI];
  await sdk.send(new UpdateUserPoolClientCommand({ UserPoolId: POOL_ID, ClientId: CLIENT_ID, CallbackURLs }));
  const flowless = await browse(cognito, "/oauth2/authorize", AUTHORIZATION);
  t.match(flowless.headers.get("location"), /error=unauthorized_client/);
});
