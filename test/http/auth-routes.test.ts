import { readFileSync } from "node:fs";
import t from "tap";
import { AUTH_ROUTES, allowedAt } from "../../src/http/auth/auth-route-table.js";
import { rawExchange } from "../support/raw-http.js";
import { runDemo } from "../support/running-demo.js";

t.test("every route of the table is there with its methods, and any other method is told which they are", async (t) => {
  const demo = await runDemo(t);
  for (const { path, methods } of Object.values(AUTH_ROUTES)) {
    const url = `/auth${path}`;
    for (const method of methods) t.ok(demo.server.app.hasRoute({ url, method }), `${method} ${url}`);
    for (const method of ["PATCH", "TRACE", "PURGE"]) {
      const target = url.replace(/:\w+/, "expired");
      const answer = await rawExchange(demo.url, `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      t.match(answer, /^HTTP\/1\.1 405 /, `${method} ${target}`);
      t.match(answer, new RegExp(`^allow: ${allowedAt(path.replace(/:\w+/, "expired"))}\r$`, "im"));
    }
  }
});

t.test("a path is a route's by all of it, and has the methods of all routes that share it", (t) => {
  t.equal(allowedAt("/login"), "GET");
  t.equal(allowedAt("/session"), "GET, HEAD, POST");
  t.equal(allowedAt("/problems/expired"), "GET, HEAD");
  for (const path of [
    "",
    "/",
    "/login/",
    "/logins",
    "/LOGIN",
    "/problems",
    "/problems/",
    "/problems/a/b",
    "/constructor",
    "/clientXjs",
    "/words.de/js",
  ])
    t.equal(allowedAt(path), null, path);
  t.end();
});

t.test("the README names the routes that there are for an app, and no others", (t) => {
  const readme = readFileSync("README.md", "utf8");
  const named = [...readme.matchAll(/^\| `(GET|POST|DELETE) \/auth(\/[^`?]+)/gm)].map(([, method, path]) => `${method} ${path}`);
  const { callback, resume, ...ofAnApp } = AUTH_ROUTES;
  // Where Cognito sends people, and where our own page does.
  t.notMatch(named, [callback.path, resume.path]);
  const there = Object.values(ofAnApp).map(
    ({ methods, path }) => `${methods[0]} ${path.replace(/:(\w+?)(?=\.|$)/, (_all, name: string) => name.toUpperCase())}`,
  );
  t.same(named.sort(), there.sort());
  t.end();
});
