import t from "tap";
import type { Session } from "../../src/model/session.js";
import { type KnownVersion, type OpenedTicket, SessionCache } from "../../src/store/memory/session-cache.js";
import { createSealer } from "../../src/store/sealing.js";
import { createTicketCodec } from "../../src/store/ticket-codec.js";
import fc from "../support/property.js";
import { keyFrom, presenting, refreshTokenOf, START_MS, sessionOf } from "../support/session-fixtures.js";

const BYTES = 100_000;

function rig(bytes = BYTES) {
  const forgotten: KnownVersion[] = [];
  const cache = new SessionCache({ bytes, forgotten: (version) => forgotten.push(version) });
  const codec = createTicketCodec({ sealer: createSealer([keyFrom("cache")]), now: () => START_MS, cache });
  const open = (sealed: string): OpenedTicket => {
    const [ticket] = codec.read(presenting([sealed])).tickets;
    if (ticket?.kind !== "ticket") throw new Error("it can be opened");
    return ticket;
  };
  const keep = (session: Session, safe = false) => cache.keepVersion({ session, sealed: null, safe, confirmedAtMs: null, doubted: false });
  return { cache, codec, open, keep, forgotten };
}

const ordinary = (index = 0) => sessionOf({ subject: `user-${index}`, refresh: refreshTokenOf(`user ${index}`) });

t.test("a ticket is found by its whole text alone: one that ends alike is not, wherever it differs", (t) => {
  const { codec, open } = rig();
  const sealed = codec.sealSession(ordinary());
  const ticket = open(sealed);
  t.equal(codec.find([sealed]), ticket);
  for (let at = 0; at < sealed.length; at += 7) {
    const forged = `${sealed.slice(0, at)}${sealed[at] === "A" ? "B" : "A"}${sealed.slice(at + 1)}`;
    t.equal(codec.find([forged]), null, `another character ${at}`);
    t.equal(codec.read(presenting([forged])).tickets[0]?.kind, "invalid");
  }
  for (const forged of [sealed.slice(-12), sealed.slice(1), `A${sealed}`, ""]) t.equal(codec.find([forged]), null);
  t.equal(codec.find([sealed]), ticket, "and none of them has taken its place");
  t.end();
});

t.test("a ticket is found by its parts wherever it was cut, and by nothing but all of them in order", (t) => {
  const { codec, open } = rig();
  const sealed = codec.sealSession(ordinary());
  const ticket = open(sealed);
  for (let cut = 1; cut < sealed.length; cut += cut < 20 || cut > sealed.length - 20 ? 1 : 97) {
    const [one, two] = [sealed.slice(0, cut), sealed.slice(cut)];
    const half = two.length >> 1;
    for (const parts of [
      [one, two],
      [one, two.slice(0, half), two.slice(half)],
    ])
      t.equal(codec.find(parts), ticket, `cut at ${cut}`);
    for (const parts of [[two, one], [two], [one], ["A", one, two], [one, one, two], [one, two, two]]) t.equal(codec.find(parts), null);
  }
  t.equal(codec.find([]), null);
  t.end();
});

t.test("the refresh token of an opened ticket is read from the ticket when it is asked for", (t) => {
  const { codec, open } = rig();
  const session = ordinary();
  t.equal(open(codec.sealSession(session)).carried?.tokens.refresh.reveal(), session.tokens.refresh.reveal());
  const waiting: Session = { ...session, unverified: ordinary(1).tokens, version: 2 };
  const carried = open(codec.sealSession(waiting)).carried;
  t.equal(carried?.tokens.refresh.reveal(), session.tokens.refresh.reveal());
  t.equal(carried?.unverified?.refresh.reveal(), waiting.unverified?.refresh.reveal());
  t.end();
});

t.test("a version that is its ticket's costs little beside it, and its full price once the ticket is gone", (t) => {
  const { cache, codec, open, keep } = rig();
  const session = open(codec.sealSession(ordinary())).carried ?? ordinary();
  const ticketAlone = cache.ticketBytes;
  keep(session, true);
  t.ok(cache.isInTicket(session));
  const shared = cache.versionBytes;
  t.ok(shared < ticketAlone / 8, `${shared} of ${ticketAlone}`);
  for (let index = 1; cache.isInTicket(session); index++) open(codec.sealSession(ordinary(index)));
  t.ok(cache.versionBytes > ticketAlone / 2, `${cache.versionBytes}`);
  t.equal(cache.version(session.id)?.session, session);
  t.end();
});

t.test("tickets give way to versions, which may have half of the memory: so many tickets never push one out", (t) => {
  const { cache, codec, open, keep, forgotten } = rig();
  const first = ordinary();
  keep(first);
  for (let index = 1; index < 100; index++) open(codec.sealSession(ordinary(index)));
  t.equal(cache.version(first.id)?.session, first);
  t.ok(cache.ticketBytes > BYTES / 2, "what versions leave is the tickets'");
  for (let index = 100; index < 200; index++) keep(ordinary(index));
  t.ok(cache.versionBytes <= BYTES / 2);
  t.ok(cache.ticketBytes + cache.versionBytes <= BYTES);
  t.equal(forgotten[0]?.session, first, "of versions the one used least recently goes first, and its owner hears of it");
  t.end();
});

t.test("whatever is kept, asked for and dropped, the bytes stay within the limit and end at nothing", (t) => {
  const { codec } = rig();
  const sessions = Array.from({ length: 8 }, (_, index) => ordinary(index));
  const sealed = sessions.map((session) => codec.sealSession(session));
  const steps = fc.array(fc.tuple(fc.constantFrom("open", "keep", "share", "seal", "ask", "drop"), fc.nat(7)), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (taken) => {
      const { cache, open, keep } = rig(20_000);
      for (const [what, index] of taken) {
        const [session, text] = [sessions[index] ?? ordinary(), sealed[index] ?? ""];
        if (what === "open") open(text);
        if (what === "keep") keep(session);
        if (what === "share") keep(open(text).carried ?? session);
        const version = what === "seal" || what === "ask" ? cache.version(session.id) : null;
        if (what === "seal" && version) cache.keepSealed(version, text);
        if (what === "drop") cache.dropVersion(session.id);
        if (cache.versionBytes > 10_000 || cache.ticketBytes + cache.versionBytes > 20_000) return false;
      }
      for (const { session } of cache.versions()) cache.dropVersion(session.id);
      return cache.versionBytes === 0 && cache.ticketBytes >= 0;
    }),
    { numRuns: 300 },
  );
  t.end();
});
