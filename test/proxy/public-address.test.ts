import t, { type Test } from "tap";
import { prefixOf } from "../../src/config/kinds/prefix.js";
import type { ProxyRoute } from "../../src/config/kinds/proxy-route.js";
import { createTranslation, outward } from "../../src/proxy/headers/translation.js";
import { attackOf, growthFault } from "../support/growth.js";
import fc from "../support/property.js";
import { proxyRoute, translationOf } from "./route-fixtures.js";

type Row = readonly [value: string, seen: string];

/** What a route's API says in a header, and what the browser gets. */
function holds(t: Test, key: string, parts: Parts, rows: readonly Row[]): void {
  const target = new URL(parts.target);
  const translation = translationOf({ ...parts, target });
  const upstreamTarget = prefixOf(target.pathname) + (parts.stripPrefix ? "/list/1?q" : "/api/list/1?q");
  for (const [value, seen] of rows)
    t.equal(outward(translation, key, value, { ...ASKED, upstreamTarget }), seen, `${JSON.stringify(parts)} ${key}: ${value}`);
}

const ASKED = { publicTarget: "/api/list/1?q", upstreamTarget: "/list/1?q", referer: "https://app.example.com/orders/5" };
type Parts = Omit<Partial<ProxyRoute>, "target"> & { readonly target: string };
const PLAIN: Parts = { target: "http://api.internal:8080", host: "auto" };
const STRIPPED: Parts = { ...PLAIN, stripPrefix: true };
const BASED: Parts = { ...STRIPPED, target: "http://api.internal:8080/v1" };
const UNSTRIPPED: Parts = { ...PLAIN, target: "http://api.internal:8080/v1" };

/** What means somebody else, or a place relative to what the browser has: on every route. */
const KEPT: readonly string[] = [
  ...[
    "https://elsewhere.example/x",
    "//elsewhere.example/x",
    "http://api.internal/x",
    "http://api.internal:8081/x",
    "http://xapi.internal:8080/",
  ],
  ...["http://api.internal.evil.example:8080/", "http://user@api.internal:8080/x", "http://user:pw@app.example.com/x"],
  ...["http://api.internal:8080@evil.example/", "https://app.example.com.evil.example/"],
  ...["javascript:alert(1)", "data:text/html,x", "mailto:a@api.internal:8080", "ftp://api.internal:8080/x", "urn:x:y"],
  ...["", "?q=1", "#part", "2", "./2", "2?next=http://api.internal:8080/", "https://app.example.com", "https://app.example.com/"],
  ...["https://app.example.com/?welcome=1", "//app.example.com"],
  ...[
    "http://",
    "http:///x",
    "http://[::1/x",
    "http://api.internal:99999/",
    "http://api.internal:8080\\x",
    "//api.internal:8080\\@evil.example/",
  ],
];

t.test("what names somebody else, and what is relative, stays as it is", async (t) => {
  for (const parts of [PLAIN, STRIPPED, BASED, UNSTRIPPED])
    holds(
      t,
      "location",
      parts,
      KEPT.map((value) => [value, value]),
    );
});

t.test("the API's own authority becomes the public origin, under either scheme and with every spelling of its host", async (t) => {
  holds(t, "location", PLAIN, [
    ["http://api.internal:8080/api/x/", "https://app.example.com/api/x/"],
    ["https://api.internal:8080/api/x/", "https://app.example.com/api/x/"],
    ["HTTP://API.Internal:8080/api/X?a=b#c", "https://app.example.com/api/X?a=b#c"],
    ["//api.internal:8080/api/x", "https://app.example.com/api/x"],
    ["http://api.internal:8080", "https://app.example.com"],
    ["http://api.internal:8080?a", "https://app.example.com?a"],
    ["http://api.internal:8080/login", "https://app.example.com/login"],
    ["http://api.internal:8080//evil.example/", "https://app.example.com//evil.example/"],
    ["http://api.internal:8080/a/../b%20c|d", "https://app.example.com/a/../b%20c|d"],
  ]);
  holds(t, "location", { target: "http://api.internal" }, [
    ["http://api.internal/x", "https://app.example.com/x"],
    ["http://api.internal:80/x", "https://app.example.com/x"],
    ["https://api.internal/x", "https://app.example.com/x"],
    ["https://api.internal:443/x", "https://app.example.com/x"],
    ["https://api.internal:80/x", "https://app.example.com/x"],
    ["http://api.internal:443/x", "http://api.internal:443/x"],
  ]);
  for (const target of ["http://api.internal.:8080", "http://api.internal:8080"])
    holds(t, "location", { target }, [
      ["http://api.internal.:8080/x", "https://app.example.com/x"],
      ["http://api.internal:8080/x", "https://app.example.com/x"],
      ["http://api.internal..:8080/x", "http://api.internal..:8080/x"],
    ]);
  holds(t, "location", { target: "https://[2001:db8::1]:8443" }, [
    ["https://[2001:db8::1]:8443/x", "https://app.example.com/x"],
    ["http://[2001:DB8:0:0:0:0:0:1]:8443/x", "https://app.example.com/x"],
    ["https://[2001:db8::1]/x", "https://[2001:db8::1]/x"],
  ]);
});

