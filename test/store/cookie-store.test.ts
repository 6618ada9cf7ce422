import t from "tap";
import { createSessionId, type Session } from "../../src/model/session.js";
import { ByteWriter } from "../../src/store/byte-string.js";
import { createCookieWriter, readSessionCookies } from "../../src/store/cookies.js";
import { createSealer } from "../../src/store/sealing.js";
import type { BffEvent } from "../../src/telemetry/events.js";
import type { SessionEnding } from "../../src/wire/reasons.js";
import { collectLog } from "../support/collected-log.js";
import { createManualClock } from "../support/manual-clock.js";
import fc from "../support/property.js";
import {
  HOUR_MS,
  keyFrom,
  MINUTE_MS,
  presenting,
  refreshedSession,
  refreshTokenOf,
  START_MS,
  sessionOf,
} from "../support/session-fixtures.js";
import { createCookieSessions, type ProcessOptions } from "../support/session-stores.js";

const LOGOUT: SessionEnding = { reason: "signed_out", cause: "logout" };
const sealer = createSealer([keyFrom("cookie store")]);

function storeWith(options: Partial<ProcessOptions> = {}) {
  return createCookieSessions({
    sealer,
    clock: createManualClock(START_MS),
    ...options,
  });
}

t.test("a ticket sealed with an older key is opened, and says so, so that it is sealed anew", (t) => {
  const ticket = createCookieSessions({
    sealer: createSealer([keyFrom("old")]),
    clock: createManualClock(),
    cacheBytes: 1024 * 1024,
  }).seal(sessionOf());
  const rotated = storeWith({ sealer: createSealer([keyFrom("new"), keyFrom("old")]) });
  for (const time of ["first", "from the cache"])
    t.match(rotated.read(presenting([ticket])), { kind: "session", sealedWith: "older" }, time);
  t.same(storeWith({ sealer: createSealer([keyFrom("new")]) }).read(presenting([ticket])), { kind: "invalid", cause: "unknown_key" });
  t.end();
});

t.test("a tampered ticket that comes after the good one is not served from the cache", (t) => {
  const store = storeWith();
  const ticket = store.seal(sessionOf());
  t.equal(store.read(presenting([ticket])).kind, "session");
  for (let index = 0; index < ticket.length; index++) {
    const tampered = ticket.slice(0, index) + (ticket[index] === "A" ? "B" : "A") + ticket.slice(index + 1);
    t.equal(store.read(presenting([tampered])).kind, "invalid", `character ${index}`);
  }
  t.equal(store.read(presenting([ticket])).kind, "session", "the good one still opens");
  t.end();
});

t.test("every hit of the cache asks again whether the session has ended", (t) => {
  const store = storeWith();
  const session = sessionOf();
  const ticket = store.seal(session);
  t.equal(store.read(presenting([ticket])).kind, "session");
  store.end(session.id, LOGOUT);
  t.equal(store.read(presenting([ticket])).kind, "ended");
  const other = sessionOf();
  const otherTicket = store.seal(other);
  t.equal(store.read(presenting([otherTicket])).kind, "session");
  t.equal(store.read(presenting([otherTicket], [store.sealEnding(other.id, LOGOUT)])).kind, "ended", "and every marker");
  t.end();
});

/** A session of ordinary size. */
const ordinary = (index: number): Session =>
  sessionOf({ subject: `user-${index}`, refresh: refreshTokenOf(`user ${index}`), claims: { padding: "x".repeat(1_000) } });

t.test("opened tickets are kept within SESSION_CACHE_BYTES, the latest ones", (t) => {
  const cacheBytes = 400_000;
  const store = storeWith({ cacheBytes });
  const tickets = Array.from({ length: 200 }, (_, index) => store.seal(ordinary(index)));
  const open = (ticket: string) => {
    const reading = store.read(presenting([ticket]));
    return reading.kind === "session" ? reading.presented : null;
  };
  const first = tickets.map(open);
  let kept = 0;
  // From the latest on: the first that has to be opened again ends the count.
  for (let index = tickets.length - 1; index >= 0 && open(tickets[index] ?? "") === first[index]; index--) kept++;
  const textBytes = tickets[0]?.length ?? 0;
  t.comment(`${kept} of 200 tickets of ${textBytes} bytes are kept in ${cacheBytes} bytes`);
  t.ok(kept >= 10 && kept < 100, `${kept}`);
  t.ok(kept * textBytes * 2 < cacheBytes, "the text alone, in two copies, is below the bound");
  t.end();
});

