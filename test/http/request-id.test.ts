import fastify from "fastify";
import t from "tap";
import { nameRequest } from "../../src/http/problem/request-id.js";

t.test("a request keeps its name where two hooks of an app give it one", async (t) => {
  const app = fastify();
  t.teardown(() => app.close());
  app.addHook("onRequest", async (request) => nameRequest(request));
  app.get("/", async (request) => {
    const { id, log } = request;
    nameRequest(request);
    return { kept: request.id === id && request.log === log, id };
  });
  const [one, other] = [(await app.inject("/")).json(), (await app.inject("/")).json()];
  t.match([one, other], [{ kept: true }, { kept: true }]);
  t.not(one.id, other.id);
});
