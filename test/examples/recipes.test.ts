import { MutationObserver, QueryObserver } from "@tanstack/query-core";
import axios from "axios";
import { HTTPError } from "ky";
import t from "tap";
import { createApi as createAxiosApi } from "../../examples/recipes/axios.js";
import { createApi as createKyApi } from "../../examples/recipes/ky.js";
import { ApiError, createCall, createQueryClient } from "../../examples/recipes/tanstack-query.js";
import { until } from "../support/condition.js";
import { provesRecovery } from "./proven-recovery.js";
import { type Call, openRecipePage } from "./recipe-page.js";

const WITH_KEY = { idempotencyKey: "5c1d" };
const keyOf = ({ idempotencyKey }: Call) => (idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey });

t.test("ky", async (t) => {
  provesRecovery(t, {
    open({ origin, client }) {
      const api = createKyApi(client);
      return ({ path, method = "get", body, ...call }) => {
        const json = body === undefined ? {} : { json: JSON.parse(body) as unknown };
        return api(origin + path, { method, headers: keyOf(call as Call), ...json }).json();
      };
    },
    statusOf: (error) => error instanceof HTTPError && error.response.status,
    optedIn: [WITH_KEY],
  });
});

t.test("axios", async (t) => {
  provesRecovery(t, {
    open({ origin, client }) {
      const api = createAxiosApi(client, `${origin}/api`);
      return async ({ path, method = "get", body, replay = false, ...call }) => {
        const data = body === undefined ? {} : { data: JSON.parse(body) as unknown };
        const headers = keyOf({ path, ...call });
        return (await api.request({ url: path.replace("/api", ""), method, headers, replay, ...data })).data as unknown;
      };
    },
    statusOf: (error) => axios.isAxiosError(error) && error.response?.status,
    optedIn: [WITH_KEY, { replay: true }],
  });
});

t.test("TanStack Query", async (t) => {
  provesRecovery(t, {
    open({ client }) {
      const call = createCall(client);
      const queries = createQueryClient(client);
      return ({ path, method, body, replay = false, ...rest }) => {
        if (method === undefined) return queries.fetchQuery({ queryKey: [path], queryFn: ({ signal }) => call(path, { signal }) });
        const init = { method, body: body ?? "", headers: keyOf({ path, ...rest }), replay };
        return new MutationObserver(queries, { mutationFn: () => call(path, init) }).mutate();
      };
    },
    statusOf: (error) => error instanceof ApiError && error.status,
    optedIn: [WITH_KEY, { replay: true }],
  });

  t.test("a query that was given up is asked again after the sign-in, and what it showed stays until then", async (t) => {
    const page = await openRecipePage(t);
    const call = createCall(page.client);
    const queries = createQueryClient(page.client);
    const query = new QueryObserver(queries, { queryKey: ["orders"], queryFn: () => call("/api/orders") });
    t.teardown(query.subscribe(() => {}));
    await until(() => query.getCurrentResult().isSuccess);
    page.endSession();
    void query.refetch();
    await page.waits();
    page.client.cancelLogin();
    await until(() => query.getCurrentResult().isRefetchError);
    t.same(query.getCurrentResult().data, { number: 1 });
    await page.signIn();
    await until(() => query.getCurrentResult().isSuccess);
    t.same(query.getCurrentResult().data, { number: 2 });
  });

  t.test("nobody sees what another person's queries brought", async (t) => {
    const page = await openRecipePage(t);
    const queries = createQueryClient(page.client);
    queries.setQueryData(["orders"], "ada's");
    page.endSession();
    await page.client.check();
    t.equal(queries.getQueryData(["orders"]), "ada's", "the end of a session takes nothing away");
    await page.signIn("eve");
    t.equal(queries.getQueryData(["orders"]), undefined);
  });
});
