import t, { type Test } from "tap";
import { type RunningDemo, runDemo } from "../support/running-demo.js";
import { runSharedDemo } from "../support/shared-demo.js";

interface Echo {
  headers: Record<string, string>;
}
interface Problem {
  reason: string;
  cause?: string;
  status: number;
}

/** The same promises wherever sessions are kept. */
const STORES: readonly (readonly [store: string, run: (t: Test) => Promise<RunningDemo>])[] = [
  ["cookie store", runDemo],
  ["shared store, asked at every call", runSharedDemo],
  ["shared store, trusted for a while", (t) => runSharedDemo(t, {}, {}, 2_000)],
];

for (const [store, run] of STORES) {
  t.test(`${store}: signing in gives a session, and calls carry a bearer token and none of our cookies`, async (t) => {
    const demo = await run(t);
    const person = await demo.signedIn();
    const echo = await person.call("/api/echo", {
      headers: { cookie: `${person.cookiesOf("localhost")}; theirs=1` },
    });
    t.equal(echo.status, 200);
    const { headers } = echo.json<Echo>();
    t.match(headers["authorization"], /^Bearer ey/);
    t.equal(headers["cookie"], "theirs=1");
    const session = (await person.call("/auth/session")).json<{ user: { email: string; groups: string[] } }>();
    t.equal(session.user.email, "demo@example.com");
    t.same(session.user.groups, ["admin", "customers"]);
  });

  t.test(`${store}: fifty parallel calls after the token died cause exactly one refresh`, async (t) => {
    const demo = await run(t);
    const person = await demo.signedIn();
    demo.advance("2h");
    const answers = await Promise.all(Array.from({ length: 50 }, () => person.call("/api/echo")));
    t.ok(answers.every(({ status }) => status === 200));
    t.equal(demo.refreshes(), 1);
  });

  t.test(`${store}: when the refresh token's life is over, every call says so until somebody signs in again`, async (t) => {
    const demo = await run(t);
    const person = await demo.signedIn();
    demo.advance("31d");
    const first = await person.call("/api/echo");
    t.equal(first.status, 401);
    t.match(first.json<Problem>(), { reason: "expired", cause: "refresh_token_expired", login_url: "/auth/login" });
    t.equal(first.headers["bff-problem"], "expired");
    t.equal(first.headers["www-authenticate"], "Session");
    t.notOk(person.cookies.has("bff-session"), "the ticket is gone");
    const second = await person.call("/api/echo");
    t.match(second.json<Problem>(), { reason: "expired", cause: "refresh_token_expired" });
    t.equal((await person.signIn(demo.user, "/auth/login?return_to=/checkout")).url, `${demo.url}/checkout`);
    t.equal((await person.call("/api/echo")).status, 200);
  });
}
