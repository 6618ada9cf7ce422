import t from "tap";
import { request } from "undici";
import { CAUSES } from "../../src/http/problem/causes.js";
import { ENDING_CAUSES, INVALID_CAUSES, REASONS, SIGN_IN_CAUSES } from "../../src/wire/reasons.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";

const NAVIGATE = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "same-origin", accept: "text/html" };

/** What a page offers, in order, as `label → where`. */
function offers(html: string): string[] {
  const [, row = ""] = /<div class="actions">(.*?)<\/div>/.exec(html) ?? [];
  return [...row.matchAll(/<a class="(\w+)" href="([^"]+)">([^<]+)<\/a>/g)].map(([, look, href, label]) => `${look}: ${label} → ${href}`);
}

interface Navigation {
  readonly method?: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
}

async function pageAt(
  demo: RunningDemo,
  path: string,
  status = 200,
  { method = "GET", headers }: Navigation = { headers: {} },
): Promise<string> {
  const answer = await request(`${demo.url}${path}`, { method, headers: { ...NAVIGATE, ...headers } });
  t.equal(answer.statusCode, status, path);
  t.match(answer.headers["content-type"], "text/html");
  return answer.body.text();
}

t.test("the pages that explain problems", async (t) => {
  const demo = await runDemo(t);

  t.test("each reason has words for people and a button first, and those behind the app below", async (t) => {
    for (const [reason, { slug, status }] of Object.entries(REASONS)) {
      const html = await pageAt(demo, `/auth/problems/${slug}`);
      t.equal(html, await pageAt(demo, `/auth/problems/${reason}`), `${slug} and ${reason}`);
      const places = ["<h1>", '<div class="actions">', "developers</h2>", "run it</h2>"].map((part) => html.indexOf(part));
      t.same(
        places,
        [...places].sort((one, other) => one - other),
        reason,
      );
      t.ok(Math.min(...places) > 0, `${reason} has all of them`);
      if (status >= 500) t.match(offers(html)[0], /^button: Try again → \/$/, `${reason}: ${status}`);
      if (status === 401) t.match(offers(html)[0], "button: Sign in → /auth/login", reason);
    }
  });

  t.test("each cause has a page of its own, by its name in either spelling, made of the one table", async (t) => {
    const causes = [...ENDING_CAUSES.expired, ...ENDING_CAUSES.signed_out, ...INVALID_CAUSES, ...SIGN_IN_CAUSES];
    t.same([...new Set(causes)].sort(), Object.keys(CAUSES).sort());
    for (const cause of causes) {
      const html = textOf(await pageAt(demo, `/auth/problems/${cause}`));
      for (const words of ["person", "developer", "operator"] as const) t.match(html, CAUSES[cause][words], `${cause}: ${words}`);
      t.equal((await pageAt(demo, `/auth/problems/${cause.replaceAll("_", "-")}`)).length > 0, true);
      t.notMatch(CAUSES[cause].person, /cognito|token|cookie/i, `${cause}: nothing that only developers know`);
    }
  });

  t.test("a reason's page leads to its causes", async (t) => {
    const html = await pageAt(demo, "/auth/problems/session-ended");
    for (const cause of ENDING_CAUSES.expired) t.match(html, `href="/auth/problems/${cause}"`);
  });

  t.test("where somebody else has to act first, signing in is not what is offered first", async (t) => {
    for (const cause of ["user_disabled", "user_deleted"])
      t.same(offers(await pageAt(demo, `/auth/problems/${cause}`)), ["button: To the start page → /", "plain: Sign in → /auth/login"]);
    t.same(offers(await pageAt(demo, "/auth/problems/refresh_token_expired")), [
      "button: Sign in → /auth/login",
      "plain: To the start page → /",
    ]);
  });

  t.test("names of nothing are not found, those of objects' own included", async () => {
    for (const name of ["nothing", "constructor", "__proto__", "toString"]) await pageAt(demo, `/auth/problems/${name}`, 404);
  });
});

t.test("problems as somebody meets them who navigates", async (t) => {
  t.test("an API that cannot be reached: the page tries the same again, once it is pressed", async (t) => {
    const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target: "http://127.0.0.1:1" }] });
    const cookie = await cookieOf(demo);
    const html = await pageAt(demo, "/api/page?of=2&and=%3Cb%3E", 502, { headers: { cookie } });
    t.same(offers(html), ["button: Try again → /api/page?of=2&amp;and=%3Cb%3E", "plain: To the start page → /"]);
    t.match(html, 'href="/auth/problems/upstream_unreachable"', "and leads to what it means");
    const sent = await pageAt(demo, "/api/page", 502, {
      method: "POST",
      headers: { cookie, origin: demo.url, referer: `${demo.url}/orders/7?tab=1` },
    });
    t.match(offers(sent)[0], "button: Try again → /orders/7?tab=1", "a form is not sent again: its page is opened");
    const foreign = await pageAt(demo, "/api/page", 502, {
      method: "POST",
      headers: { cookie, origin: demo.url, referer: "https://a.example/x" },
    });
    t.same(offers(foreign), ["button: Try again → /"]);
  });

  t.test("an outage of Cognito tries again, also on the way to the sign-in", async (t) => {
    const demo = await runDemo(t);
    const cookie = await cookieOf(demo);
    demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "html_503" });
    demo.advance("2h");
    const again = (html: string) => offers(html)[0];
    t.match(again(await pageAt(demo, "/api/echo?a=1", 503, { headers: { cookie } })), "button: Try again → /api/echo?a=1");
    t.match(
      again(await pageAt(demo, "/auth/resume?return_to=%2Fa", 503, { headers: { cookie } })),
      "button: Try again → /auth/resume?return_to=%2Fa",
    );
  });

  t.test("the end of a session is told in words for people, and a disabled account is not sent to sign in", async (t) => {
    const demo = await runDemo(t);
    const cookie = await cookieOf(demo);
    t.equal((await fetch(`${demo.url}/demo/disable-user`, { method: "POST", headers: { origin: demo.url } })).status, 200);
    demo.advance("2h");
    const html = await pageAt(demo, "/api/echo", 401, { headers: { cookie } });
    t.match(html, CAUSES.user_disabled.person);
    t.same(offers(html), ["button: To the start page → /", "plain: Sign in → /auth/login?return_to=%2Fapi%2Fecho"]);
  });
});

/** Code in backquotes, as in the tables. */
function textOf(html: string): string {
  const signs: Readonly<Record<string, string>> = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "&#39;": "'", "&quot;": '"' };
  return html.replace(/<\/?code>/g, "`").replace(/&[#\w]+;/g, (entity) => signs[entity] ?? entity);
}

async function cookieOf(demo: RunningDemo): Promise<string> {
  return (await demo.signedIn()).cookiesOf("localhost");
}
