import t from "tap";
import type { Session } from "../../src/model/session.js";
import { ByteWriter } from "../../src/store/byte-string.js";
import { SessionCache } from "../../src/store/memory/session-cache.js";
import { createSealer } from "../../src/store/sealing.js";
import { createTicketCodec } from "../../src/store/ticket-codec.js";
import { ENDING_CAUSES, type SessionEnding } from "../../src/wire/reasons.js";
import {
  CLIENT_ID,
  HOUR_MS,
  keyFrom,
  presenting,
  refreshedSession,
  revealed,
  START_MS,
  sessionOf,
  USER_POOL_ID,
} from "../support/session-fixtures.js";

const LOGOUT: SessionEnding = { reason: "signed_out", cause: "logout" };
const sealer = createSealer([keyFrom("codec")]);
const codecWith = (keys = [keyFrom("codec")]) =>
  createTicketCodec({ sealer: createSealer(keys), now: () => START_MS, cache: new SessionCache({ bytes: 1_000_000 }) });

t.test("a ticket with the session brings it back as it was, tokens that wait to be verified included", (t) => {
  const session = sessionOf({ keep: { id: true, access: true } });
  const next = refreshedSession(session, { issuedAtMs: START_MS, lifeMs: HOUR_MS });
  for (const each of [session, { ...session, unverified: next.tokens, version: 2 } satisfies Session]) {
    const [ticket] = codecWith().read(presenting([codecWith().sealSession(each)])).tickets;
    t.match(ticket, { kind: "ticket", id: each.id, userPoolId: USER_POOL_ID, clientId: CLIENT_ID, sealedWith: "newest" });
    t.same(ticket?.kind === "ticket" && ticket.carried && revealed(ticket.carried), revealed(each));
  }
  t.end();
});

t.test("a ticket with the id alone brings the id, its pool and its client, and fits any cookie", (t) => {
  const session = sessionOf();
  const sealed = codecWith().sealId(session);
  t.same(codecWith().read(presenting([sealed])).tickets, [
    { kind: "ticket", id: session.id, userPoolId: USER_POOL_ID, clientId: CLIENT_ID, carried: null, sealedWith: "newest" },
  ]);
  t.ok(sealed.length < 200, `${sealed.length}`);
  t.end();
});

t.test("either ticket says when it was sealed with an older key, so that it is sealed anew", (t) => {
  const old = codecWith([keyFrom("old")]);
  const rotated = codecWith([keyFrom("new"), keyFrom("old")]);
  for (const sealed of [old.sealSession(sessionOf()), old.sealId(sessionOf())])
    for (const time of ["first", "from memory"]) t.match(rotated.read(presenting([sealed])).tickets, [{ sealedWith: "older" }], time);
  t.same(rotated.read(presenting([codecWith([keyFrom("lost")]).sealId(sessionOf())])).tickets, [{ kind: "invalid", cause: "unknown_key" }]);
  t.end();
});

t.test("a ticket shows neither tokens nor the subject", (t) => {
  const session = sessionOf({ subject: "subject-in-the-clear" });
  for (const ticket of [codecWith().sealSession(session), codecWith().sealId(session)]) {
    const bytes = Buffer.from(ticket, "base64url").toString("latin1");
    for (const text of ["subject-in-the-clear", session.id, session.tokens.refresh.reveal()])
      t.notOk(ticket.includes(text) || bytes.includes(text));
  }
  t.end();
});

t.test("an id's layout of another release is kept, not ended", (t) => {
  const id = Buffer.from(sessionOf().id, "base64url");
  const layouts = [
    new ByteWriter().uint8(2).raw(id).text(USER_POOL_ID).text(CLIENT_ID),
    new ByteWriter().uint8(1).raw(id).text(USER_POOL_ID).text(CLIENT_ID).text("more"),
    new ByteWriter().uint8(1).raw(id),
    new ByteWriter(),
  ];
  for (const layout of layouts)
    t.same(codecWith().read(presenting([sealer.seal("session", layout.finish(), 0)])).tickets, [
      { kind: "invalid", cause: "unknown_version" },
    ]);
  t.end();
});

t.test("a marker tells the reason, for every reason there is, and when the person had signed in", (t) => {
  const endings: SessionEnding[] = [
    ...ENDING_CAUSES.expired.flatMap((cause) =>
      cause === "unknown" || cause === "refresh_token_invalid" || cause === "client_replaced"
        ? []
        : [{ reason: "expired", cause } as const],
    ),
    ...ENDING_CAUSES.signed_out.map((cause) => ({ reason: "signed_out", cause }) as const),
  ];
  t.equal(endings.length, ENDING_CAUSES.expired.length + ENDING_CAUSES.signed_out.length - 3);
  for (const ending of endings) {
    const { id } = sessionOf();
    for (const authTimeSeconds of [1_764_000_000, null])
      t.same(codecWith().read(presenting([], [codecWith().sealEnding(id, ending, authTimeSeconds)])).markers, [
        { id, ending, authTimeSeconds },
      ]);
  }
  t.end();
});

t.test("a marker that cannot be opened, or is a ticket, says nothing", (t) => {
  const codec = codecWith();
  const session = sessionOf();
  for (const marker of [
    "",
    "garbage",
    codec.sealSession(session),
    codec.sealId(session),
    codec.sealEnding(session.id, LOGOUT).slice(0, -1),
  ])
    t.same(codec.read(presenting([], [marker])).markers, []);
  t.end();
});

t.test("a marker is not accepted as a ticket, and garbage is unreadable", (t) => {
  const codec = codecWith();
  for (const ticket of [codec.sealEnding(sessionOf().id, LOGOUT), "garbage", ""])
    t.same(codec.read(presenting([ticket])).tickets, [{ kind: "invalid", cause: "unreadable" }]);
  t.end();
});
