import { AdminDisableUserCommand, AdminSetUserPasswordCommand } from "@aws-sdk/client-cognito-identity-provider";
import t from "tap";
import { AUTHORIZATION, browse, membersOf, redeem, sendForm } from "./oauth-calls.js";
import { CLIENT_ID, EMAIL, PASSWORD, POOL_ID, present, REDIRECT_URI, running } from "./running-cognito.js";
import { claimsOf, signIn } from "./sdk-calls.js";

async function formOf(cognito: Parameters<typeof browse>[0], parameters: Record<string, string> = {}): Promise<string> {
  return (await browse(cognito, "/login", { ...AUTHORIZATION, ...parameters })).text();
}

t.test("the form has labelled fields, names the app, and says discreetly what it is", async (t) => {
  const { cognito } = await running(t);
  const page = await formOf(cognito);
  t.match(page, '<label for="username">Email address</label>');
  t.match(page, '<label for="password">Password</label>');
  t.match(page, "Foolscap");
  t.match(page, "Local Cognito – for development");
  t.notMatch(page, "<script");
  t.notMatch(page, PASSWORD, "nobody's password is shown but that of a demo's own user");
});

t.test("the pages keep themselves to themselves", async (t) => {
  const { cognito } = await running(t);
  const { headers } = await browse(cognito, "/login", AUTHORIZATION);
  t.equal(headers.get("cross-origin-opener-policy"), "same-origin");
  t.equal(headers.get("cache-control"), "no-store");
  const policy = present(headers.get("content-security-policy"));
  for (const directive of [
    "default-src 'none'",
    "form-action 'self' http://localhost:3000;",
    "frame-ancestors 'none'",
    "style-src 'sha256-",
  ]) {
    t.ok(policy.includes(directive), directive);
  }
});

t.test("the right password goes back to the app with a code that works", async (t) => {
  const { cognito } = await running(t);
  const answer = await sendForm(cognito, await formOf(cognito, { state: `"><b>&'` }), { username: EMAIL, password: PASSWORD });
  t.equal(answer.status, 302);
  const location = new URL(present(answer.headers.get("location")));
  t.equal(`${location.origin}${location.pathname}`, REDIRECT_URI);
  t.equal(location.searchParams.get("state"), `"><b>&'`);
  t.match(answer.headers.get("set-cookie"), /^cognito-us-east-1_Local0001=[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=3600$/);
  t.equal((await redeem(cognito, present(location.searchParams.get("code")))).status, 200);
});

t.test("auth_time tells two sign-ins of one person apart, however quickly a script signs in", async (t) => {
  const { cognito } = await running(t);
  const times = [];
  for (const _ of [1, 2, 3]) {
    const answer = await sendForm(cognito, await formOf(cognito), { username: EMAIL, password: PASSWORD });
    const code = present(new URL(present(answer.headers.get("location"))).searchParams.get("code"));
    times.push(Number(claimsOf(present((await membersOf(await redeem(cognito, code)))["id_token"])).auth_time));
  }
  const [first = 0] = times;
  t.same(times, [first, first + 1, first + 2]);
});

t.test("a wrong password shows the form again with a message and status 200", async (t) => {
  const { cognito } = await running(t);
  const answer = await sendForm(cognito, await formOf(cognito), { username: EMAIL, password: "wrong" });
  t.equal(answer.status, 200);
  t.equal(answer.headers.get("set-cookie"), null);
  const page = await answer.text();
  t.match(page, '<p class="error" id="error" role="alert">Incorrect email address or password.</p>', "in the words of the form's label");
  t.match(page, `value="${EMAIL}"`, "what was typed is kept");
  t.notMatch(page, "wrong");
  t.equal((await sendForm(cognito, page, { username: EMAIL, password: PASSWORD })).status, 302, "and the form still works");
});

t.test("a disabled user is told so", async (t) => {
  const { cognito, sdk } = await running(t);
  await sdk.send(new AdminDisableUserCommand({ UserPoolId: POOL_ID, Username: EMAIL }));
  const answer = await sendForm(cognito, await formOf(cognito), { username: EMAIL, password: PASSWORD });
  t.match(await answer.text(), "User is disabled.");
});

t.test("a temporary password leads to the form for a new one, and then into the app", async (t) => {
  const { cognito, sdk } = await running(t);
  await sdk.send(new AdminSetUserPasswordCommand({ UserPoolId: POOL_ID, Username: EMAIL, Password: "Temporary-1" }));
  const challenge = await (await sendForm(cognito, await formOf(cognito), { username: EMAIL, password: "Temporary-1" })).text();
  t.match(challenge, "Choose a new password");
  const weak = await (await sendForm(cognito, challenge, { new_password: "weak" })).text();
  t.match(weak, "Password not long enough");
  const done = await sendForm(cognito, weak, { new_password: "Chosen-password-2" });
  t.match(done.headers.get("location"), /\?code=/);
  t.match(await (await sendForm(cognito, weak, { new_password: "Chosen-password-3" })).text(), "Please sign in again");
  await t.resolves(signIn(sdk, CLIENT_ID, EMAIL, "Chosen-password-2"));
});

t.test("whatever a request contains is escaped", async (t) => {
  const { cognito } = await running(t);
  const page = await formOf(cognito, { login_hint: `"><img src=x>`, state: "</form><script>1</script>" });
  t.notMatch(page, "<img");
  t.notMatch(page, "<script");
  t.match(page, "&quot;&gt;&lt;img src=x&gt;");
});

t.test("a form that another site sends signs nobody in", async (t) => {
  const { cognito } = await running(t);
  const form = await formOf(cognito);
  const fields = { username: EMAIL, password: PASSWORD };
  const from = async (headers: Record<string, string>) => (await sendForm(cognito, form, fields, headers)).status;
  t.equal(await from({ origin: "https://evil.example" }), 403);
  t.equal(await from({ origin: "null" }), 403);
  t.equal(await from({ origin: cognito.url, "sec-fetch-site": "cross-site" }), 403);
  t.equal(await from({ origin: cognito.url, "sec-fetch-site": "same-origin" }), 302);
});

t.test("a form with another redirect URI is an error page", async (t) => {
  const { cognito } = await running(t);
  const form = (await formOf(cognito)).replace(REDIRECT_URI, "https://evil.example/");
  const answer = await sendForm(cognito, form, { username: EMAIL, password: PASSWORD });
  t.equal(answer.status, 400);
  t.equal(answer.headers.get("location"), null);
});
