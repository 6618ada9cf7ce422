import t from "tap";
import { sampleCookieBytes } from "../../src/doctor/sample-cookie.js";
import { idClaims, jwtOf } from "../support/session-fixtures.js";

const URL = "https://app.example.com";
const tokenWith = (groups: number) =>
  jwtOf(
    idClaims(
      "4b1c2d3e-0000-4000-8000-000000000001",
      {},
      { "cognito:groups": Array.from({ length: groups }, (_, i) => `team-${i * 7919}-of-a-long-name`) },
    ),
  );

t.test("the cookie of a sample token is as long as the proxy's own would be, and longer with more groups", async (t) => {
  const few = sampleCookieBytes(tokenWith(2), URL);
  const many = sampleCookieBytes(`${tokenWith(400)}\n`, URL);
  t.ok(few !== null && few > 2_000 && few < 3_500, String(few));
  t.ok(many !== null && few !== null && many > few + 1_000, String(many));
  t.equal(sampleCookieBytes(tokenWith(20_000), URL), Number.POSITIVE_INFINITY, "no number of cookies holds it");
});

t.test("what is no ID token is told apart", async (t) => {
  for (const text of ["", "a.b.c", "not a token", jwtOf({ sub: "x" })]) t.equal(sampleCookieBytes(text, URL), null, text);
});
