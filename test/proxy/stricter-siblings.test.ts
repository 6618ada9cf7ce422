import t from "tap";
import type { ProxyRoute } from "../../src/config/kinds/proxy-route.js";
import { parseTarget } from "../../src/proxy/routes/path.js";
import { createRouteTable } from "../../src/proxy/routes/route-table.js";
import { createStricterSiblings } from "../../src/proxy/routes/stricter-siblings.js";
import fc from "../support/property.js";
import { PUBLIC_SIDE, proxyRoute } from "./route-fixtures.js";

const OPEN = { session: "none", token: "none" } as const;
const at = (text: string) => new URL(`http://app.test${text}`);

function judge(routes: readonly ProxyRoute[]): (rawPath: string) => string {
  const [table, siblings] = [createRouteTable(routes, PUBLIC_SIDE), createStricterSiblings(routes)];
  return (rawPath) => {
    const target = parseTarget(rawPath);
    if (target.kind === "refused") return "refused";
    const match = table.match(target.path);
    if (match === null) return "no route";
    return siblings.guard(match.route, match.upstreamPath) ? "guarded" : match.route.prefix;
  };
}

const NESTED = [proxyRoute({ prefix: "/app", target: at("/"), ...OPEN }), proxyRoute({ prefix: "/app/private", target: at("/") })];

t.test("no other spelling of a guarded path goes out by the open route around it", (t) => {
  const judged = judge(NESTED);
  const spellings = [
    ...["/app//private/x", "/app/%2fprivate", "/app/%2Fprivate/x", "/app/Private", "/app/PRIVATE/x", "/app/%50rivate", "/app/private;v=1"],
    ...["/app/private;/x", "/app/;a/private", "/app/private%3bx", "/app/private%253bx", "/app/%252fprivate", "/app/private%2fx"],
    ...[
      "/app/private%252fx",
      "/app/private./x",
      "/app/private...",
      "/app/private%20",
      "/app/private%20./x",
      "/app/private%2520",
      "/app/private.",
    ],
    ...["/app/priv%2561te", "/app///private", "/app/;/private", "/app/%3b/private", "/app/;%2fx/private", "/app/.../private"],
    ...["/app//Private;v=1./x", "/app/;x%252f/private", "/app/private%3Fx", "/app/private%253fx/y", "/app/private%23"],
  ];
  for (const spelling of spellings) t.equal(judged(spelling), "guarded", spelling);
  t.equal(judged("/app%2fprivate"), "no route");
  t.end();
});

t.test("every other path goes as before, odd characters and all", (t) => {
  const judged = judge(NESTED);
  const open = [
    "/app",
    "/app/",
    "/app//x",
    "/app/a%2fb",
    "/app/a;v=1",
    "/app/A",
    "/app/x.",
    "/app/%20",
    "/app/privately",
    "/app/x/private",
  ];
  for (const path of [...open, "/app/private-notes", "/app/a%252fprivate", "/app/my%20private", "/app/x;private"])
    t.equal(judged(path), "/app", path);
  for (const path of ["/app/private", "/app/private/", "/app/private/a%2fb;v=1", "/app/private//x"])
    t.equal(judged(path), "/app/private", path);
  t.end();
});

t.test("a looser route within a stricter one stays open, and what it shields within itself stays shielded", (t) => {
  const judged = judge([
    proxyRoute({ prefix: "/", target: at("/") }),
    proxyRoute({ prefix: "/pub", target: at("/"), ...OPEN }),
    proxyRoute({ prefix: "/pub/admin", target: at("/") }),
    proxyRoute({ prefix: "/pub/admin/help", target: at("/"), ...OPEN }),
  ]);
  for (const path of ["/pub/x", "/pub//x", "/pub/A;b", "/pub/Admin/Help/x", "/pub//admin/help"]) t.equal(judged(path), "/pub", path);
  for (const path of ["/pub/Admin", "/pub//admin/x", "/pub/admin;/x", "/pub/Admin/help;x", "/pub/ADMIN/help./x", "/pub/Admin//help"])
    t.equal(judged(path), "guarded", path);
  t.equal(judged("/pub/admin/help/x"), "/pub/admin/help");
  t.equal(judged("/Pub/x"), "/", "and a stricter route may be read as a looser one");
  t.end();
});

