import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fastifyCors from "@fastify/cors";
import fastifyHelmet from "@fastify/helmet";
import fastifySwagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import t, { type Test } from "tap";
import { embedProxy } from "../support/embedded.js";

const FRIEND = "https://friend.example";

/** An API that answers with headers of its own; resolves with its address. */
async function startApi(t: Test): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader("x-frame-options", "DENY").setHeader("vary", "Accept-Language").setHeader("access-control-allow-origin", "*");
    response.setHeader("set-cookie", ["a=1", "b=2"]).setHeader("content-security-policy", "script-src 'none'").end("the API");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function addPlugins(app: FastifyInstance): Promise<void> {
  await app.register(fastifyHelmet);
  await app.register(fastifyCors, { origin: FRIEND, credentials: true });
  app.addHook("onRequest", async (_request, reply) => void reply.headers({ "x-of-the-app": "yes", vary: "Origin", "set-cookie": "c=3" }));
}

for (const order of ["before", "after"] as const)
  t.test(`what helmet, cors and hooks of the app say of every answer is on proxied ones, registered ${order} the plugin`, async (t) => {
    const routes = [
      { prefix: "/api", target: await startApi(t), session: "none" as const },
      { prefix: "/closed", target: "http://127.0.0.1:9" },
    ];
    const steps = order === "before" ? { before: addPlugins } : { after: addPlugins };
    const { url } = await embedProxy(t, routes, steps.before, steps.after);
    const answer = await fetch(`${url}/api/x`, { headers: { origin: url, "sec-fetch-site": "same-origin" } });
    const { headers } = answer;
    t.equal(await answer.text(), "the API");
    t.equal(headers.get("x-of-the-app"), "yes");
    t.equal(headers.get("x-content-type-options"), "nosniff", "helmet's");
    t.equal(headers.get("x-frame-options"), "DENY", "of two the API's own");
    t.equal(headers.get("access-control-allow-origin"), FRIEND, "cors's, never the API's");
    t.match(headers.get("vary"), /^Origin, Accept-Language$/);
    t.match(headers.get("content-security-policy"), /default-src 'self'.*, script-src 'none'$/, "both hold");
    t.same(headers.getSetCookie(), ["c=3", "a=1", "b=2"]);
    const problem = await fetch(`${url}/closed/x`, { headers: { "sec-fetch-site": "same-origin" } });
    t.equal(problem.status, 401);
    t.equal(problem.headers.get("x-of-the-app"), "yes", "and problems are answers too");
    t.same(problem.headers.getSetCookie(), ["c=3"]);
    const preflight = { origin: FRIEND, "access-control-request-method": "GET" };
    t.equal((await fetch(`${url}/api/x`, { method: "OPTIONS", headers: preflight })).status, 204, "cors answers itself");
    const foreign = await fetch(`${url}/api/x`, { headers: { origin: FRIEND, "sec-fetch-site": "cross-site" } });
    t.equal(foreign.headers.get("bff-problem"), "csrf", "it opens nothing of ours");
  });

t.test("an API description lists the app's own routes and none of ours", async (t) => {
  const { app } = await embedProxy(t, [{ prefix: "/api", target: "http://127.0.0.1:9" }], async (host) => {
    await host.register(fastifySwagger);
    void host.register((scope, _options, done) => {
      scope.get("/own", async () => "own");
      done();
    });
  });
  t.same(Object.keys(app.swagger().paths ?? {}), ["/own"]);
});
