import t from "tap";
import { cookieNames } from "../../src/store/cookies.js";
import { administer } from "../support/administration.js";
import { browserSuite } from "../support/chromium.js";
import { runDemo } from "../support/running-demo.js";
import { call, type PageBody, Visitor } from "./visitor.js";

await browserSuite(t, "signing in, in a real browser", async (t, browser) => {
  t.test("signing in through managed login leads back to where one was, and nothing of ours is in reach of scripts", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    await visitor.context.addCookies([{ name: "theirs", value: "1", url: demo.url }]);
    const page = await visitor.open("/checkout?step=2");
    await page.locator("#sign-in").click();
    await page.waitForURL(`${demo.localCognito.url}/login?**`);
    await visitor.passManagedLogin(page);
    await page.locator("#checkout").waitFor();
    t.equal(page.url(), visitor.url("/checkout?step=2"));
    t.equal(await page.locator("#account-name").textContent(), demo.user.email);

    const { status, body } = await call(page);
    t.equal(status, 200);
    t.match(body.headers?.["authorization"], /^Bearer ey/);
    t.equal(body.headers?.["cookie"], "theirs=1", "the API gets the app's cookies and none of ours");
    t.equal(await page.evaluate("document.cookie"), "theirs=1");
    t.same(await page.evaluate("Object.values({ ...localStorage, ...sessionStorage }).filter((value) => value.includes('eyJ'))"), []);
  });

  t.test("the session's cookie is HttpOnly and Strict and outlives the session, so that its end can be told", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    await visitor.signedIn();
    const cookies = await visitor.cookies();
    t.same(
      cookies.map(({ name, httpOnly, sameSite, path }) => ({ name, httpOnly, sameSite, path })),
      [{ name: cookieNames(demo.url).session, httpOnly: true, sameSite: "Strict", path: "/" }],
      "and the sign-in's own cookie is gone",
    );
    const daysLeft = ((cookies[0]?.expires ?? 0) * 1_000 - demo.clock.now()) / 86_400_000;
    t.ok(daysLeft > 399 && daysLeft <= 400, `Max-Age is 400 days: ${daysLeft.toFixed(3)} are left`);
  });

  t.test("an API's page as return_to arrives with the session, although the callback came from another site", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.open(`/auth/login?return_to=${encodeURIComponent("/api/echo?from=mail")}`);
    await visitor.passManagedLogin(page);
    await page.waitForURL(visitor.url("/api/echo?from=mail"));
    const echo = JSON.parse((await page.locator("body").textContent()) ?? "") as PageBody;
    t.match(echo.headers?.["authorization"], /^Bearer ey/);
    t.equal(echo.headers?.["cookie"], undefined);
  });

  t.test("signed out, an API's page says that nobody is signed in, offers to sign in and leads back", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.open("/api/echo");
    await page.getByText("anonymous").waitFor();
    await page.getByRole("link", { name: "Sign in" }).click();
    await visitor.passManagedLogin(page);
    await page.getByText("Bearer").waitFor();
    t.equal(page.url(), `${demo.url}/api/echo`);
  });

  t.test("two tabs that sign in at the same time both succeed", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    const tabs = await Promise.all(["/?tab=1", "/?tab=2"].map((path) => visitor.open(`/auth/login?return_to=${encodeURIComponent(path)}`)));
    await Promise.all(tabs.map((page) => visitor.passManagedLogin(page)));
    await Promise.all(tabs.map((page) => page.locator("#checkout").waitFor()));
    t.same(
      tabs.map((page) => page.url()),
      [visitor.url("/?tab=1"), visitor.url("/?tab=2")],
    );
    for (const page of tabs) t.equal((await call(page)).status, 200);
  });

  t.test("the ordinary session travels in one cookie of less than 3,000 bytes", async (t) => {
    const demo = await runDemo(t);
    await giveGroups(demo, 12);
    await giveAttributes(demo, { department: "Stationery and fine papers", customer_number: "FC-0048-22917", locale: "da-DK" });
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.signedIn();
    const tokenLength = await idTokenLength(call(page));
    t.ok(tokenLength >= 1_850 && tokenLength <= 2_100, `an ID token of ${tokenLength} characters`);
    const cookies = await visitor.cookies();
    t.equal(cookies.length, 1);
    const bytes = await visitor.cookieBytes();
    t.comment(`an ID token of ${tokenLength} characters: one cookie of ${bytes} bytes`);
    t.ok(bytes < 3_000);
  });

  t.test("an ID token of 6 kB survives the round trip in chunks, within the budget, and leaves none behind at the end", async (t) => {
    const demo = await runDemo(t);
    await giveAttributes(demo, { entitlements: identifiers(1, 1_850), territories: identifiers(2, 1_850) });
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.signedIn();
    const tokenLength = await idTokenLength(call(page));
    t.ok(tokenLength >= 6_000, `an ID token of ${tokenLength} characters`);
    const cookies = await visitor.cookies();
    const bytes = await visitor.cookieBytes();
    t.comment(`an ID token of ${tokenLength} characters: ${cookies.length} cookies of ${bytes} bytes`);
    t.ok(cookies.length > 1, "one cookie cannot hold it");
    t.ok(bytes <= demo.config.cookieHeaderBudgetBytes, "COOKIE_HEADER_BUDGET holds");
    demo.advance("2h");
    t.ok((await idTokenLength(call(page))) >= 6_000, "it survives a refresh");
    demo.advance("31d");
    t.match((await call(page)).body, { reason: "expired", cause: "refresh_token_expired" });
    t.same(
      (await visitor.cookies()).map(({ name }) => name),
      [cookieNames(demo.url).ended],
    );
  });

  t.test("a session over COOKIE_HEADER_BUDGET is refused at sign-in with a page that says so", async (t) => {
    const demo = await runDemo(t, { cookieHeaderBudget: 4_000 });
    await giveAttributes(demo, { entitlements: identifiers(1, 2_000), territories: identifiers(2, 2_000) });
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.open("/auth/login");
    await visitor.passManagedLogin(page);
    await page.getByText("session_too_large").waitFor();
    t.same(await visitor.cookies(), []);
  });
});

async function idTokenLength(answer: ReturnType<typeof call>): Promise<number> {
  const { body } = await answer;
  return (body.headers?.["authorization"] ?? "").length - "Bearer ".length;
}

type Demo = Awaited<ReturnType<typeof runDemo>>;

async function giveGroups(demo: Demo, count: number): Promise<void> {
  for (let number = 1; number <= count; number++) {
    const GroupName = `stationery-department-${number}`;
    await administer(demo, "CreateGroup", { GroupName });
    await administer(demo, "AdminAddUserToGroup", { GroupName, Username: demo.user.email });
  }
}

async function giveAttributes(demo: Demo, attributes: Readonly<Record<string, string>>): Promise<void> {
  const UserAttributes = Object.entries(attributes).map(([name, Value]) => ({ Name: `custom:${name}`, Value }));
  await administer(demo, "AdminUpdateUserAttributes", { Username: demo.user.email, UserAttributes });
}

/** Identifiers as a directory would list them: hexadecimal, without a pattern that would pack away. The same for the same seed. */
function identifiers(seed: number, length: number): string {
  let state = seed;
  let text = "";
  while (text.length < length) {
    // Park and Miller's minimal standard generator.
    state = (state * 48_271) % 2_147_483_647;
    text += `${state.toString(16).padStart(8, "0")}${text.length % 36 === 27 ? "," : ""}`;
  }
  return text.slice(0, length);
}
