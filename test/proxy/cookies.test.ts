import t from "tap";
import { setsOurCookie, withoutOurCookies } from "../../src/proxy/headers/api-cookies.js";
import fc from "../support/property.js";
import { isOurCookie } from "./route-fixtures.js";

/** A Cookie header's value, and what the API gets of it. */
const COOKIES: readonly (readonly [value: string, left: string | null, why: string])[] = [
  ["a=1; b=2", "a=1; b=2", "others stay byte for byte"],
  ["__Host-Http-bff-session=x", null, "nothing left"],
  ["__Host-Http-bff-session=x; a=1", "a=1", "ours first"],
  ["a=1; __Host-Http-bff-session=x", "a=1", "ours last"],
  ["a=1; __Host-Http-bff-session=x; b=2", "a=1; b=2", "ours in the middle"],
  ["a=1;__Host-Http-bff-session=x;b=2", "a=1;b=2", "without spaces"],
  ["__Host-Http-bff-session=x; __Host-Http-bff-session.1=y; __Host-Http-bff-ended=z", null, "every chunk and the marker"],
  ["__Host-Http-bff-login-ab12=x; a=1", "a=1", "a sign-in under way"],
  ["a=1; __Host-Http-bff-session=x; __Host-Http-bff-session=y", "a=1", "twice"],
  ["a=1; __Host-Http-bff-session =x; b=2", "a=1; b=2", "white space before ="],
  ["a=1;\t __Host-Http-bff-session=x", "a=1", "white space in front"],
  ["a=1; __Host-Http-bff-session", "a=1", "without a value"],
  ["a=1; __host-http-bff-session=x", "a=1; __host-http-bff-session=x", "names are case-sensitive"],
  ["a=1; x__Host-Http-bff-session=x", "a=1; x__Host-Http-bff-session=x", "a longer name is another name"],
  ["a=__Host-Http-bff-session=x", "a=__Host-Http-bff-session=x", "our name as a value"],
  ["a=1;; =;b", "a=1;; =;b", "malformed pairs survive"],
  ["a=1;; __Host-Http-bff-session=x;;b", "a=1;;;b", "malformed pairs survive beside ours"],
  ['$Version=1; a="x; __Host-Http-bff-session=s; b="', '$Version=1; a="x; b="', "quotes hide nothing"],
  ["; __Host-Http-bff-session=x; ", null, "separators alone are nothing"],
];

t.test("our cookies are taken out of a Cookie header, the others stay byte for byte", (t) => {
  for (const [value, left, why] of COOKIES) t.equal(withoutOurCookies(value, isOurCookie), left, why);
  t.end();
});

const name = fc.constantFrom(
  "a",
  "sid",
  "__Host-other",
  " padded\t",
  "",
  "__Host-Http-bff-session",
  "__Host-Http-bff-session.1",
  "__Host-Http-bff-ended",
  "\t__Host-Http-bff-login-x ",
);
const value = fc.string({ maxLength: 6 }).map((text) => text.replaceAll(";", ","));
const pair = fc.tuple(name, fc.constantFrom("=", ""), value).map((parts) => parts.join(""));

t.test("whatever the pairs: none of ours is left, all others are, in order", (t) => {
  const nameOf = (text: string) => (text.split("=")[0] ?? "").trim();
  fc.assert(
    fc.property(fc.array(pair, { minLength: 1, maxLength: 6 }), fc.constantFrom(";", "; "), (pairs, separator) => {
      const header = pairs.join(separator);
      const left = withoutOurCookies(header, isOurCookie);
      const expected = pairs.filter((text) => !isOurCookie(nameOf(text))).map((text) => text.trim());
      t.same(
        (left ?? "")
          .split(";")
          .map((text) => text.trim())
          .filter((text) => text !== ""),
        expected.filter((text) => text !== ""),
      );
      if (left !== null) t.equal(withoutOurCookies(left, isOurCookie), left);
    }),
    { numRuns: 1000 },
  );
  t.end();
});

/** A Set-Cookie value, and whether it would set one of ours. */
const SET_COOKIES: readonly (readonly [value: string, ours: boolean])[] = [
  ["sid=1; Path=/", false],
  ["__Host-Http-bff-session=evil; Path=/; Secure", true],
  ["__Host-Http-bff-session.2=evil", true],
  ["__Host-Http-bff-ended=evil", true],
  [" __Host-Http-bff-session\t=evil", true],
  ["__Host-Http-bff-session", true],
  ["__Host-Http-bff-session; Max-Age=0", true],
  ["=__Host-Http-bff-session=evil", true],
  [" = __Host-Http-bff-session=evil", true],
  ["__host-http-bff-session=x", false],
  ["sid=__Host-Http-bff-session=x", false],
  ["sid=1; __Host-Http-bff-session=x", false],
];

t.test("an API's Set-Cookie under one of our names is recognised", (t) => {
  for (const [text, ours] of SET_COOKIES) t.equal(setsOurCookie(text, isOurCookie), ours, text);
  t.end();
});
