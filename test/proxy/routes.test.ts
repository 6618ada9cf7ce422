import t from "tap";
import { createRouteTable } from "../../src/proxy/routes/route-table.js";
import { PUBLIC_SIDE, proxyRoute } from "./route-fixtures.js";

const table = createRouteTable(
  [
    proxyRoute({ prefix: "/api", target: new URL("http://api.test:8080") }),
    proxyRoute({ prefix: "/api/orders", target: new URL("http://orders.test/v2"), stripPrefix: true }),
    proxyRoute({ prefix: "/files", target: new URL("http://files.test/"), stripPrefix: true }),
  ],
  PUBLIC_SIDE,
);

/** The path asked for, the host it goes to and the path there. */
const MATCHES: readonly (readonly [path: string, host: string, upstreamPath: string])[] = [
  ["/api", "api.test:8080", "/api"],
  ["/api/", "api.test:8080", "/api/"],
  ["/api/x", "api.test:8080", "/api/x"],
  ["/api//x", "api.test:8080", "/api//x"],
  ["/api/ordersx", "api.test:8080", "/api/ordersx"],
  ["/api/orders", "orders.test", "/v2/"],
  ["/api/orders/", "orders.test", "/v2/"],
  ["/api/orders/7%2F8;v=1", "orders.test", "/v2/7%2F8;v=1"],
  ["/files", "files.test", "/"],
  ["/files//evil.example/x", "files.test", "//evil.example/x"],
];

t.test("the longest prefix wins, on segment boundaries", (t) => {
  for (const [path, host, upstreamPath] of MATCHES) {
    const match = table.match(path);
    t.equal(match?.route.target.host, host, path);
    t.equal(match?.upstreamPath, upstreamPath, path);
  }
  t.end();
});

t.test("a path beside the prefixes matches nothing", (t) => {
  for (const path of ["/", "/apix", "/api;x/y", "/API", "/x/api", "//api/x", "/file"]) t.equal(table.match(path), null, path);
  t.end();
});

t.test("the root prefix covers everything, and stripping it changes nothing", (t) => {
  const root = createRouteTable([proxyRoute({ prefix: "/", target: new URL("http://app.test/base"), stripPrefix: true })], PUBLIC_SIDE);
  t.equal(root.match("/")?.upstreamPath, "/base/");
  t.equal(root.match("/a/b")?.upstreamPath, "/base/a/b");
  t.equal(root.match("//evil.example")?.upstreamPath, "/base//evil.example");
  t.end();
});