t.test("versions that no browser has brought back are kept within the bound too", (t) => {
  const store = storeWith({ cacheBytes: 400_000 });
  const sessions = Array.from({ length: 200 }, (_, index) => ordinary(index));
  for (const session of sessions) t.ok(store.save(session));
  const kept = sessions.filter((session) => store.newest(session.id)).length;
  t.ok(kept >= 3 && kept < 50, `${kept}`);
  t.ok(store.newest(sessions.at(-1)?.id ?? sessionOf().id), "the latest among them");
  t.end();
});

t.test("fifty answers that carry one new version seal it once", (t) => {
  let seals = 0;
  const counting: typeof sealer = {
    ...sealer,
    seal(...args) {
      seals += 1;
      return sealer.seal(...args);
    },
  };
  const store = storeWith({ sealer: counting });
  const session = sessionOf();
  store.save(session);
  const tickets = new Set(Array.from({ length: 50 }, () => store.seal(session)));
  t.same([tickets.size, seals], [1, 1]);
  const next = refreshedSession(session, { issuedAtMs: START_MS + HOUR_MS, lifeMs: HOUR_MS });
  store.save(next);
  t.not(store.seal(next), store.seal(session), "a newer version has another ticket");
  t.end();
});

t.test("an ending is kept until the refresh token's end while its revocation is not confirmed, and then until its last token dies", (t) => {
  const DAY_MS = 24 * HOUR_MS;
  for (const [what, options, endsMs] of [
    ["as long as it is said to live", { refreshableMs: 90 * DAY_MS }, 90 * DAY_MS],
    ["Cognito's default where nobody said", {}, 30 * DAY_MS],
  ] as const) {
    const clock = createManualClock(START_MS);
    const store = storeWith({ clock, ...options });
    const [unconfirmed, confirmed] = [sessionOf({ lifeMs: 24 * HOUR_MS }), sessionOf({ lifeMs: 24 * HOUR_MS })];
    const tickets = [unconfirmed, confirmed].map((session) => store.seal(session));
    for (const session of [unconfirmed, confirmed]) store.end(session, LOGOUT);
    store.revoked(confirmed.id);
    const kinds = () => tickets.map((ticket) => store.read(presenting([ticket])).kind);
    clock.advance(DAY_MS - 1);
    t.same(kinds(), ["ended", "ended"], what);
    t.notOk(store.save(confirmed));
    clock.advance(1);
    t.equal(store.endingOf(confirmed.id), null, "a copy of it has no token that lives, and none that refreshes");
    clock.advance(endsMs - DAY_MS - 1);
    t.equal(store.read(presenting([tickets[0] ?? ""])).kind, "ended");
    clock.advance(1);
    t.equal(store.endingOf(unconfirmed.id), null, "so memory does not grow");
  }
  t.end();
});

t.test("an ending that only the id is known of is kept as long as any session could live", (t) => {
  const clock = createManualClock(START_MS);
  const store = storeWith({ clock });
  const session = sessionOf();
  store.end(session.id, LOGOUT);
  clock.advance(30 * 24 * HOUR_MS - 1);
  t.ok(store.endingOf(session.id));
  t.end();
});

t.test("Cognito's own verdict is heard for an hour, and the last token's life is counted in Cognito's time", (t) => {
  const clock = createManualClock(START_MS);
  const aheadMs = 2 * HOUR_MS;
  const store = storeWith({ clock, cognitoNow: () => clock.now() - aheadMs });
  const [dead, living] = [sessionOf({ issuedAtMs: START_MS - 9 * HOUR_MS }), sessionOf({ issuedAtMs: START_MS - aheadMs })];
  for (const session of [dead, living]) store.end(session, { reason: "expired", cause: "refresh_token_revoked" });
  clock.advance(HOUR_MS - 1);
  t.ok(store.endingOf(dead.id));
  t.ok(store.endingOf(living.id), "by our clock its token has died long ago, by Cognito's it lives");
  clock.advance(1);
  t.equal(store.endingOf(dead.id), null);
  t.end();
});

