import t from "tap";
import { privateCacheControl } from "../../src/proxy/headers/cache-control.js";
import {
  downstreamResponseHeaders,
  type RequestHeaderFacts,
  type ResponseHeaderFacts,
  upstreamRequestHeaders,
} from "../../src/proxy/headers/headers.js";
import { isOurCookie, translationOf } from "./route-fixtures.js";

const REQUEST: RequestHeaderFacts = {
  method: "POST",
  token: "id",
  bearer: "the-token",
  translation: translationOf(),
  forwarded: { for: "192.0.2.7", proto: "https", host: "app.example.com" },
  isOurCookie,
  isStripped: () => false,
  propagated: null,
};
/** What every call gets, at the end. */
const OURS = [
  "host",
  "api.test",
  "x-forwarded-for",
  "192.0.2.7",
  "x-forwarded-proto",
  "https",
  "x-forwarded-host",
  "app.example.com",
  "authorization",
  "Bearer the-token",
];

/** Raw request headers, and what is left of them before ours. */
const REQUEST_ROWS: readonly (readonly [promise: string, raw: readonly string[], left: readonly string[]])[] = [
  [
    "ordinary headers keep order, case and duplicates",
    ["Accept", "a", "X-B", "1", "accept", "b", "x-b", "2"],
    ["Accept", "a", "X-B", "1", "accept", "b", "x-b", "2"],
  ],
  ["trace and request ids pass", ["traceparent", "00-1", "X-Request-Id", "r"], ["traceparent", "00-1", "X-Request-Id", "r"]],
  [
    "content negotiation and ranges pass",
    ["Accept-Encoding", "br", "Range", "bytes=0-1", "If-None-Match", '"x"'],
    ["Accept-Encoding", "br", "Range", "bytes=0-1", "If-None-Match", '"x"'],
  ],
  ["Connection goes", ["Connection", "keep-alive"], []],
  ["what Connection lists goes", ["Connection", "X-Hop, x-other", "x-hop", "1", "X-Other", "2", "x-third", "3"], ["x-third", "3"]],
  ["what a second Connection lists goes", ["Connection", "close", "connection", "x-hop", "X-Hop", "1"], []],
  ["Keep-Alive goes", ["Keep-Alive", "timeout=5"], []],
  ["Proxy-Connection goes", ["Proxy-Connection", "keep-alive"], []],
  ["Proxy-Authenticate goes", ["Proxy-Authenticate", "Basic"], []],
  ["Proxy-Authorization goes", ["Proxy-Authorization", "Basic x"], []],
  ["TE goes", ["TE", "trailers"], []],
  ["Trailer goes", ["Trailer", "x"], []],
  ["Transfer-Encoding goes", ["Transfer-Encoding", "chunked"], []],
  ["Content-Length goes: the forwarder frames", ["Content-Length", "5"], []],
  ["Upgrade goes", ["Upgrade", "h2c", "HTTP2-Settings", "AAMA"], []],
  ["Expect goes", ["Expect", "100-continue"], []],
  ["the caller's Host goes", ["Host", "evil.example"], []],
  ["the caller's Authorization goes, every one", ["Authorization", "Bearer evil", "authorization", "Basic evil"], []],
  [
    "X-Forwarded-* goes",
    ["X-Forwarded-For", "1.1.1.1", "x-forwarded-host", "evil", "X-Forwarded-Proto", "http", "X-Forwarded-User", "root", "X-Forwarded", "x"],
    [],
  ],
  ["Forwarded and X-Real-IP go", ["Forwarded", "for=1.1.1.1", "X-Real-IP", "1.1.1.1"], []],
  ["names that override the path go", ["X-Original-URL", "/admin", "X-Rewrite-URL", "/admin"], []],
  ["underscores go", ["X_Forwarded_User", "root", "content_length", "0", "x-a_b", "1"], []],
  ["other names a CGI server mangles go", ["X.Forwarded.User", "root", "x!a", "1"], []],
  ["our static header goes", ["X-BFF-CSRF", "1"], []],
  ["our cookies go, the others stay", ["Cookie", "a=1; __Host-Http-bff-session=s; b=2"], ["Cookie", "a=1; b=2"]],
  ["a Cookie header of ours alone goes", ["Cookie", "__Host-Http-bff-session=s"], []],
  [
    "every Cookie header is looked at",
    ["Cookie", "a=1", "cookie", "__Host-Http-bff-session=s", "COOKIE", "__Host-Http-bff-ended=e;b=2"],
    ["Cookie", "a=1", "COOKIE", "b=2"],
  ],
  [
    "Connection takes away nothing of ours",
    [
      "Connection",
      "authorization, cookie, host, x-forwarded-for, x-forwarded-proto, x-forwarded-host",
      "Cookie",
      "a=1; __Host-Http-bff-session=s",
    ],
    [],
  ],
];

