#!/usr/bin/env node
// A proxy and a local Cognito in different processes, on the machine's own clock: tokens are made to live for seconds. Local Cognito has to
// run with LOCAL_COGNITO_MIN_TOKEN_VALIDITY=1s. Takes about half a minute.
//
//   node docker/check-revocation.mjs [URL]      URL: http://localhost:3000
import { setTimeout as sleep } from "node:timers/promises";
import { Browser, send } from "./browser.mjs";
import { runChecklist, summary } from "./checklist.mjs";

const USER = { email: "demo@example.com", password: "Demo-password-1" };
const POOL = "us-east-1_Local0001";
const TOKEN_SECONDS = 4;
const REFRESH_TOKEN_SECONDS = 12;
const DAY_SECONDS = 86_400;

const [url = "http://localhost:3000", ...rest] = process.argv.slice(2);
if (rest.length > 0 || !URL.canParse(url)) {
  process.stderr.write(
    "usage: node docker/check-revocation.mjs [URL]   a proxy before a local Cognito, http://localhost:3000 unless given\n",
  );
  process.exit(2);
}

await runChecklist(async (promise) => {
  const browser = new Browser(url);
  const { origin, clientId } = await whereSignInLeads(browser);
  const cognito = (operation, input) => call(origin, operation, input);
  await setLives(cognito, clientId, { tokens: TOKEN_SECONDS, refreshToken: DAY_SECONDS });

  const landed = await browser.signIn(USER);
  promise("signing in leads back to the app", landed.url === new URL("/", url).href, landed.trail);
  const first = await bearer(browser);
  promise(`the API gets an ID token that lives ${TOKEN_SECONDS} s`, first.exp - first.iat === TOKEN_SECONDS, first);
  promise("… with none of our cookies", first.cookie === undefined, first.cookie);

  await sleep(TOKEN_SECONDS * 1000 + 500);
  const second = await bearer(browser);
  promise("when it is dead a call goes through with a new one", second.exp > first.exp, second);
  const refreshes = (await send(`${origin}/_local/calls`)).json().filter((entry) => entry.auth_flow === "REFRESH_TOKEN_AUTH");
  promise(
    "… refreshed by InitiateAuth REFRESH_TOKEN_AUTH",
    refreshes.some(({ outcome }) => outcome === "ok"),
    refreshes,
  );

  await cognito("AdminUserGlobalSignOut", { UserPoolId: POOL, Username: USER.email });
  await sleep(TOKEN_SECONDS * 1000 + 500);
  const revoked = await browser.call("/api/echo");
  promise(
    "after an administrator's revocation a call answers 401 expired, refresh_token_revoked",
    ended(revoked, "refresh_token_revoked"),
    summary(revoked),
  );
  const next = await browser.call("/auth/session");
  promise("… and so does the next", ended(next, "refresh_token_revoked"), summary(next));

  await setLives(cognito, clientId, { tokens: TOKEN_SECONDS, refreshToken: REFRESH_TOKEN_SECONDS });
  await browser.signIn(USER);
  promise("whoever signs in again is in", (await browser.call("/api/echo")).status === 200, "not 200");
  await sleep((REFRESH_TOKEN_SECONDS + TOKEN_SECONDS) * 1000 + 500);
  const expired = await browser.call("/api/echo");
  promise(
    `a refresh token that lives ${REFRESH_TOKEN_SECONDS} s ends it: 401 expired, refresh_token_expired`,
    ended(expired, "refresh_token_expired"),
    summary(expired),
  );
  await setLives(cognito, clientId, { tokens: TOKEN_SECONDS, refreshToken: DAY_SECONDS });
});

/** Cognito's address and the app client, as the login redirect names them. */
async function whereSignInLeads(browser) {
  const navigation = { "sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  const answer = await browser.call("/auth/login", { headers: navigation });
  if (answer.status !== 302) throw new Error(`/auth/login: ${summary(answer)}`);
  const authorize = new URL(answer.headers.location);
  return { origin: authorize.origin, clientId: authorize.searchParams.get("client_id") };
}

async function call(origin, operation, input) {
  const answer = await send(origin, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `AWSCognitoIdentityProviderService.${operation}` },
    body: JSON.stringify(input),
  });
  if (answer.status !== 200) throw new Error(`${operation}: ${summary(answer)}`);
  return answer.text === "" ? {} : answer.json();
}

/** UpdateUserPoolClient puts back to its default whatever is left out: the whole client is sent. */
async function setLives(cognito, clientId, { tokens, refreshToken }) {
  const client = { UserPoolId: POOL, ClientId: clientId };
  const { UserPoolClient } = await cognito("DescribeUserPoolClient", client);
  const { ClientSecret, CreationDate, LastModifiedDate, ClientType, ...kept } = UserPoolClient;
  await cognito("UpdateUserPoolClient", {
    ...kept,
    AccessTokenValidity: tokens,
    IdTokenValidity: tokens,
    RefreshTokenValidity: refreshToken,
    TokenValidityUnits: { AccessToken: "seconds", IdToken: "seconds", RefreshToken: "seconds" },
  });
}

/** What the API saw: times of the token, and cookies. */
async function bearer(browser) {
  const answer = await browser.call("/api/echo");
  if (answer.status !== 200) throw new Error(`GET /api/echo: ${summary(answer)}`);
  const { authorization, cookie } = answer.json().headers;
  return { ...JSON.parse(Buffer.from(authorization.split(".")[1], "base64url").toString("utf8")), cookie };
}

function ended(answer, cause) {
  return answer.status === 401 && answer.headers["bff-problem"] === "expired" && answer.json().cause === cause;
}
