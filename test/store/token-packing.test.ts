import { deflateRawSync } from "node:zlib";
import t from "tap";
import { ByteWriter } from "../../src/store/byte-string.js";
import { DICTIONARY, packClaims, packToken, unpackClaims, unpackToken } from "../../src/store/token-packing.js";
import fc from "../support/property.js";
import { bytesFrom, idClaims, jwtOf, refreshTokenOf } from "../support/session-fixtures.js";

const base64url = (text: string) => Buffer.from(text).toString("base64url");
const roundTrip = (token: string) => unpackToken(packToken(token), DICTIONARY);

/** A part of a token: base64url as it should be, spelled oddly, or something else. */
const part = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("base64url")),
  fc.base64String({ maxLength: 40 }),
  fc.string({ maxLength: 20 }),
  fc.json({ maxDepth: 2 }).map(base64url),
  fc.constantFrom("", "A", "AB", "AAB", "AA==", "e30", "e31", "e30=", "€", "\u{1f600}", " ", "~"),
);

t.test("any text comes back exactly: dots, odd base64, JWT-like, empty", (t) => {
  const tokens = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.array(part, { maxLength: 7 }).map((parts) => parts.join(".")),
  );
  fc.assert(
    fc.property(tokens, (token) => roundTrip(token).token === token),
    { numRuns: 500 },
  );
  t.end();
});

t.test("a JWT whose JSON is spelled unusually comes back exactly", (t) => {
  const bodies = [
    '{ "sub" : "x" }',
    '{"sub":"x"}\n',
    ' {"sub":"x"}',
    '{"sub":"\\u0078","sub":"y"}',
    '{"exp":1.0e3,"n":1E400}',
    "{}",
    "{",
    "}",
    "{]}",
    "[]",
    "",
    '{"name":"größe €"}',
    "\ufeff{}",
    '{"a":"\u0000"}',
  ];
  for (const head of bodies) {
    for (const body of bodies) {
      const token = `${base64url(head)}.${base64url(body)}.${bytesFrom("signature", 256).toString("base64url")}`;
      t.equal(roundTrip(token).token, token, JSON.stringify([head, body]));
    }
  }
  t.end();
});

t.test("the claims of a packed JWT come along as they were written", (t) => {
  const claims = idClaims("user-1", {}, { email: "demo@example.com", "cognito:groups": ["admin", "größe"] });
  t.same(JSON.parse(String(roundTrip(jwtOf(claims)).claimsJson)), claims);
  t.equal(roundTrip("opaque").claimsJson, null);
  t.equal(roundTrip(refreshTokenOf("x")).claimsJson, null);
  t.end();
});

t.test("a JWT longer than what will ever be inflated is packed without deflating, and comes back", (t) => {
  const token = jwtOf({ sub: "x", padding: "a".repeat(70_000) });
  t.equal(roundTrip(token).token, token);
  t.end();
});

t.test("packing makes an ordinary ID token less than two thirds as long, a refresh token three quarters", (t) => {
  const id = jwtOf(idClaims("5f1c2e2a-0b1c-4c55-9f1a-3d2b1c0a9e8f", {}, { email: "demo@example.com", email_verified: true }));
  const refresh = refreshTokenOf("size");
  t.ok(packToken(id).length < id.length * 0.66, `${packToken(id).length} of ${id.length}`);
  t.ok(packToken(refresh).length < refresh.length * 0.76, `${packToken(refresh).length} of ${refresh.length}`);
  t.end();
});

t.test("a bomb is not inflated", (t) => {
  const bomb = deflateRawSync(Buffer.alloc(50 * 1024 * 1024, 0x7b), { level: 9 });
  t.ok(bomb.length < 60_000, `${bomb.length} bytes stand for 50 MB`);
  t.throws(() => unpackClaims(bomb, DICTIONARY));
  const packed = new ByteWriter().uint8(2).length(2).bytes(bomb).raw(Buffer.alloc(4)).finish();
  t.throws(() => unpackToken(packed, DICTIONARY));
  t.throws(() => unpackClaims(packClaims(Buffer.alloc(64 * 1024 + 1)), DICTIONARY), "one byte over");
  t.equal(unpackClaims(packClaims(Buffer.alloc(64 * 1024)), DICTIONARY).length, 64 * 1024, "exactly as long as allowed");
  t.end();
});

t.test("a dictionary this release does not know is an error, not another text", (t) => {
  const packed = packToken(jwtOf({ sub: "x" }));
  for (const dictionary of [0, 2, 255]) t.throws(() => unpackToken(packed, dictionary), RangeError);
  t.end();
});

t.test("damaged bytes throw or give another text, and nothing worse", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      try {
        return typeof unpackToken(Buffer.from(bytes), DICTIONARY).token === "string";
      } catch (error) {
        return error instanceof Error;
      }
    }),
  );
  t.throws(() => unpackToken(Buffer.from([9]), DICTIONARY), RangeError, "an unknown kind");
  t.throws(() => unpackToken(Buffer.from([1, 1, 0, 0, 7]), DICTIONARY), RangeError, "something left over");
  t.throws(() => unpackToken(Buffer.from([1, 0xff, 0xff, 0xff, 0xff]), DICTIONARY), RangeError, "a length without end");
  t.end();
});
