import t from "tap";
import { AUTHORIZATION, browse, signInByForm } from "./oauth-calls.js";
import { CLIENT_ID, present, REDIRECT_URI, running } from "./running-cognito.js";

t.test("logout with logout_uri ends managed login's session and goes there", async (t) => {
  const { cognito } = await running(t);
  const { cookie } = await signInByForm(cognito);
  const answer = await browse(cognito, "/logout", { client_id: CLIENT_ID, logout_uri: "http://localhost:3000/" }, cookie);
  t.equal(answer.status, 302);
  t.equal(answer.headers.get("location"), "http://localhost:3000/");
  t.match(answer.headers.get("set-cookie"), /^cognito-us-east-1_Local0001=; .*Max-Age=0/);
  const again = await browse(cognito, "/oauth2/authorize", AUTHORIZATION, cookie);
  t.match(again.headers.get("location"), /^\/login\?/, "the old cookie is worth nothing, even to a browser that kept it");
});

t.test("logout with redirect_uri and response_type goes to the sign-in form", async (t) => {
  const { cognito } = await running(t);
  const { cookie } = await signInByForm(cognito);
  const answer = await browse(cognito, "/logout", AUTHORIZATION, cookie);
  const location = new URL(present(answer.headers.get("location")), cognito.url);
  t.equal(location.pathname, "/login");
  t.equal(location.searchParams.get("redirect_uri"), REDIRECT_URI);
});

t.test("without logout the cookie signs straight back in", async (t) => {
  const { cognito } = await running(t);
  const { cookie } = await signInByForm(cognito);
  t.match((await browse(cognito, "/oauth2/authorize", AUTHORIZATION, cookie)).headers.get("location"), /\?code=/);
});

t.test("unregistered targets and unknown clients are an error page, and nobody is signed out", async (t) => {
  const { cognito } = await running(t);
  const { cookie } = await signInByForm(cognito);
  const requests = [
    { client_id: CLIENT_ID, logout_uri: "https://evil.example/" },
    { client_id: CLIENT_ID, logout_uri: "http://localhost:3000" },
    { client_id: CLIENT_ID, redirect_uri: "https://evil.example/", response_type: "code" },
    { client_id: CLIENT_ID, redirect_uri: REDIRECT_URI },
    { client_id: CLIENT_ID },
    { client_id: "nobody", logout_uri: "http://localhost:3000/" },
  ];
  for (const request of requests) {
    const answer = await browse(cognito, "/logout", request, cookie);
    t.equal(answer.status, 400);
    t.equal(answer.headers.get("location"), null);
    t.equal(answer.headers.get("set-cookie"), null);
  }
  t.match((await browse(cognito, "/oauth2/authorize", AUTHORIZATION, cookie)).headers.get("location"), /\?code=/);
});
