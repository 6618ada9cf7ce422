import t from "tap";
import { decodeAs } from "../../src/config/kinds/kind.js";
import { isRoute, proxyRoutes, ROUTE_MEMBERS, type RouteMember } from "../../src/config/kinds/proxy-routes-kind.js";
import fc from "../support/property.js";
import { configWith, faultsWith } from "./valid-environment.js";

const DEFAULTS = {
  token: "id",
  session: "required",
  stripPrefix: false,
  proxy: false,
  rewrite: true,
  responseHeaderTimeoutMs: 60_000,
  bodyIdleTimeoutMs: null,
  requestIdleTimeoutMs: 60_000,
  host: "auto",
  csrf: "inherit",
  cache: "private",
};

function routesOf(text: string) {
  return configWith({ PROXY_ROUTES: text }).proxyRoutes.map((route) => ({ ...route, target: route.target.href }));
}

t.test("pairs, comma or newline separated, take every default", async (t) => {
  const expected = [
    { prefix: "/api", target: "http://api:8080/", ...DEFAULTS },
    { prefix: "/", target: "https://x.example.com/v1", ...DEFAULTS },
  ];
  t.same(routesOf("/api=http://api:8080,/=https://x.example.com/v1/"), expected);
  t.same(routesOf("\n /api = http://api:8080 \n/=https://x.example.com/v1\n"), expected);
});

t.test("a JSON array says what each route needs", async (t) => {
  const text = JSON.stringify([
    { prefix: "/a", target: "http://a" },
    {
      prefix: "/b",
      target: "http://b",
      token: "access",
      session: "optional",
      stripPrefix: true,
      rewrite: false,
      proxy: true,
      responseHeaderTimeout: "5m",
      bodyIdleTimeout: "90s",
      requestIdleTimeout: "5m",
      host: "public",
      csrf: "off",
      cache: "upstream",
    },
    { prefix: "/c", target: "http://c", session: "none", bodyIdleTimeout: "off", requestIdleTimeout: "off" },
    { prefix: "/d", target: "http://d", token: "none" },
  ]);
  t.same(routesOf(text), [
    { prefix: "/a", target: "http://a/", ...DEFAULTS },
    {
      ...{ prefix: "/b", target: "http://b/", token: "access", session: "optional", stripPrefix: true, rewrite: false },
      ...{
        proxy: true,
        responseHeaderTimeoutMs: 300_000,
        bodyIdleTimeoutMs: 90_000,
        requestIdleTimeoutMs: 300_000,
        host: "public",
        csrf: "off",
        cache: "upstream",
      },
    },
    { prefix: "/c", target: "http://c/", ...DEFAULTS, session: "none", token: "none", requestIdleTimeoutMs: null },
    { prefix: "/d", target: "http://d/", ...DEFAULTS, token: "none" },
  ]);
  t.same(routesOf("[]"), []);
});