t.test("the Host that the API was sent means itself too, and the port that it listens on behind that name", async (t) => {
  const rows: readonly Row[] = [
    ["http://app.example.com/api/x/", "https://app.example.com/api/x/"],
    ["http://app.example.com:8080/api/x/", "https://app.example.com/api/x/"],
    ["https://app.example.com:443/api/x/", "https://app.example.com/api/x/"],
    ["https://app.example.com/api/x/", "https://app.example.com/api/x/"],
  ];
  holds(t, "location", PLAIN, rows);
  holds(
    t,
    "location",
    { ...PLAIN, host: "target" },
    rows.map(([value]) => [value, value]),
  );
});

t.test("a server at its scheme's own port that redirects without PUBLIC_URL's port, as nginx does, leads back to it", async (t) => {
  const side = { publicUrl: "http://localhost:3000", authPrefix: "/auth" };
  const leads = (target: string, value: string) =>
    outward(createTranslation(proxyRoute({ target: new URL(target), host: "auto" }), side), "location", value, ASKED);
  t.equal(leads("http://nginx", "http://localhost/api/dir/"), "http://localhost:3000/api/dir/");
  t.equal(leads("http://nginx", "https://localhost/api/dir/"), "http://localhost:3000/api/dir/");
  t.equal(leads("http://nginx", "http://localhost:3000/api/dir/"), "http://localhost:3000/api/dir/");
  t.equal(leads("http://nginx:8080", "http://localhost/api/dir/"), "http://localhost/api/dir/", "that is another server");
  t.equal(leads("https://api.example", "http://localhost/api/dir/"), "http://localhost/api/dir/", "it does not know our name");
});

t.test("a path alone stays where public and upstream paths are the same", async (t) => {
  holds(
    t,
    "location",
    PLAIN,
    ["/", "/login", "/api/x", "/auth/login?return_to=%2Fx", "/../x", "../../x"].map((path) => [path, path]),
  );
});

t.test("behind a stripped prefix the API's paths get it back, and those that have it already keep it", async (t) => {
  holds(t, "location", STRIPPED, [
    ["/", "/api/"],
    ["/m?x=/y#z", "/api/m?x=/y#z"],
    ["/apix", "/api/apix"],
    ["/api", "/api"],
    ["/api/m", "/api/m"],
    ["http://api.internal:8080", "https://app.example.com/api"],
    ["http://api.internal:8080/m/", "https://app.example.com/api/m/"],
    ["http://api.internal:8080/api/m/", "https://app.example.com/api/m/"],
    ["http://app.example.com/m/", "https://app.example.com/api/m/"],
    ["https://app.example.com/m/", "https://app.example.com/api/m/"],
    ["http://app.example.com/", "https://app.example.com/api/"],
    ["https://app.example.com/orders/5", "https://app.example.com/orders/5"],
    ["https://app.example.com/orders/6", "https://app.example.com/api/orders/6"],
    ["/auth/login?return_to=%2Fx", "/auth/login?return_to=%2Fx"],
    ["https://app.example.com/auth/login", "https://app.example.com/auth/login"],
    ["http://api.internal:8080/auth/login", "https://app.example.com/api/auth/login"],
    ["/auth/realms/x", "/api/auth/realms/x"],
  ]);
});

t.test("a base path becomes the prefix, and what lies outside it keeps its path", async (t) => {
  holds(t, "location", BASED, [
    ["/v1", "/api"],
    ["/v1/", "/api/"],
    ["/v1/m", "/api/m"],
    ["/v10/m", "/v10/m"],
    ["/other", "/other"],
    ["/api/m", "/api/m"],
    ["http://api.internal:8080/v1/m", "https://app.example.com/api/m"],
    ["http://api.internal:8080/other", "https://app.example.com/other"],
  ]);
  holds(t, "location", UNSTRIPPED, [
    ["/v1/api/m", "/api/m"],
    ["/v1/other", "/other"],
    ["/v1", "/"],
    ["/api/m", "/api/m"],
    ["http://api.internal:8080/v1/api/m", "https://app.example.com/api/m"],
  ]);
  // The more precise of two readings.
  holds(t, "location", { ...STRIPPED, target: "http://api.internal:8080/api/v2" }, [
    ["/api/v2/x", "/api/x"],
    ["/api/x", "/api/x"],
  ]);
  holds(t, "location", { ...STRIPPED, prefix: "/app/api", target: "http://api.internal:8080/app" }, [
    ["/app/x", "/app/api/x"],
    ["/app/api/x", "/app/api/x"],
  ]);
});

