import { randomBytes, randomUUID } from "node:crypto";
import { Command, InvalidArgumentError } from "commander";
import { createSessionGate, type SessionGate } from "../src/http/gate/session-gate.js";
import { systemClock } from "../src/model/clock.js";
import { silentLog } from "../src/model/log.js";
import { Secret } from "../src/model/secret.js";
import { createSessionId, type Session } from "../src/model/session.js";
import { createTokenSet } from "../src/model/token-set.js";
import { createSeenSessions, NOTHING_SEEN } from "../src/session/seen-sessions.js";
import { type CookieWriter, createCookieWriter } from "../src/store/cookies.js";
import { type OpenedSessions, openSessions } from "../src/store/open-sessions.js";
import { createSealer } from "../src/store/sealing.js";
import { CLIENT_ID, jwtOf, USER_POOL_ID } from "../test/support/session-fixtures.js";

/*
 * What sessions cost a process: memory for each, as it is counted and as it is held; CPU time from a Cookie header to a session, with more and more
 * sessions in the cache, beyond it, and refreshed.
 *
 *   npm run build && node --expose-gc dist/bench/sessions.js
 *
 * Codec, cache, table and gate are the product's own; nothing is sent. With 100,000 sessions it takes some minutes and up to 2 GB of memory.
 */

const KIB = 1024;
const MIB = KIB * KIB;
const HOUR_MS = 60 * 60 * 1000;
/** Beyond what any number of sessions asked for takes. */
const ROOM_FOR_ALL = 16 * KIB * MIB;
const ROUNDS = 5;
const MOST_SESSIONS = 200_000;

interface Options {
  readonly sessions: number[];
  readonly visits: number;
  readonly rounds: number;
  readonly access: boolean;
  readonly limit: number;
  readonly uncounted: boolean;
}

function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("A whole number from 1.");
  return number;
}

function counts(text: string): number[] {
  const numbers = text.split(",").map(count);
  if (numbers.some((number) => number > MOST_SESSIONS)) throw new InvalidArgumentError(`Not more than ${MOST_SESSIONS}.`);
  return numbers;
}

const options: Options = new Command("sessions")
  .description("What sessions cost a process in memory and CPU time. Run it with node --expose-gc.")
  .option("--sessions <numbers>", "how many live sessions, one number after another", counts, [100, 1_000, 10_000, 100_000])
  .option("--visits <number>", "visits after which memory is looked at again", count, 1_000_000)
  .option("--rounds <number>", "rounds of which the median is taken", count, ROUNDS)
  .option("--access", "keep access tokens too, as where a route forwards them", false)
  .option("--uncounted", "without the count of the sessions that were seen", false)
  .option("--limit <MiB>", "SESSION_CACHE_BYTES for what is measured at its limit", count, 64)
  .parse()
  .opts();

const collect = globalThis.gc ?? exit("node --expose-gc is needed: memory is looked at after garbage collection alone");
function exit(why: string): never {
  console.error(why);
  process.exit(2);
}