t.test("the API gets the caller's headers without what is not for it", (t) => {
  for (const [promise, raw, left] of REQUEST_ROWS) t.same(upstreamRequestHeaders(raw, REQUEST), [...left, ...OURS], promise);
  t.end();
});

t.test("what PROXY_STRIP_HEADERS names goes, and with a read whatever would make a write of it", (t) => {
  const isStripped = (name: string) => name === "x-user";
  const overrides = ["X-HTTP-Method-Override", "DELETE", "x-http-method", "PUT", "X-Method-Override", "PATCH"];
  const raw = ["X-User", "root", "X-Users", "1", ...overrides];
  for (const method of ["GET", "HEAD"])
    t.same(upstreamRequestHeaders(raw, { ...REQUEST, isStripped, method }), ["X-Users", "1", ...OURS], method);
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"])
    t.same(upstreamRequestHeaders(raw, { ...REQUEST, isStripped, method }), ["X-Users", "1", ...overrides, ...OURS], method);
  t.end();
});

t.test("Authorization is ours alone on a route with a token, and the caller's on a route without", (t) => {
  const raw = ["Authorization", "Basic mine"];
  const withoutBearer = OURS.slice(0, -2);
  t.same(upstreamRequestHeaders(raw, { ...REQUEST, bearer: null }), withoutBearer, "nobody signed in: none at all");
  t.same(upstreamRequestHeaders(raw, { ...REQUEST, token: "none", bearer: null }), [...raw, ...withoutBearer]);
  t.end();
});

const RESPONSE: ResponseHeaderFacts = {
  status: 200,
  token: "id",
  session: "required",
  cache: "private",
  isOurCookie,
  transportSecurity: null,
  setCookies: [],
  translation: translationOf(),
  publicTarget: "/api/x",
  referer: undefined,
  upstreamTarget: "/api/x",
};
const PLAIN: ResponseHeaderFacts = { ...RESPONSE, token: "none", session: "optional" };
const SETTING: ResponseHeaderFacts = { ...RESPONSE, setCookies: ["__Host-Http-bff-session=new"] };
const SET = ["set-cookie", "__Host-Http-bff-session=new"];

