#!/usr/bin/env node
// The main job from outside, over plain HTTP, against a running `cognito-bff demo` (the image's target `demo`, or `npm run demo`).
// It moves the demo's clock by more than a month and puts faults into its local Cognito.
//
//   node docker/check-flow.mjs [URL]      URL: http://localhost:3000
import { Browser, send } from "./browser.mjs";
import { runChecklist, summary } from "./checklist.mjs";

const USER = { email: "demo@example.com", password: "Demo-password-1" };
const FAULTS = ["throttle", "internal_error", "waf", "html_503", "reset_before", "reset_after", "unknown_error"];
const REFRESHES = ["InitiateAuth", "GetTokensFromRefreshToken"];
const AT_ONCE = 50;

const [url = "http://localhost:3000", ...rest] = process.argv.slice(2);
if (rest.length > 0 || !URL.canParse(url)) {
  process.stderr.write("usage: node docker/check-flow.mjs [URL]   a running demo, http://localhost:3000 unless given\n");
  process.exit(2);
}

await runChecklist(async (promise) => {
  const browser = new Browser(url);

  const anonymous = await browser.call("/api/echo");
  promise("without a session a call answers 401 anonymous", is401(anonymous, "anonymous"), summary(anonymous));

  const landed = await browser.signIn(USER, "/auth/login?return_to=/checkout");
  const cognito = new URL(landed.trail[1]).origin;
  const control = controls(cognito);
  promise("signing in through managed login's form leads back to the page", landed.url === new URL("/checkout", url).href, landed.trail);
  promise("… over /oauth2/authorize, /login and /auth/callback", ways(landed.trail).includes("/auth/callback"), ways(landed.trail));
  const cookie = browser.cookies.get(browser.sessionCookie);
  promise(
    "the session's cookie is HttpOnly and SameSite=Strict",
    /httponly/i.test(cookie?.attributes) && /samesite=strict/i.test(cookie?.attributes),
    cookie,
  );

  const echo = await browser.call("/api/echo", { headers: { cookie: "theirs=1" } });
  const { headers } = echo.json();
  promise("the API gets a bearer token", /^Bearer ey[\w-]+\.[\w-]+\.[\w-]+$/.test(headers.authorization), headers);
  promise("… and the app's own cookies, none of ours", headers.cookie === "theirs=1", headers.cookie);
  const session = (await browser.call("/auth/session")).json();
  promise("/auth/session says who is signed in", session.user.email === USER.email, session);

  await control("DELETE", "calls");
  await control("POST", "clock", { advance: "2h" });
  const burst = await Promise.all(Array.from({ length: AT_ONCE }, () => browser.call("/api/echo")));
  promise(
    `two hours later ${AT_ONCE} calls at once all answer 200`,
    burst.every(({ status }) => status === 200),
    tally(burst),
  );
  const refreshes = (await control("GET", "calls")).filter(({ operation }) => REFRESHES.includes(operation));
  promise(
    "… by exactly one InitiateAuth",
    refreshes.length === 1 && refreshes[0].operation === "InitiateAuth" && refreshes[0].auth_flow === "REFRESH_TOKEN_AUTH",
    refreshes,
  );

  for (const fault of FAULTS) await outage(promise, browser, control, fault);

  await control("POST", "clock", { advance: "31d" });
  const first = await browser.call("/api/echo");
  promise("31 days later a call answers 401 expired, refresh_token_expired", ended(first, "refresh_token_expired"), summary(first));
  promise(
    "… with the way back in it",
    first.json().login_url === "/auth/login" && first.headers["www-authenticate"] === "Session",
    summary(first),
  );
  promise("… and the ticket is gone", !browser.cookies.has(browser.sessionCookie), [...browser.cookies.keys()]);
  const second = await browser.call("/api/echo");
  promise("the next call hears the same", ended(second, "refresh_token_expired"), summary(second));

  const again = await browser.signIn(USER, "/auth/login?return_to=/checkout");
  promise("signing in again leads back to the page", again.url === landed.url, again.trail);
  promise("… and calls answer 200", (await browser.call("/api/echo")).status === 200, "not 200");

  const logout = await browser.call("/auth/logout", { method: "POST" });
  promise(
    "signing out names Cognito's sign-out page",
    logout.status === 200 && logout.json().logout_url.startsWith(`${cognito}/logout?`),
    summary(logout),
  );
  const after = await browser.call("/api/echo");
  promise(
    "afterwards a call answers 401 signed_out, logout",
    is401(after, "signed_out") && after.json().cause === "logout",
    summary(after),
  );
  const back = await browser.signIn(USER);
  promise("whoever signs in again has to give the password", ways(back.trail).includes("/login"), ways(back.trail));
  promise("… and is in", (await browser.call("/auth/session")).status === 200, "not 200");
});

/** Cognito is unwell: while the token lives calls go on, afterwards they answer 503, and nobody is signed out. */
async function outage(promise, browser, control, fault) {
  await control("POST", "faults", { operation: "*", fault });
  await control("POST", "clock", { advance: "57m" });
  const alive = await browser.call("/api/echo");
  promise(`${fault}: a call with a living token answers 200`, alive.status === 200, summary(alive));
  await control("POST", "clock", { advance: "10m" });
  const dead = await browser.call("/api/echo");
  const { "retry-after": retryAfter, "bff-problem": reason } = dead.headers;
  promise(
    `${fault}: with a dead one 503 ${reason} and Retry-After: ${retryAfter}`,
    dead.status === 503 && Number(retryAfter) > 0,
    summary(dead),
  );
  promise(`${fault}: the session is kept`, browser.cookies.has(browser.sessionCookie), [...browser.cookies.keys()]);
  await control("DELETE", "faults");
  await control("POST", "clock", { advance: `${retryAfter}s` });
  const well = await browser.call("/api/echo");
  promise(`${fault}: once Cognito is well again, 200`, well.status === 200, summary(well));
}

function controls(cognito) {
  return async (method, name, body) => {
    const given = body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const answer = await send(`${cognito}/_local/${name}`, { method, ...given });
    if (answer.status >= 300) throw new Error(`${method} ${cognito}/_local/${name}: ${summary(answer)}`);
    return answer.text === "" ? null : answer.json();
  };
}

function is401(answer, reason) {
  return answer.status === 401 && answer.headers["bff-problem"] === reason && answer.json().reason === reason;
}

function ended(answer, cause) {
  return is401(answer, "expired") && answer.json().cause === cause;
}

function ways(trail) {
  return trail.map((address) => new URL(address).pathname);
}

function tally(answers) {
  const counts = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
