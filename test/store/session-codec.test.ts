import t from "tap";
import { createSessionId, type Session } from "../../src/model/session.js";
import { type Claims, createTokenSet, readClaims, type TokenSet } from "../../src/model/token-set.js";
import { createCookieWriter } from "../../src/store/cookies.js";
import { createSealer } from "../../src/store/sealing.js";
import { decodeSession, encodeSession } from "../../src/store/session-codec.js";
import { DICTIONARY } from "../../src/store/token-packing.js";
import fc from "../support/property.js";
import {
  accessClaims,
  idClaims,
  jwtOf,
  keyFrom,
  MINUTE_MS,
  refreshedSession,
  refreshTokenOf,
  revealed,
  START_MS,
  sessionOf,
} from "../support/session-fixtures.js";

const decoded = (session: Session) => decodeSession(encodeSession(session), DICTIONARY);

const momentMs = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const subject = fc.string({ unit: "binary", minLength: 1, maxLength: 20 });
const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as Claims[string]);

/** Claims as JSON gives them: no undefined, no -0. */
const claimsFor = (sub: string, use: "id" | "access") =>
  fc.record({ exp: fc.integer({ min: 1, max: 2 ** 32 }), custom: json, username: subject }).map(({ exp, custom, username }): Claims => {
    const made = use === "id" ? idClaims(sub, {}, { exp, custom, "cognito:username": username }) : accessClaims(sub, {}, { exp, custom });
    return JSON.parse(JSON.stringify(made)) as Claims;
  });

const tokenSetFor = (sub: string): fc.Arbitrary<TokenSet> =>
  fc
    .record({
      refresh: fc.oneof(
        fc.string({ maxLength: 40 }),
        fc.nat(99).map((seed) => refreshTokenOf(`${seed}`, 600)),
      ),
      id: claimsFor(sub, "id"),
      access: fc.option(claimsFor(sub, "access")),
      keepId: fc.boolean(),
    })
    .map(({ refresh, id, access, keepId }) =>
      createTokenSet({ refresh, claims: id, id: keepId ? jwtOf(id) : null, access: access && { jwt: jwtOf(access), claims: access } }),
    );

const session = subject.chain((sub) =>
  fc
    .record({
      tokens: tokenSetFor(sub),
      unverified: fc.option(tokenSetFor(sub)),
      deviceKey: fc.option(fc.string({ minLength: 1, maxLength: 60 })),
      startedAtMs: momentMs,
      lastSeenAtMs: momentMs,
      refreshedAtMs: momentMs,
      version: fc.integer({ min: 1, max: 2 ** 28 - 1 }),
      userPoolId: fc.string({ maxLength: 55 }),
      clientId: fc.string({ maxLength: 128 }),
    })
    .map(
      (fields): Session => ({
        ...fields,
        id: createSessionId(),
        subject: sub,
        username: String(fields.tokens.claims["cognito:username"]),
        userAgent: null,
      }),
    ),
);

t.test("every session comes back from its bytes as it was", (t) => {
  fc.assert(
    fc.property(session, (before) => t.same(revealed(decoded(before)), revealed(before))),
    { numRuns: 60 },
  );
  t.end();
});

t.test("an ID token whose JSON is spelled unusually can be read again", (t) => {
  const claims = idClaims("user-1");
  const [head = "", , signature = ""] = jwtOf(claims).split(".");
  for (const body of [
    `${JSON.stringify(claims, null, 2)}\n`,
    ` ${JSON.stringify(claims)}`,
    JSON.stringify({ ...claims, padding: "a".repeat(70_000) }),
  ]) {
    const jwt = `${head}.${Buffer.from(body).toString("base64url")}.${signature}`;
    const before = sessionOf();
    const tokens = createTokenSet({ refresh: "r", claims: readClaims(jwt) ?? {}, id: jwt, access: { jwt, claims } });
    const after = decoded({ ...before, tokens });
    t.equal(after.tokens.id?.jwt.reveal(), jwt);
    t.same(after.tokens.claims, readClaims(jwt));
    t.equal(after.tokens.access?.expiresAtMs, before.tokens.expiresAtMs);
  }
  t.end();
});

