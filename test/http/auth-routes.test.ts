import t from "tap";
import { AUTH_ROUTES, authRouteOf } from "../../src/http/auth/auth-route-table.js";
import { rawExchange } from "../support/raw-http.js";
import { runDemo } from "../support/running-demo.js";

t.test("every route of the table is there with its methods, and any other method is told which they are", async (t) => {
  const demo = await runDemo(t);
  for (const { path, allow } of Object.values(AUTH_ROUTES)) {
    const url = `/auth${path}`;
    for (const method of allow.split(", ")) t.ok(demo.server.app.hasRoute({ url, method: method as "GET" }), `${method} ${url}`);
    for (const method of ["PATCH", "TRACE", "PURGE"]) {
      const target = url.replace(":name", "expired");
      const answer = await rawExchange(demo.url, `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      t.match(answer, /^HTTP\/1\.1 405 /, `${method} ${target}`);
      t.match(answer, new RegExp(`^allow: ${allow}\r$`, "im"));
    }
  }
});

t.test("a path is a route's by all of it", (t) => {
  t.equal(authRouteOf("/login"), AUTH_ROUTES.login);
  t.equal(authRouteOf("/problems/expired"), AUTH_ROUTES.problem);
  for (const path of ["", "/", "/login/", "/logins", "/LOGIN", "/problems", "/problems/", "/problems/a/b", "/constructor"])
    t.equal(authRouteOf(path), null, path);
  t.end();
});