t.test("what is wrong with a route is said by its number and member", async (t) => {
  const route = { prefix: "/a", target: "http://a" };
  const cases: readonly [string, readonly RegExp[]][] = [
    ["/api", [/^PROXY_ROUTES: route 1: an object with prefix and target \[\/api\]$/]],
    ["/api=", [/route 1: target: .*/]],
    ["api=http://a", [/route 1: prefix: .* \[api\]$/]],
    ["/api/=http://a", [/route 1: prefix: .* \[\/api\/\]$/]],
    ["/a/../b=http://a", [/route 1: prefix: /]],
    ["/a=http://a,/a=http://b", [/route 2: a prefix that no other route has \[\/a\]$/]],
    ["/a=ftp://a,/b=http://b?x,/c=http://c#y", [/route 1: target: /, /route 2: target: /, /route 3: target: /]],
    ["/a=http://user:hunter2@a", [/route 1: target: [^[]*$/]],
    ["/a=http://a/x/../y", [/route 1: target: /]],
    ["[", [/^PROXY_ROUTES: valid JSON[^[]*$/]],
    ["{}", [/PREFIX=URL pairs.* \[JSON that is not an array\]$/]],
    ["[1, null, []]", [/route 1: an object/, /route 2: an object/, /route 3: an object/]],
    ["[{}]", [/route 1: prefix, which is missing$/, /route 1: target, which is missing$/]],
    [JSON.stringify([{ ...route, timeout: "5s" }]), [/route 1: only the members prefix, .* \[timeout\]$/]],
    [JSON.stringify([{ ...route, token: "refresh" }]), [/route 1: token: `id`, `access`, `none` \[refresh\]$/]],
    [JSON.stringify([{ ...route, stripPrefix: "maybe" }]), [/route 1: stripPrefix: `true` or `false` \[maybe\]$/]],
    [JSON.stringify([{ ...route, responseHeaderTimeout: 30 }]), [/route 1: responseHeaderTimeout: 30 what\? .* \[30\]$/]],
    [JSON.stringify([{ ...route, responseHeaderTimeout: "off" }]), [/route 1: responseHeaderTimeout: /]],
    [JSON.stringify([{ ...route, bodyIdleTimeout: "30" }]), [/route 1: bodyIdleTimeout: 30 what\?/]],
    [JSON.stringify([{ ...route, session: "none", token: "id" }]), [/route 1: token `none`.* \[id\]$/]],
    [JSON.stringify([{ ...route, prefix: null }]), [/route 1: prefix: .* \[null\]$/]],
    [JSON.stringify([{ ...route, token: null }]), [/route 1: token: .* \[null\]$/]],
    ['[{"__proto__": 1, "prefix": "/a", "target": "http://a"}]', [/only the members .* \[__proto__\]$/]],
  ];
  for (const [text, complaints] of cases) {
    const faults = faultsWith({ PROXY_ROUTES: text });
    t.equal(faults.length, complaints.length, `${text}: ${faults.join(" | ")}`);
    for (const [index, complaint] of complaints.entries()) t.match(faults[index], complaint, text);
  }
});

t.test("a key in the query of an address is not repeated", async (t) => {
  for (const routes of ["/api=http://api/?key=hunter2", JSON.stringify([{ prefix: "/api", target: "http://api/?key=hunter2" }])]) {
    const faults = faultsWith({ PROXY_ROUTES: routes }).join();
    t.notMatch(faults, "hunter2");
    t.match(faults, "http://api/?…", "the rest of it is");
  }
});

t.test("a broken JSON text that holds a password is not repeated", async (t) => {
  const faults = faultsWith({ PROXY_ROUTES: '[{"prefix":"/a","target":"http://u:hunter2@a"' });
  t.equal(faults.length, 1);
  t.notMatch(faults.join(), "hunter2");
});

t.test("a route may have exactly the members that are read", async (t) => {
  const route = { prefix: "/a", target: "http://a" };
  for (const [name, { kind, default: byDefault }] of Object.entries<RouteMember>(ROUTE_MEMBERS)) {
    const written = byDefault ?? "/a";
    t.ok(kind.admits(written) && isRoute({ ...route, [name]: written }), name);
    t.notOk(isRoute({ ...route, [name]: null }), name);
  }
  t.notOk(isRoute({ ...route, timeout: "5s" }));
  t.notOk(isRoute({ prefix: "/a" }));
  for (const other of [null, "/a=http://a", [route]]) t.notOk(isRoute(other));
});

t.test("a list that is not admitted never becomes routes", async () => {
  const memberName = fc.constantFrom("prefix", "target", "token", "session", "stripPrefix", "rewrite", "cache", "host", "x", "__proto__");
  const memberValue = fc.oneof(fc.constantFrom("/a", "http://a", "id", "none", "private", true, 5, null), fc.jsonValue());
  const route = fc.oneof(fc.jsonValue(), fc.dictionary(memberName, memberValue));
  fc.assert(
    fc.property(fc.array(route, { maxLength: 3 }), (list) => {
      const decoded = decodeAs(proxyRoutes, list);
      return decoded.kind === "refused" ? decoded.complaints.length > 0 : list.every((each) => isRoute(each));
    }),
  );
});