t.test("no path turns into another authority when its base is taken away", async (t) => {
  const root: Parts = { ...BASED, prefix: "/" };
  for (const parts of [root, UNSTRIPPED]) {
    holds(t, "location", parts, [
      ["/v1//evil.example/", "https://app.example.com//evil.example/"],
      ["/v1/\t/evil.example/", "https://app.example.com/\t/evil.example/"],
      ["/v1/\\evil.example/", "https://app.example.com//evil.example/"],
    ]);
  }
});

t.test("relative references and dots lead where the API meant, which is not out of the prefix", async (t) => {
  const translation = translationOf({ ...STRIPPED, target: new URL(STRIPPED.target) });
  const rows: readonly (readonly [publicTarget: string, upstreamTarget: string, value: string, seen: string])[] = [
    ["/api/list/1", "/list/1", "2", "2"],
    ["/api/list/1", "/list/1", "../2", "../2"],
    ["/api/list/1", "/list/1", "../../2?a=b#c", "/api/2?a=b#c"],
    ["/api", "/", "login?a#b", "/api/login?a#b"],
    ["/api", "/", "./", "/api/"],
    ["/api/", "/", "login", "login"],
    ["/api/x", "/x", "/../y", "/api/y"],
    ["/api/x", "/x", "/%2E%2e/y?z=..", "/api/y?z=.."],
    ["/api/x", "/x", "http://api.internal:8080/../y", "https://app.example.com/api/y"],
    ["/api/x", "/x", "/a...b/.c", "/api/a...b/.c"],
  ];
  for (const [publicTarget, upstreamTarget, value, seen] of rows)
    t.equal(outward(translation, "location", value, { ...ASKED, publicTarget, upstreamTarget }), seen, `${publicTarget}: ${value}`);
});

t.test("bytes beyond ASCII in an address stay as they are", async (t) => {
  holds(t, "location", STRIPPED, [
    ["/caf\xc3\xa9/../\xff", "/api/caf\xc3\xa9/../\xff"],
    ["http://api.internal:8080/\xc3\xa9 x", "https://app.example.com/api/\xc3\xa9 x"],
  ]);
});

t.test("Content-Location is read like Location, and Refresh behind its seconds", async (t) => {
  holds(t, "content-location", STRIPPED, [["http://api.internal:8080/m", "https://app.example.com/api/m"]]);
  holds(t, "refresh", STRIPPED, [
    ["5; url=/m", "5; url=/api/m"],
    ["0;URL='http://api.internal:8080/m' ", "0;URL='https://app.example.com/api/m' "],
    ['1.5 , url = "/m" x', '1.5 , url = "/api/m" x'],
    ["3 /m", "3 /api/m"],
    ["3;/m", "3;/api/m"],
    ["5", "5"],
    ["5;", "5;"],
    ["5; url=https://elsewhere.example/", "5; url=https://elsewhere.example/"],
    ["url=/m", "url=/m"],
  ]);
});

t.test("a cookie's Domain goes where it is the API's host alone", async (t) => {
  holds(t, "set-cookie", PLAIN, [
    ["a=1; Domain=api.internal; Path=/; HttpOnly", "a=1; Path=/; HttpOnly"],
    ["a=1;domain = .API.Internal ;Secure", "a=1;Secure"],
    ["a=1; Domain=internal", "a=1"],
    ["a=1; Domain=x.example; Domain=api.internal", "a=1"],
    ["a=1; Domain=api.internal; Domain=example.com", "a=1; Domain=api.internal; Domain=example.com"],
    ["a=1; Domain=example.com", "a=1; Domain=example.com"],
    ["a=1; Domain=app.example.com", "a=1; Domain=app.example.com"],
    ["a=Domain=api.internal", "a=Domain=api.internal"],
    ["a=1; Path=/m; Max-Age=5", "a=1; Path=/m; Max-Age=5"],
    ["__Host-a=1; Domain=api.internal; Path=/", "__Host-a=1; Domain=api.internal; Path=/"],
    ["a=1; Domain; Domain=; ;", "a=1; Domain; Domain=; ;"],
  ]);
  holds(t, "set-cookie", { target: "http://127.0.0.1:8080" }, [["a=1; Domain=127.0.0.1", "a=1"]]);
  holds(t, "set-cookie", { target: "http://api.internal.:8080" }, [
    ["a=1; Domain=api.internal", "a=1"],
    ["a=1; Domain=api.internal.", "a=1"],
    ["a=1; Domain=", "a=1; Domain="],
  ]);
  const sibling: Parts = { target: "http://api.example.com" };
  holds(t, "set-cookie", sibling, [
    ["a=1; Domain=example.com", "a=1; Domain=example.com"],
    ["a=1; Domain=api.example.com", "a=1"],
  ]);
});

