import { inspect } from "node:util";
import t from "tap";
import { silentLog } from "../../src/model/log.js";
import { createSessionId, identityOf, isNewer, newestRefreshToken, type Session, sessionIdFromBytes } from "../../src/model/session.js";
import fc from "../support/property.js";
import { refreshedSession, START_MS, sessionOf } from "../support/session-fixtures.js";

t.test("a session id is 16 random bytes as base64url", (t) => {
  const ids = Array.from({ length: 100 }, createSessionId);
  t.equal(new Set(ids).size, 100);
  for (const id of ids) t.match(id, /^[A-Za-z0-9_-]{22}$/);
  const [id] = ids;
  t.equal(sessionIdFromBytes(Buffer.from(id ?? "", "base64url")), id);
  t.equal(sessionIdFromBytes(new Uint8Array(20).subarray(2, 18)), "A".repeat(22), "a part of a larger buffer");
  for (const length of [0, 15, 17]) t.throws(() => sessionIdFromBytes(new Uint8Array(length)), RangeError);
  t.end();
});

t.test("a session prints its tokens as present, however it is turned into text", (t) => {
  const session = sessionOf({ subject: "the-subject", keep: { id: true, access: true } });
  const waiting = { ...session, unverified: session.tokens };
  for (const text of [inspect(session, { depth: 9 }), inspect(waiting, { depth: 9 }), JSON.stringify(waiting)]) {
    for (const secret of ["refresh-of-the-subject", session.tokens.id?.jwt.reveal() ?? "?", session.tokens.access?.jwt.reveal() ?? "?"])
      t.notOk(text.includes(secret));
  }
  t.match(JSON.stringify(session), /"refresh":"present"/);
  t.end();
});

t.test("newer means: more token sets, then a later refresh, then verified, then later activity", (t) => {
  const base = sessionOf();
  const order: readonly Session[] = [
    { ...base, unverified: base.tokens },
    { ...base, unverified: base.tokens, lastSeenAtMs: START_MS + 1 },
    base,
    { ...base, lastSeenAtMs: START_MS + 1 },
    { ...base, refreshedAtMs: START_MS + 1 },
    { ...base, version: 2, refreshedAtMs: START_MS - 1 },
  ];
  for (const [at, a] of order.entries()) for (const [of, b] of order.entries()) t.equal(isNewer(a, b), at > of, `${at} newer than ${of}`);
  t.end();
});

t.test("of two versions never both are the newer one", (t) => {
  const base = sessionOf();
  const version = fc.record({ version: fc.nat(2), refreshedAtMs: fc.nat(2), lastSeenAtMs: fc.nat(2), waits: fc.boolean() });
  const make = ({ waits, ...fields }: { waits: boolean; version: number; refreshedAtMs: number; lastSeenAtMs: number }): Session => ({
    ...base,
    ...fields,
    unverified: waits ? base.tokens : null,
  });
  fc.assert(fc.property(version, version, (a, b) => !(isNewer(make(a), make(b)) && isNewer(make(b), make(a)))));
  t.end();
});

t.test("the newest refresh token is the unverified set's, where there is one", (t) => {
  const session = sessionOf();
  const next = refreshedSession(session, { issuedAtMs: START_MS, lifeMs: 1_000 }, "rotated");
  t.equal(newestRefreshToken(session).reveal(), "refresh-of-user-1");
  t.equal(newestRefreshToken({ ...session, unverified: next.tokens }).reveal(), "rotated");
  t.end();
});

t.test("who somebody is comes from sub and cognito:username; a token without sub is nobody's", (t) => {
  t.same(identityOf({ sub: "s", "cognito:username": "u" }), { subject: "s", username: "u" });
  t.same(identityOf({ sub: "s" }), { subject: "s", username: "s" });
  t.same(identityOf({ sub: "s", "cognito:username": 5 }), { subject: "s", username: "s" });
  for (const sub of [undefined, "", 5, null]) t.throws(() => identityOf({ sub }), RangeError);
  t.end();
});

t.test("the silent log says nothing", (t) => {
  for (const level of ["info", "warn", "error"] as const) t.equal(silentLog[level]({}, "x"), undefined);
  t.end();
});