t.test("compared is the path at the origin: prefixes taken off, base paths put before it, other origins left alone", (t) => {
  const judged = judge([
    proxyRoute({ prefix: "/web", target: at("/site"), stripPrefix: true, ...OPEN }),
    proxyRoute({ prefix: "/accounts", target: at("/site/my"), stripPrefix: true }),
    proxyRoute({ prefix: "/web/my", target: at("/site/my"), stripPrefix: true }),
    proxyRoute({ prefix: "/web/far", target: new URL("http://other.test/") }),
  ]);
  t.equal(judged("/web//my/x"), "guarded");
  t.equal(judged("/web/My"), "guarded");
  t.equal(judged("/web/Far"), "/web", "that is another server's");
  t.end();
});

t.test("stricter is a session rather than none or perhaps one, and a token rather than none", (t) => {
  const pairs = [
    [
      { session: "none", token: "none" },
      { session: "optional", token: "none" },
    ],
    [
      { session: "optional", token: "id" },
      { session: "required", token: "id" },
    ],
    [
      { session: "required", token: "none" },
      { session: "required", token: "access" },
    ],
    [
      { session: "required", token: "none" },
      { session: "optional", token: "id" },
    ],
  ] as const;
  for (const [loose, strict] of pairs) {
    const judged = judge([
      proxyRoute({ prefix: "/a", target: at("/"), ...loose }),
      proxyRoute({ prefix: "/a/b", target: at("/"), ...strict }),
    ]);
    t.equal(judged("/a/B"), "guarded", JSON.stringify([loose, strict]));
  }
  const same = judge([
    proxyRoute({ prefix: "/a", target: at("/"), token: "id" }),
    proxyRoute({ prefix: "/a/b", target: at("/"), token: "access" }),
  ]);
  t.equal(same("/a/B"), "/a");
  t.end();
});

const FOLDS: readonly ((path: string) => string)[] = [
  (path) => path.replace(/;[^/]*/g, ""),
  (path) => path.replace(/\/{2,}/g, "/"),
  (path) =>
    path
      .split("/")
      .map((segment) => segment.replace(/[. ]{1,40}$/, ""))
      .join("/"),
  (path) => path.toLowerCase(),
];
const decodeOnce = (path: string) =>
  path.replace(/%[0-7][0-9a-f]/gi, (triplet) => String.fromCharCode(Number.parseInt(triplet.slice(1), 16)));

t.test("whatever a folding server reads as guarded never leaves by the open route, in whichever order it folds", (t) => {
  const judged = judge(NESTED);
  const piece = fc.constantFrom(
    "/",
    "//",
    "private",
    "PRIVATE",
    "pri",
    "vate",
    "%70rivate",
    "%2570rivate",
    "%2f",
    "%252F",
    ";",
    "%3B",
    "%253b",
    ".",
    "%20",
    "%2520",
    "x",
    "a=1",
    "%25",
    "%41",
  );
  const path = fc.array(piece, { maxLength: 9 }).map((pieces) => `/app/${pieces.join("")}`);
  const order = fc.shuffledSubarray([0, 1, 2, 3]);
  const server = fc.tuple(order, order, order, fc.integer({ min: 0, max: 2 }));
  let through = 0;
  fc.assert(
    fc.property(path, server, (raw, [before, between, after, decodings]) => {
      if (judged(raw) !== "/app") return true;
      through += 1;
      const target = parseTarget(raw);
      let seen = target.kind === "target" ? target.path : "";
      const foldBy = (folds: readonly number[]) => {
        for (const index of folds) seen = FOLDS[index]?.(seen) ?? seen;
      };
      foldBy(before);
      if (decodings > 0) seen = decodeOnce(seen);
      foldBy(between);
      if (decodings > 1) seen = decodeOnce(seen);
      foldBy(after);
      return !/^\/app\/private(?:\/|$)/.test(seen);
    }),
    { numRuns: 5_000 },
  );
  t.ok(through > 300, `${through} went through`);
  t.end();
});