t.test("a hundred thousand other endings bring no ended session back", (t) => {
  const store = storeWith();
  const session = sessionOf();
  const ticket = store.seal(session);
  store.end(session, LOGOUT);
  for (let other = 0; other < 100_001; other++) store.end(createSessionId(), LOGOUT);
  t.equal(store.read(presenting([ticket])).kind, "ended");
  t.end();
});

t.test("when memory for endings is full the earliest end goes first, is counted, and the log says so once", (t) => {
  const told: BffEvent[] = [];
  const log = collectLog();
  const store = storeWith({ endingBytes: 256 * 100, tell: (event) => void told.push(event), log });
  const sessions = Array.from({ length: 103 }, (_, index) => sessionOf({}, { startedAtMs: START_MS + ((index * 37) % 103) * MINUTE_MS }));
  for (const session of sessions) {
    store.end(session, LOGOUT);
    // Asking about one keeps none.
    store.endingOf(sessions[0]?.id ?? session.id);
  }
  const forgotten = sessions.filter(({ id }) => store.endingOf(id) === null).map(({ startedAtMs }) => (startedAtMs - START_MS) / MINUTE_MS);
  t.same(
    forgotten.sort((a, b) => a - b),
    [0, 1, 2],
  );
  t.same(told, Array(3).fill({ kind: "store_failed", operation: "forget" }));
  t.equal(log.saying("an ended session was forgotten").length, 1);
  t.equal(store.cacheFigures().endingBytes, 256 * 100);
  t.end();
});

t.test("what was sealed by us and cannot be read is of another release: kept, not ended", (t) => {
  const store = storeWith();
  const unreadable: readonly (readonly [string, Buffer, number])[] = [
    ["another layout", Buffer.from("not a session"), 1],
    ["nothing at all", Buffer.alloc(0), 1],
    ["a dictionary of another release", Buffer.alloc(64), 9],
  ];
  for (const [what, plaintext, dictionary] of unreadable) {
    t.same(store.read(presenting([sealer.seal("session", plaintext, dictionary)])), { kind: "invalid", cause: "unknown_version" }, what);
  }
  t.end();
});

t.test("a marker of another release, or with a cause that never ends a session, says nothing", (t) => {
  const store = storeWith();
  const session = sessionOf();
  const marker = (cause: string) =>
    sealer.seal("ended", new ByteWriter().raw(Buffer.from(session.id, "base64url")).uint48(START_MS).text(cause).finish());
  for (const cause of ["unknown", "refresh_token_invalid", "", "a cause of tomorrow"]) {
    t.equal(store.read(presenting([store.seal(session)], [marker(cause)])).kind, "session", cause);
  }
  t.equal(store.read(presenting([store.seal(session)], [sealer.seal("ended", Buffer.from("short"))])).kind, "session");
  t.equal(store.read(presenting([store.seal(session)], [marker("logout")])).kind, "ended");
  t.end();
});

t.test("whatever Cookie header comes, reading neither throws nor signs anybody in", (t) => {
  const store = storeWith();
  const { names } = createCookieWriter({ publicUrl: "https://app.example.com", sameSite: "strict" });
  const ticket = store.seal(sessionOf());
  const marker = store.sealEnding(sessionOf().id, LOGOUT);
  const value = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.base64String({ maxLength: 200 }),
    fc.constantFrom(marker, `${ticket}=`, ticket.slice(1), ticket.slice(0, -1), `${ticket}A`, "abcdefgh~0~2~xy", "abcdefgh~1~2~z"),
    fc
      .tuple(fc.nat(ticket.length - 1), fc.constantFrom("~", "-", " ", "é"))
      .map(([at, char]) => ticket.slice(0, at) + char + ticket.slice(at)),
  );
  const pair = fc
    .tuple(fc.constantFrom(names.session, `${names.session}.1`, names.ended, "other", ""), value)
    .map(([name, text]) => `${name}=${text}`);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(pair, { maxLength: 12 }).map((pairs) => pairs.join("; ")),
        fc.string({ unit: "binary" }),
      ),
      (header) => {
        return store.read(readSessionCookies(header, names)).kind !== "session";
      },
    ),
    { numRuns: 300 },
  );
  const header = `other=1; ${names.session}=garbage; ${names.session}=${ticket}; ${names.ended}=${marker}`;
  t.equal(store.read(readSessionCookies(header, names)).kind, "session", "among all that, the good one is found");
  t.end();
});