t.test("a cookie's Path gets the prefix where the browser's paths differ from the API's", async (t) => {
  holds(t, "set-cookie", { ...STRIPPED, prefix: "/longpoll" }, [
    ["a=1; Path=/m", "a=1; Path=/longpoll/m"],
    ["a=1; path = /m/ ; Secure", "a=1; path =/longpoll/m/; Secure"],
    ["a=1; Path=/longpoll/m", "a=1; Path=/longpoll/m"],
    ["XSRF-TOKEN=1; Path=/", "XSRF-TOKEN=1; Path=/"],
    ["a=1; Secure", "a=1; Secure"],
    ["a=1; Path=", "a=1; Path="],
    ["a=1; Path=m", "a=1; Path=m"],
    ["__Host-Http-a=1; Path=/; Secure", "__Host-Http-a=1; Path=/; Secure"],
    ["a=1; Path=/m; Domain=api.internal", "a=1; Path=/longpoll/m"],
  ]);
  holds(t, "set-cookie", BASED, [
    ["a=1; Path=/v1", "a=1; Path=/api"],
    ["a=1; Path=/v1/m", "a=1; Path=/api/m"],
    ["a=1; Path=/other", "a=1; Path=/other"],
  ]);
  holds(t, "set-cookie", UNSTRIPPED, [
    ["a=1; Path=/v1", "a=1; Path=/"],
    ["a=1; Path=/v1/api", "a=1; Path=/api"],
  ]);
});

t.test("with rewrite: false nothing is touched", async (t) => {
  for (const parts of [STRIPPED, BASED]) {
    const off = { ...parts, rewrite: false };
    holds(t, "location", off, [["http://api.internal:8080/v1/m", "http://api.internal:8080/v1/m"]]);
    holds(t, "location", off, [["/settings", "/settings"]]);
    holds(t, "refresh", off, [["5; url=/m", "5; url=/m"]]);
    holds(t, "set-cookie", off, [["a=1; Domain=api.internal; Path=/m", "a=1; Domain=api.internal; Path=/m"]]);
  }
});

t.test("whatever an API writes, nothing throws, and a path that was mapped is mapped once", async () => {
  const piece = fc.constantFrom(
    "http://",
    "//",
    "/",
    "api.internal:8080",
    "app.example.com",
    "..",
    "%2e",
    "\\",
    "@",
    "[",
    ";",
    "=",
    "Domain",
    "Path",
    "5",
    "é",
    "\t",
    "?",
    "#",
    "v1",
    "api",
  );
  const value = fc.oneof(
    fc.string(),
    fc.array(piece).map((pieces) => pieces.join("")),
  );
  const key = fc.constantFrom("location", "refresh", "set-cookie");
  const translations = [PLAIN, STRIPPED, BASED, UNSTRIPPED].map((parts) => translationOf({ ...parts, target: new URL(parts.target) }));
  fc.assert(
    fc.property(key, value, fc.constantFrom(...translations), (name, text, translation) => {
      return typeof outward(translation, name, text, ASKED) === "string";
    }),
  );
});

t.test("hostile text in an address costs time in proportion to its length", async (t) => {
  const translation = translationOf({ ...BASED, target: new URL(BASED.target) });
  const pieces = [
    " ",
    ";",
    "/",
    ".",
    "1",
    "1.",
    "\\",
    "@",
    "%2e",
    "../",
    "/..",
    "=",
    "[",
    "\t",
    "url=",
    "; Domain=api.internal",
    "; Path=/v1/x",
  ];
  const starts = ["", "5", "5;", "5; url ", "/", "http://", "http://api.internal:8080/", "a=1; Path=", "a"];
  for (const key of ["location", "refresh", "set-cookie"]) {
    const read = (value: string) => outward(translation, key, value, { ...ASKED, upstreamTarget: "/v1/x" });
    for (const start of starts) {
      for (const piece of pieces) {
        const fault = growthFault(
          read,
          attackOf((length) => start + piece.repeat(length / piece.length)),
        );
        t.equal(fault, null, `${key}: ${start}${piece}…`);
      }
    }
  }
});