t.test("bytes cut short, lengthened or of something else are not a session", (t) => {
  const bytes = encodeSession(sessionOf({ keep: { id: true, access: true } }));
  for (let length = 0; length < bytes.length; length += 3)
    t.throws(() => decodeSession(bytes.subarray(0, length), DICTIONARY), `${length} bytes`);
  t.throws(() => decodeSession(Buffer.concat([bytes, Buffer.alloc(1)]), DICTIONARY), RangeError);
  const withoutSubject = sessionOf();
  const claims = { ...withoutSubject.tokens.claims, sub: undefined };
  const tokens = createTokenSet({ refresh: "r", claims, id: null, access: null });
  t.throws(() => decoded({ ...withoutSubject, tokens }), /no sub/);
  const opaque = createTokenSet({ refresh: "r", claims, id: "not-a-jwt", access: null });
  t.throws(() => decoded({ ...withoutSubject, tokens: opaque }), /JSON object/);
  t.end();
});

/** The measured session of the design: 12 groups and custom claims make an ID token of exactly 1,931 characters. */
function ordinarySession(): Session {
  const claims = (padding: string): Claims => ({
    at_hash: "mGh2Qy0n8Zp4kXr1sT6uVw",
    sub: "c3e4a8b2-7071-70d5-9f1a-3d2b1c0a9e8f",
    "cognito:groups": Array.from(
      { length: 12 },
      (_, index) => `eu-central-1_department-${index}-${["readers", "editors", "billing"][index % 3]}`,
    ),
    email_verified: true,
    iss: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf123",
    "cognito:username": "c3e4a8b2-7071-70d5-9f1a-3d2b1c0a9e8f",
    origin_jti: "0b7d8f5e-2c41-4a8e-9d36-51f7c2e9a004",
    "custom:tenant": "t-8f31c07d5e",
    "custom:plan": "business-annual",
    "custom:cost_center": "4711-0815",
    aud: "1example23456789client",
    event_id: "91d5f3a7-6b2e-4c90-8e17-f20a4b6c8d13",
    token_use: "id",
    auth_time: START_MS / 1000,
    exp: START_MS / 1000 + 3600,
    iat: START_MS / 1000,
    jti: "7a1e5c39-d084-4f6b-a2c8-0e93b15d7f46",
    email: "jordan.example@mail.example.com",
    name: padding,
  });
  const bare = jwtOf(claims("")).length;
  const random = Buffer.from(refreshTokenOf("name", 1_700)).toString("hex");
  const missing = Math.floor(((1_931 - bare) * 3) / 4);
  const padded = claims(random.slice(0, missing));
  const id = jwtOf(padded);
  return {
    ...sessionOf(),
    subject: String(padded["sub"]),
    username: String(padded["sub"]),
    tokens: createTokenSet({ refresh: refreshTokenOf("ordinary", 1_713), claims: padded, id, access: null }),
  };
}

t.test("the ordinary session travels in one cookie under 3,000 bytes", (t) => {
  const ordinary = ordinarySession();
  t.equal(ordinary.tokens.refresh.reveal().length, 1_713);
  t.equal(ordinary.tokens.id?.jwt.reveal().length, 1_931);
  const sealed = createSealer([keyFrom("size")]).seal("session", encodeSession(ordinary), DICTIONARY);
  const cookies = createCookieWriter({ publicUrl: "https://app.example.com", sameSite: "strict" });
  const bytes = cookies.ticketBytes(sealed);
  t.comment(`refresh token 1,713, ID token 1,931 characters: ${bytes} bytes of Cookie header`);
  t.ok(bytes < 3_000, `${bytes} bytes`);
  t.equal(cookies.setTicket(sealed, []).length, 1, "one cookie");
  t.same(revealed(decoded(ordinary)), revealed(ordinary));
  t.end();
});

t.test("a set that waits to be verified takes room for a while, and still fits the budget", (t) => {
  const ordinary = ordinarySession();
  const next = refreshedSession(ordinary, { issuedAtMs: START_MS + MINUTE_MS, lifeMs: 60 * MINUTE_MS }, refreshTokenOf("rotated", 1_713));
  const waiting: Session = { ...ordinary, unverified: next.tokens, version: 2 };
  const sealed = createSealer([keyFrom("size")]).seal("session", encodeSession(waiting), DICTIONARY);
  const bytes = createCookieWriter({ publicUrl: "https://app.example.com", sameSite: "strict" }).ticketBytes(sealed);
  t.comment(`${bytes} bytes with an unverified set`);
  t.ok(bytes < 8_000);
  t.end();
});
