import t from "tap";
import { createTokenSet, expiryOf, parseClaims, readClaims } from "../../src/model/token-set.js";
import { jwtOf } from "../support/session-fixtures.js";

t.test("claims are read from a JWT's middle, and only where they are a JSON object", (t) => {
  t.same(readClaims(jwtOf({ sub: "größe", n: 1 })), { sub: "größe", n: 1 });
  const body = (text: string) => `x.${Buffer.from(text).toString("base64url")}.y`;
  for (const jwt of ["", "x", "x.", "x..y", "x.!!!.y", body("[]"), body("null"), body('"text"'), body("5"), body("{"), body("{}x")])
    t.equal(readClaims(jwt), null, jwt);
  t.same(parseClaims(Buffer.from("{}")), {});
  t.end();
});

t.test("exp counts seconds; without one a token died long ago", (t) => {
  t.equal(expiryOf({ exp: 5 }), 5_000);
  for (const exp of [undefined, "5", null]) t.equal(expiryOf({ exp }), 0);
  t.end();
});

t.test("a set dies with the first of the tokens it keeps, or with the ID token where it keeps none", (t) => {
  const claims = { exp: 20 };
  const access = { jwt: "access", claims: { exp: 10 } };
  t.equal(createTokenSet({ refresh: "r", claims, id: "id", access }).expiresAtMs, 10_000);
  t.equal(createTokenSet({ refresh: "r", claims, id: "id", access: null }).expiresAtMs, 20_000);
  t.equal(createTokenSet({ refresh: "r", claims, id: null, access }).expiresAtMs, 10_000);
  t.equal(createTokenSet({ refresh: "r", claims, id: null, access: null }).expiresAtMs, 20_000);
  const set = createTokenSet({ refresh: "r", claims, id: "id", access });
  t.same([set.refresh.reveal(), set.id?.jwt.reveal(), set.id?.expiresAtMs, set.access?.jwt.reveal()], ["r", "id", 20_000, "access"]);
  t.end();
});
