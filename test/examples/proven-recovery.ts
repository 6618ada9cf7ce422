import type { Test } from "tap";
import { SessionEndedError } from "../../src/client/session-ended-error.js";
import { type Call, openRecipePage, type RecipePage, type Send } from "./recipe-page.js";

const ORDER = { path: "/api/orders", method: "POST", body: '{"items":[1,2]}' } as const;
const ENDED = { name: "SessionEndedError", reason: "expired", cause: "refresh_token_expired", loginUrl: "/auth/login" };

interface Library {
  /** The library, set up as its recipe says. */
  open(page: RecipePage): Send;
  /** The status of an answer that the library threw. */
  statusOf(error: unknown): unknown;
  /** Ways of opting in to being sent again. */
  readonly optedIn: readonly Partial<Call>[];
}

/** What `recover` promises, held by whichever library makes the calls. */
export function provesRecovery(t: Test, { open, statusOf, optedIn }: Library): void {
  const begin = async (t: Test) => {
    const page = await openRecipePage(t);
    return { page, send: open(page) };
  };

  t.test("a call with a session is a call", async (t) => {
    const { page, send } = await begin(t);
    t.same(await send(ORDER), { number: 1 });
    t.match(page.arrived, [{ call: "POST /api/orders", body: ORDER.body, csrf: "1" }]);
  });

  t.test("a GET that meets the ended session waits for the sign-in and goes on, once", async (t) => {
    const { page, send } = await begin(t);
    page.endSession();
    const calls = [send({ path: "/api/orders" }), send({ path: "/api/basket" })];
    await page.waits(2);
    t.same(page.arrived, []);
    await page.signIn();
    await Promise.all(calls);
    t.same(page.arrived.map(({ call }) => call).sort(), ["GET /api/basket", "GET /api/orders"]);
  });

  t.test("a write that nobody opted in ends at once, and never arrives", async (t) => {
    const { page, send } = await begin(t);
    page.endSession();
    await t.rejects(send(ORDER), ENDED);
    await page.signIn();
    t.same(page.arrived, []);
    t.same(page.asked, ["POST /api/orders"]);
  });

  for (const way of optedIn)
    t.test(`a write with ${Object.keys(way)} waits, and arrives once with the same body`, async (t) => {
      const { page, send } = await begin(t);
      page.endSession();
      const call = send({ ...ORDER, ...way });
      await page.waits();
      await page.signIn();
      t.same(await call, { number: 1 });
      t.match(page.arrived, [{ call: "POST /api/orders", body: ORDER.body, csrf: "1" }]);
      t.equal(page.arrived.length, 1);
    });

  t.test("nothing of one person's is sent as another", async (t) => {
    const { page, send } = await begin(t);
    page.endSession();
    const call = send({ ...ORDER, ...optedIn[0] });
    const ended = t.rejects(call, ENDED);
    await page.waits();
    await page.signIn("eve");
    await ended;
    t.same(page.arrived, []);
  });

  t.test("the API's own 401 is the library's error, and no session's end", async (t) => {
    const { page, send } = await begin(t);
    const error = await send({ path: "/api/own-401" }).catch((thrown: unknown) => thrown);
    t.notOk(error instanceof SessionEndedError);
    t.equal(statusOf(error), 401);
    t.equal(page.client.session().status, "active");
    t.same(page.asked, ["GET /api/own-401"]);
  });

  t.test("what is refused again after the sign-in is not sent a third time", async (t) => {
    const { page, send } = await begin(t);
    page.endSession();
    page.refuseCalls();
    const ended = t.rejects(send({ path: "/api/orders" }), ENDED);
    await page.waits();
    await page.signIn();
    await ended;
    t.same(page.asked, ["GET /api/orders", "GET /api/orders"]);
    t.equal(page.client.waitingCalls, 0);
  });

  t.test("cancelling ends what waits", async (t) => {
    const { page, send } = await begin(t);
    page.endSession();
    const ended = t.rejects(send({ path: "/api/orders" }), ENDED);
    await page.waits();
    page.client.cancelLogin();
    await ended;
    t.same(page.asked, ["GET /api/orders"]);
  });
}