/** Bytes that this process holds. */
async function held(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    collect();
    // What is let go of in C++ goes a turn later.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Of Cognito's size and shape, as local Cognito issues it: 1.1 kB for either JWT, 1.8 kB for the refresh token. */
function tokensOf(subject: string, issuedAtMs: number) {
  const issuedAt = Math.floor(issuedAtMs / 1000);
  const both = {
    sub: subject,
    "cognito:groups": ["editors", "readers"],
    iss: `https://cognito-idp.eu-central-1.amazonaws.com/${USER_POOL_ID}`,
    origin_jti: randomUUID(),
    event_id: randomUUID(),
    auth_time: issuedAt,
    iat: issuedAt,
    exp: issuedAt + HOUR_MS / 1000,
    jti: randomUUID(),
  };
  const claims = {
    ...both,
    email_verified: true,
    "cognito:username": subject,
    aud: CLIENT_ID,
    token_use: "id",
    name: "Alex Example",
    email: `alex.${subject.slice(0, 8)}@example.com`,
  };
  const accessClaims = { ...both, client_id: CLIENT_ID, token_use: "access", scope: "openid profile email", username: subject, version: 2 };
  const access = options.access ? { jwt: jwtOf(accessClaims), claims: accessClaims } : null;
  const parts = [36, 256, 12, 980, 16].map((length) => randomBytes(length).toString("base64url"));
  return createTokenSet({ refresh: parts.join("."), claims, id: jwtOf(claims), access });
}

function sessionOf(): Session {
  const subject = randomUUID();
  const nowMs = Date.now();
  return {
    id: createSessionId(),
    userPoolId: USER_POOL_ID,
    clientId: CLIENT_ID,
    subject,
    username: subject,
    deviceKey: null,
    userAgent: null,
    tokens: tokensOf(subject, nowMs),
    unverified: null,
    startedAtMs: nowMs,
    lastSeenAtMs: nowMs,
    refreshedAtMs: nowMs,
    version: 1,
  };
}

function refreshed(session: Session): Session {
  const { tokens, subject } = session;
  const next = tokensOf(subject, Date.now());
  const set = createTokenSet({
    refresh: tokens.refresh.reveal(),
    claims: next.claims,
    id: next.id?.jwt.reveal() ?? null,
    access: next.access && { jwt: next.access.jwt.reveal(), claims: next.claims },
  });
  return { ...session, tokens: set, refreshedAtMs: Date.now(), version: session.version + 1 };
}

const sealer = createSealer([new Secret(randomBytes(32))]);
const cookies: CookieWriter = createCookieWriter({ publicUrl: "https://app.example.com", sameSite: "strict" });

interface Subject extends OpenedSessions {
  readonly gate: SessionGate;
}

function processWith(cacheBytes: number): Subject {
  const ours = { sealer, clock: systemClock, userPoolId: USER_POOL_ID, clientId: CLIENT_ID, cacheBytes };
  const opened = openSessions({ ...ours, idleTimeoutMs: null, seemsOver: () => false, log: silentLog });
  const never = () => {
    throw new Error("no session is refreshed or ended here");
  };
  const gate = createSessionGate({
    sessions: opened.sessions,
    cookies,
    ticketBudgetBytes: 8_000,
    previousClientIds: new Set(),
    coordinator: {
      mayRotate: false,
      isFresh: () => true,
      ensureUsable: (session) => session,
      refreshNow: never,
      refreshLast: never,
      takeUnsaved: never,
      refreshOnlyWhenDue: never,
      settled: never,
    },
    lifecycle: {
      start: never,
      hasEndedForGood: never,
      keepAtHand: never,
      touch: never,
      latest: never,
      revokeLate: never,
      endIfIdle: (session) => session,
      enforceLimits: () => null,
      end: never,
      endUnseen: never,
      endRejected: never,
      onEnded: never,
    },
    seen: options.uncounted ? NOTHING_SEEN : createSeenSessions(systemClock),
    clock: systemClock,
    tell: () => {},
  });
  return { ...opened, gate };
}

/** The Cookie headers of many browsers, outside of the heap. */
class Browsers {
  readonly #bytes: Buffer;
  readonly #ends: Uint32Array;
  #count = 0;

  constructor(most: number, bytesEach: number) {
    this.#bytes = Buffer.allocUnsafe(most * bytesEach);
    this.#ends = new Uint32Array(most + 1);
  }

  get count(): number {
    return this.#count;
  }

  get meanBytes(): number {
    return (this.#ends[this.#count] ?? 0) / this.#count;
  }

  add(sealed: string): void {
    const pairs = cookies.setTicket(sealed, []).map((line) => line.slice(0, line.indexOf(";")));
    const start = this.#ends[this.#count] ?? 0;
    const length = this.#bytes.write(`theme=dark; ${pairs.join("; ")}; _ga=GA1.1.123456789.1234567890`, start, "latin1");
    this.#ends[this.#count + 1] = start + length;
    this.#count += 1;
  }

  /** As node:http gives it: a string of its own each time. */
  header(index: number): string {
    return this.#bytes.toString("latin1", this.#ends[index], this.#ends[index + 1]);
  }
}

/** A number below `below`, as if at random: xorshift, the same in every run. */
function createPicker(below: number): () => number {
  let state = 2_463_534_242;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Read at the end, so that nothing is compiled away. */
let cookiesOut = 0;
let charactersIn = 0;

function visit({ gate }: Subject, header: string): void {
  const opened = gate.open(header);
  if (opened instanceof Promise) throw new Error("the cookie store answers at once");
  const session = gate.require(opened);
  if (session instanceof Promise) throw new Error("the session is fresh");
  cookiesOut += gate.cookiesFor(opened).length;
}

/** Microseconds of CPU of a call, the median of some rounds. */
function cpuOf(calls: number, call: () => void): number {
  const rounds = Array.from({ length: options.rounds }, () => {
    const before = process.cpuUsage();
    for (let index = 0; index < calls; index++) call();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / calls;
  });
  rounds.sort((a, b) => a - b);
  return rounds[Math.floor(rounds.length / 2)] ?? 0;
}

/** The same of visits of random browsers, without what making their headers costs here. */
function cpuOfVisits(subject: Subject, browsers: Browsers, calls: number): number {
  const pick = createPicker(browsers.count);
  for (let index = 0; index < calls / 4; index++) visit(subject, browsers.header(pick()));
  const all = cpuOf(calls, () => visit(subject, browsers.header(pick())));
  const headers = cpuOf(calls, () => {
    charactersIn += browsers.header(pick()).length;
  });
  return all - headers;
}

const progress = (text: string) => process.stderr.write(`${text}\n`);
const kib = (bytes: number) => `${(bytes / KIB).toFixed(2)} KiB`;
const mib = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`;
const microseconds = (value: number) => `${value.toFixed(2)} µs`;
const ofCounted = (real: number, counted: number) => (real / counted).toFixed(2);

function counted({ cacheFigures }: Subject): number {
  const { openedBytes, newestBytes } = cacheFigures();
  return openedBytes + newestBytes;
}

function signIn(number: number): Browsers {
  progress(`${number} sign-ins …`);
  const browsers = new Browsers(number, 6 * KIB);
  const maker = processWith(MIB);
  for (let index = 0; index < number; index++) browsers.add(maker.sessions.seal(sessionOf()));
  return browsers;
}

/** Every session visits, and visits again and again; all of them are in the cache. */
async function insideTheCache(browsers: Browsers): Promise<Subject> {
  const number = browsers.count;
  const before = await held();
  const subject = processWith(ROOM_FOR_ALL);
  for (let index = 0; index < number; index++) visit(subject, browsers.header(index));
  const real = (await held()) - before;
  const cpu = cpuOfVisits(subject, browsers, Math.max(100_000, number));
  console.log(
    `${number} sessions in the cache: ${kib(real / number)} each held, ${kib(counted(subject) / number)} counted ` +
      `(real / counted ${ofCounted(real, counted(subject))}); ${microseconds(cpu)} a visit`,
  );
  return subject;
}

async function noGrowth(subject: Subject, browsers: Browsers): Promise<void> {
  progress(`${options.visits} visits …`);
  const pick = createPicker(browsers.count);
  const before = await held();
  for (let index = 0; index < options.visits; index++) visit(subject, browsers.header(pick()));
  console.log(`after ${options.visits} visits more: ${kib((await held()) - before)} more held`);
}

/** The limit is reached: what is held because of the cache, and what visits cost then. */
async function atTheLimit(browsers: Browsers, limit: number): Promise<void> {
  const before = await held();
  const subject = processWith(limit);
  for (let index = 0; index < browsers.count; index++) visit(subject, browsers.header(index));
  const real = (await held()) - before;
  const first = subject.cacheFigures();
  const cpu = cpuOfVisits(subject, browsers, 20_000);
  const last = subject.cacheFigures();
  const hits = (last.hits - first.hits) / (last.hits - first.hits + last.misses - first.misses);
  console.log(
    `SESSION_CACHE_BYTES of ${mib(limit)}, ${browsers.count} sessions: ${mib(real)} held, ${mib(counted(subject))} counted ` +
      `(real / limit ${ofCounted(real, limit)}); ${(hits * 100).toFixed(0)} % found in the cache, ${microseconds(cpu)} a visit`,
  );
}

/** Every session is refreshed here; then every browser comes back with its new ticket. */
async function refreshedHere(browsers: Browsers, cacheBytes: number, what: string): Promise<void> {
  progress(`${browsers.count} refreshes …`);
  const number = browsers.count;
  const next = new Browsers(number, 6 * KIB);
  const before = await held();
  const subject = processWith(cacheBytes);
  const { sessions, gate } = subject;
  for (let index = 0; index < number; index++) {
    const opened = gate.open(browsers.header(index));
    if (opened instanceof Promise || opened.reading.kind !== "session") throw new Error("a session came");
    sessions.keep(refreshed(opened.reading.session));
    const ticket = sessions.ticketFor(opened.reading);
    if (ticket === null) throw new Error("a refreshed session has a new ticket");
    next.add(ticket.sealed);
  }
  const unsafe = (await held()) - before;
  const unsafeCounted = counted(subject);
  for (let index = 0; index < number; index++) visit(subject, next.header(index));
  const back = (await held()) - before;
  const backCounted = counted(subject);
  const cpu = cpuOfVisits(subject, next, Math.max(50_000, number));
  console.log(
    `${number} sessions refreshed here, ${what}: ${kib(unsafe / number)} each held, ${kib(unsafeCounted / number)} counted ` +
      `(${ofCounted(unsafe, unsafeCounted)}), before their browsers bring the new tickets; ${kib(back / number)} held, ` +
      `${kib(backCounted / number)} counted (${ofCounted(back, backCounted)}) after; ${microseconds(cpu)} a visit`,
  );
}

for (const number of options.sessions) {
  const browsers = signIn(number);
  console.log(`a Cookie header of ${kib(browsers.meanBytes)}`);
  const subject = await insideTheCache(browsers);
  if (number !== options.sessions.at(-1)) continue;
  await noGrowth(subject, browsers);
  await atTheLimit(browsers, options.limit * MIB);
  await atTheLimit(browsers, MIB);
  await refreshedHere(browsers, ROOM_FOR_ALL, "all in the cache");
  await refreshedHere(browsers, options.limit * MIB, `within ${options.limit} MiB`);
}
progress(`${charactersIn} characters in, ${cookiesOut} cookies out`);
