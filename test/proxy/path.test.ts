import t from "tap";
import { parseTarget } from "../../src/proxy/routes/path.js";
import fc from "../support/property.js";

/** Raw target, and the path and query it stands for. */
const TARGETS: readonly (readonly [raw: string, path: string, query: string, why: string])[] = [
  ["/", "/", "", "the root"],
  ["/api/orders", "/api/orders", "", "an ordinary path"],
  ["/api/orders?x=1&y=%20", "/api/orders", "?x=1&y=%20", "a query stays as it is"],
  ["/api?", "/api", "?", "an empty query stays a query"],
  ["/api?a?b", "/api", "?a?b", "only the first ? ends the path"],
  ["/%61pi", "/api", "", "escaped letters are decoded"],
  ["/a%2Db%5f%7E%30", "/a-b_~0", "", "so are hyphen, underscore, tilde and digits"],
  ["/v1%2e5/x", "/v1.5/x", "", "and a dot that makes no segment of dots"],
  ["/%2561", "/%2561", "", "what was encoded twice is decoded by nobody here"],
  ["/a%2Fb", "/a%2Fb", "", "%2F stays"],
  ["/a%2fb", "/a%2fb", "", "%2f keeps its case"],
  ["/a;v=1/b", "/a;v=1/b", "", "; stays"],
  ["/a%3Bb", "/a%3Bb", "", "an escaped ; stays"],
  ["//evil.example/x", "//evil.example/x", "", "// stays"],
  ["/a//b", "/a//b", "", "an empty segment stays"],
  ["/caf%C3%A9", "/caf%C3%A9", "", "UTF-8 stays escaped"],
  ["/a%20b%25", "/a%20b%25", "", "other escapes stay"],
  ["/...", "/...", "", "three dots are a name"],
  ["/.well-known/x", "/.well-known/x", "", "a leading dot is a name"],
  ["/a..b/..c/d..", "/a..b/..c/d..", "", "dots within a name"],
  ["/a|b[c]^d", "/a|b[c]^d", "", "what browsers leave unescaped"],
  ["/x?p=../..&q=%2e%2e", "/x", "?p=../..&q=%2e%2e", "dot rules do not apply to the query"],
  ["/x?p=a\\b|c", "/x", "?p=a\\b|c", "browsers leave a backslash in the query"],
  ["/x?p=%zz%", "/x", "?p=%zz%", "escapes in the query are the API's affair"],
  ["/x?p=caf\xe9", "/x", "?p=caf\xe9", "raw bytes of old clients in the query"],
];

/** Raw target, and what is wrong with it. */
const REFUSED: readonly (readonly [raw: string, fault: string])[] = [
  ["", "nothing"],
  ["*", "asterisk-form"],
  ["http://evil.example/", "absolute-form"],
  ["evil.example:443", "authority-form"],
  ["api", "a relative path"],
  ["?x", "a query alone"],
  ["\\\\evil.example", "a backslash in front"],
  ["/a\\b", "a raw backslash"],
  ["/a%5cb", "an escaped backslash"],
  ["/a%5Cb", "an escaped backslash in upper case"],
  ["/a%255cb", "a backslash escaped twice"],
  ["/a#b", "a fragment"],
  ["/a?b#c", "a fragment after a query"],
  ["/a\tb", "a tab"],
  ["/a\rb", "a carriage return"],
  ["/a\nb", "a line feed"],
  ["/a\0b", "a NUL"],
  ["/a b", "a space"],
  ["/a\x7fb", "DEL"],
  ["/a\x85b", "a raw C1 control"],
  ["/caf\xe9", "a raw byte beyond ASCII"],
  ["/a%00b", "an escaped NUL"],
  ["/a%0d%0ab", "an escaped line end"],
  ["/%09/evil.example", "an escaped tab"],
  ["/a%7fb", "an escaped DEL"],
  ["/a%C2%85b", "an escaped C1 control"],
  ["/a?b\tc", "a tab in the query"],
  ["/a?b\x7fc", "DEL in the query"],
  ["/a?b c", "a space in the query"],
  ["/a%", "a lone percent sign"],
  ["/a%4", "half an escape"],
  ["/a%zz", "an escape that is not hexadecimal"],
  ["/a%u002e", "an escape of Microsoft's kind"],
  ["/%%36%31", "an escape made of escapes"],
  ["/%ff", "an escape that is not UTF-8"],
  ["/%c0%ae%c0%ae/x", "an overlong dot"],
  ["/%ed%a0%80", "an escaped surrogate"],
  ["/.", "."],
  ["/..", ".."],
  ["/a/../b", ".. within"],
  ["/a/./b", ". within"],
  ["/a/..", ".. at the end"],
  ["/a/%2e%2e/b", ".. escaped"],
  ["/a/%2E%2e/b", ".. escaped in mixed case"],
  ["/a/.%2e/b", ".. half escaped"],
  ["/a/%2e", ". escaped"],
  ["/a%2f..%2fb", ".. between escaped slashes"],
  ["/a%2F%2e%2E", ".. and slash escaped"],
  ["/a/%252e%252e/b", ".. escaped twice"],
  ["/a%252f..", "slash escaped twice"],
  ["/a%252f%252e%252e%252fb", "everything escaped twice"],
  ["/a/%25%32%65./b", ".. escaped twice through digits"],
  ["/api/..;/admin", ".. hidden behind a parameter"],
  ["/api/..;x=1/admin", ".. hidden behind a named parameter"],
  ["/api/.;/admin", ". hidden behind a parameter"],
  ["/api/%2e%2e%3b/admin", ".. hidden behind an escaped parameter"],
];

