import t, { type Test } from "tap";
import type { Session } from "../../src/model/session.js";
import type { KeptKinds } from "../../src/model/token-set.js";
import { createCookieWriter, readSessionCookies } from "../../src/store/cookies.js";
import { createSealer } from "../../src/store/sealing.js";
import { heldBytes } from "../support/held-memory.js";
import { createManualClock } from "../support/manual-clock.js";
import { HOUR_MS, keyFrom, presenting, refreshedSession, refreshTokenOf, START_MS, sessionOf } from "../support/session-fixtures.js";
import { type CookieSessions, createCookieSessions } from "../support/session-stores.js";

const SESSIONS = 1_000;
const LONGEST_TICKET = 5_000;
const ROOM_FOR_ALL = 256 * 1024 * 1024;
const CLAIMS = { email: "someone@example.com", "cognito:groups": ["editors"], padding: "x".repeat(300) };
const ID_ALONE: KeptKinds = { id: true, access: false };

const open = (cacheBytes = ROOM_FOR_ALL) =>
  createCookieSessions({ sealer: createSealer([keyFrom("memory")]), clock: createManualClock(START_MS), cacheBytes });

/** Tickets outside of the heap, in one piece that is there before anything is measured; each read gives a text of its own, as node:http's are. */
class Tickets {
  readonly #bytes = Buffer.alloc(SESSIONS * LONGEST_TICKET);
  readonly #lengths = new Uint16Array(SESSIONS);

  write(index: number, sealed: string): void {
    this.#lengths[index] = this.#bytes.write(sealed, index * LONGEST_TICKET, "latin1");
  }

  read(index: number): string {
    return this.#bytes.toString("latin1", index * LONGEST_TICKET, index * LONGEST_TICKET + (this.#lengths[index] ?? 0));
  }
}

function ticketsOf(keep: KeptKinds): Tickets {
  const tickets = new Tickets();
  const { seal } = open(1);
  for (let index = 0; index < SESSIONS; index++) {
    const session = sessionOf({ subject: `subject-${index}`, refresh: refreshTokenOf(`${index}`, 1_785), claims: CLAIMS, keep });
    tickets.write(index, seal(session));
  }
  return tickets;
}

function visit(store: CookieSessions, sealed: string): { readonly session: Session; readonly next: string | null } {
  const reading = store.read(presenting([sealed]));
  if (reading.kind !== "session") throw new Error("the session is known");
  return { session: reading.session, next: store.ticketFor(reading)?.sealed ?? null };
}

function visitAll(store: CookieSessions, tickets: Tickets): CookieSessions {
  for (let index = 0; index < SESSIONS; index++) visit(store, tickets.read(index));
  return store;
}

/** Every session is refreshed, and its browser's next ticket written down. */
function refreshAll(store: CookieSessions, tickets: Tickets, next: Tickets): void {
  for (let index = 0; index < SESSIONS; index++) {
    const { session } = visit(store, tickets.read(index));
    store.save(refreshedSession(session, { issuedAtMs: START_MS + HOUR_MS, lifeMs: HOUR_MS }));
    next.write(index, visit(store, tickets.read(index)).next ?? "");
  }
}

function countedIn({ cacheFigures }: CookieSessions): number {
  const { openedBytes, newestBytes } = cacheFigures();
  return openedBytes + newestBytes;
}

function holdsWhatItCounts(t: Test, held: number, counted: number, what: string): void {
  const of = `${what}: ${Math.round(held / SESSIONS)} bytes held for each session, ${Math.round(counted / SESSIONS)} counted`;
  t.ok(held <= 1.25 * counted, `${of}, not more held than counted`);
  t.ok(held >= 0.6 * counted, `${of}, nor much less`);
}

// What is compiled by and by, and what the runner keeps of a first test, is there before anything is measured.
t.test("whoever visits is known", async (t) => {
  const store = open();
  refreshAll(store, ticketsOf(ID_ALONE), new Tickets());
  t.ok(countedIn(store) > 0 && (await heldBytes()) > 0);
});

for (const keep of [ID_ALONE, { id: true, access: true }, { id: false, access: true }]) {
  t.test(`the cache counts what memory holds where these tokens are kept: ${JSON.stringify(keep)}`, async (t) => {
    const tickets = ticketsOf(keep);
    const before = await heldBytes();
    const store = visitAll(open(), tickets);
    holdsWhatItCounts(t, (await heldBytes()) - before, countedIn(store), "opened");
    t.equal(store.cacheFigures().newestBytes, 0);
  });
}

t.test("… and where they were refreshed here, before their browsers come back and after, where their text is kept once", async (t) => {
  const [tickets, next] = [ticketsOf(ID_ALONE), new Tickets()];
  const before = await heldBytes();
  const store = open();
  refreshAll(store, tickets, next);
  holdsWhatItCounts(t, (await heldBytes()) - before, countedIn(store), "before");
  const newest = store.cacheFigures().newestBytes;
  visitAll(store, next);
  holdsWhatItCounts(t, (await heldBytes()) - before, countedIn(store), "after");
  t.ok(store.cacheFigures().newestBytes < newest / 8, "a version that came back is its ticket's");
});

t.test("filled to its limit it holds no more than that", async (t) => {
  const bytes = 3 * 1024 * 1024;
  const tickets = ticketsOf(ID_ALONE);
  const before = await heldBytes();
  const store = visitAll(open(bytes), tickets);
  const held = (await heldBytes()) - before;
  t.ok(countedIn(store) <= bytes);
  t.ok(held <= 1.25 * bytes && held >= 0.6 * bytes, `${held} held of ${bytes}`);
});

t.test("nothing else of a Cookie header is kept with a ticket, and nothing grows with the calls", async (t) => {
  const { names } = createCookieWriter({ publicUrl: "https://app.example.com", sameSite: "strict" });
  const tickets = ticketsOf(ID_ALONE);
  const other = "o".repeat(16_000);
  const before = await heldBytes();
  const store = open();
  const call = (index: number) => {
    const header = Buffer.from(`other=${other}; ${names.session}=${tickets.read(index)}; more=${other}`).toString("latin1");
    if (store.read(readSessionCookies(header, names)).kind !== "session") throw new Error("the session is known");
  };
  for (let index = 0; index < SESSIONS; index++) call(index);
  const once = await heldBytes();
  const counted = countedIn(store);
  holdsWhatItCounts(t, once - before, counted, "beside 32 kB of other cookies");
  for (let index = 0; index < 10 * SESSIONS; index++) call(index % SESSIONS);
  t.equal(countedIn(store), counted);
  const grown = (await heldBytes()) - once;
  t.ok(grown < 0.1 * counted, `${grown} bytes`);
});