const RESPONSE_ROWS: readonly (readonly [promise: string, facts: ResponseHeaderFacts, raw: readonly string[], left: readonly string[]])[] =
  [
    [
      "ordinary headers keep order, case and duplicates",
      PLAIN,
      ["X-A", "1", "Content-Encoding", "gzip", "x-a", "2"],
      ["X-A", "1", "Content-Encoding", "gzip", "x-a", "2"],
    ],
    ["a 204 has no length, whatever its API says of one", { ...PLAIN, status: 204 }, ["Content-Length", "5", "X-A", "1"], ["X-A", "1"]],
    ["a 304 keeps the length of what it stands for", { ...PLAIN, status: 304 }, ["Content-Length", "5"], ["Content-Length", "5"]],
    [
      "hop-by-hop headers go",
      PLAIN,
      [
        "Connection",
        "close, X-Hop",
        "Keep-Alive",
        "timeout=5",
        "x-hop",
        "1",
        "Trailer",
        "x",
        "Upgrade",
        "h2c",
        "Proxy-Authenticate",
        "Basic",
      ],
      [],
    ],
    ["Transfer-Encoding goes, and a Content-Length beside it", PLAIN, ["Content-Length", "5", "Transfer-Encoding", "chunked"], []],
    ["Content-Length alone stays", PLAIN, ["Content-Length", "5"], ["Content-Length", "5"]],
    ["the API's cookies pass", PLAIN, ["Set-Cookie", "sid=1", "set-cookie", "b=2"], ["Set-Cookie", "sid=1", "set-cookie", "b=2"]],
    [
      "cookies under our names do not",
      PLAIN,
      ["Set-Cookie", "__Host-Http-bff-session=evil", "Set-Cookie", "=__Host-Http-bff-ended=evil", "Set-Cookie", "sid=1"],
      ["Set-Cookie", "sid=1"],
    ],
    ["the API's other ports are not ours", PLAIN, ["Alt-Svc", 'h3=":8443"; ma=2592000'], []],
    ["our problem header is ours alone", PLAIN, ["BFF-Problem", "expired", "bff-problem", "x"], []],
    [
      "Access-Control-Allow-* goes, Vary stays",
      PLAIN,
      ["Access-Control-Allow-Origin", "*", "access-control-allow-credentials", "true", "Vary", "Origin"],
      ["Vary", "Origin"],
    ],
    ["Clear-Site-Data may not take the session's cookie", PLAIN, ["Clear-Site-Data", '"cookies"', "clear-site-data", '"*"'], []],
    ["Clear-Site-Data may empty the cache", PLAIN, ["Clear-Site-Data", '"cache"'], ["Clear-Site-Data", '"cache"']],
    ["the API's WWW-Authenticate passes", PLAIN, ["WWW-Authenticate", "Bearer"], ["WWW-Authenticate", "Bearer"]],
    [
      "a route without a token keeps its caching",
      PLAIN,
      ["Cache-Control", "public", "CDN-Cache-Control", "max-age=9"],
      ["Cache-Control", "public", "CDN-Cache-Control", "max-age=9"],
    ],
    ["behind a required session an answer without a token is private", { ...PLAIN, session: "required" }, [], ["cache-control", "private"]],
    [
      "Connection cannot take away no-store",
      RESPONSE,
      ["Connection", "cache-control", "Cache-Control", "no-store"],
      ["cache-control", "no-store"],
    ],
    ["so does one that says so", { ...RESPONSE, cache: "upstream" }, ["Cache-Control", "public"], ["Cache-Control", "public"]],
    ["an answer with a token is private", RESPONSE, [], ["cache-control", "private"]],
    ["private keeps its directives", RESPONSE, ["Cache-Control", "public, max-age=60"], ["cache-control", "private, max-age=60"]],
    [
      "headers for shared caches alone go",
      RESPONSE,
      ["CDN-Cache-Control", "max-age=9", "Cloudflare-CDN-Cache-Control", "x", "Surrogate-Control", "x", "X-Accel-Expires", "60"],
      ["cache-control", "private"],
    ],
    [
      "an answer with a cookie of ours is stored nowhere",
      SETTING,
      ["Cache-Control", "private, max-age=60"],
      ["cache-control", "no-store", ...SET],
    ],
    [
      "whatever the route says",
      { ...SETTING, token: "none", cache: "upstream" },
      ["Cache-Control", "public", "Surrogate-Control", "x"],
      ["cache-control", "no-store", ...SET],
    ],
    [
      "Connection takes away nothing of ours",
      SETTING,
      ["Connection", "set-cookie, cache-control", "Set-Cookie", "sid=1"],
      ["cache-control", "no-store", ...SET],
    ],
  ];

t.test("the browser gets the API's headers without what is not for it", (t) => {
  for (const [promise, facts, raw, left] of RESPONSE_ROWS) t.same(downstreamResponseHeaders(raw, facts), left, promise);
  t.end();
});

/** Cache-Control values as they came, and for one person. */
const CACHE_ROWS: readonly (readonly [values: readonly string[], left: string])[] = [
  [[], "private"],
  [[""], "private"],
  [["public"], "private"],
  [["public, max-age=60, s-maxage=600, proxy-revalidate"], "private, max-age=60"],
  [["Public,Max-Age=60,immutable"], "private, Max-Age=60, immutable"],
  [["max-age=60", "s-maxage = 5"], "private, max-age=60"],
  [["no-cache"], "private, no-cache"],
  [['no-cache="a, public", public'], 'private, no-cache="a, public"'],
  [['private="x-secret", max-age=60'], "private, max-age=60"],
  [["private"], "private"],
  [["PRIVATE, max-age=1"], "PRIVATE, max-age=1"],
  [["no-store"], "no-store"],
  [["public", "No-Store"], "public, No-Store"],
  [["max-age=1, not-private"], "private, max-age=1, not-private"],
];

t.test("Cache-Control keeps shared caches out and says the rest as before", (t) => {
  for (const [values, left] of CACHE_ROWS) t.equal(privateCacheControl(values), left, values.join(" | "));
  t.end();
});