t.test("a target is parsed once, to exactly what is forwarded", (t) => {
  for (const [raw, path, query, why] of TARGETS) t.same(parseTarget(raw), { kind: "target", path, query }, why);
  t.end();
});

t.test("a target that could be read in two ways is refused", (t) => {
  for (const [raw, fault] of REFUSED) t.equal(parseTarget(raw).kind, "refused", fault);
  t.end();
});

t.test("a refusal repeats nothing of the request", (t) => {
  for (const raw of ["/sEcReT/../x", "/%zzsEcReT", "sEcReT", "/x?sEcReT#"]) t.notMatch(JSON.stringify(parseTarget(raw)), /sEcReT/);
  t.end();
});

const piece = fc.oneof(
  fc.constantFrom(
    "/",
    "//",
    ".",
    "..",
    ";",
    "%2e",
    "%2E",
    "%2f",
    "%5c",
    "\\",
    "%25",
    "%252e",
    "%32%65",
    "%3b",
    "%61",
    "%41",
    "%",
    "?",
    "#",
    "api",
    "a",
  ),
  fc.string({ maxLength: 3 }),
  fc.integer({ min: 0, max: 255 }).map((byte) => `%${byte.toString(16).padStart(2, "0")}`),
);
const rawTarget = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join("")}`);

t.test("parsing the result again gives the same result", (t) => {
  fc.assert(
    fc.property(rawTarget, (raw) => {
      const first = parseTarget(raw);
      if (first.kind === "refused") return;
      t.same(parseTarget(first.path + first.query), first);
    }),
    { numRuns: 2000 },
  );
  t.end();
});

t.test("no decoder behind us finds a way up in a path that passed", (t) => {
  const decode = (path: string) => path.replace(/%[0-9a-f]{2}/gi, (triplet) => String.fromCharCode(Number.parseInt(triplet.slice(1), 16)));
  fc.assert(
    fc.property(rawTarget, (raw) => {
      const target = parseTarget(raw);
      if (target.kind === "refused") return;
      const readings = [target.path, decode(target.path), decode(decode(target.path))];
      for (const reading of readings) {
        const segments = reading.split(/[/\\]/).map((segment) => segment.split(";")[0]);
        if (segments.includes("..") || segments.includes(".")) t.fail(`${raw} → ${reading}`);
      }
      // WHATWG's URL, which many an API parses with, keeps it within its origin.
      t.equal(new URL(`http://api.test/x${target.path}`).origin, "http://api.test");
    }),
    { numRuns: 2000 },
  );
  t.end();
});
