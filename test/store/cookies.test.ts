import { isDeepStrictEqual } from "node:util";
import t from "tap";
import { cookieNames, createCookieWriter, onlyTicket, readSessionCookies } from "../../src/store/cookies.js";
import fc from "../support/property.js";
import { bytesFrom } from "../support/session-fixtures.js";
import { readPlainly } from "./plain-cookie-reader.js";

const writer = createCookieWriter({ publicUrl: "https://app.example.com", sameSite: "strict" });
const { names } = writer;
const PUBLIC_URLS = ["https://app.example.com", "http://localhost:3000", "http://localhost"];
const SESSION = "__Host-Http-bff-session";
// RFC 6265bis 5.6, less our margin and the name; and what a chunk's own label takes.
const ROOM = 4096 - 256 - SESSION.length;
const PART = ROOM - 16;

/** A ticket's text, of exactly this length. */
const ticketOf = (length: number, seed = "ticket") => bytesFrom(seed, length).toString("base64url").slice(0, length);

interface SetCookie {
  readonly name: string;
  readonly value: string;
  readonly attributes: string;
}

function parse(header: string): SetCookie {
  const [, name = "", value = "", attributes = ""] = /^([^=]+)=([^;]*); (.*)$/.exec(header) ?? [];
  return { name, value, attributes };
}

/** A browser's cookie jar, as far as our names go. */
function jar() {
  const kept = new Map<string, string>();
  return {
    kept,
    take(headers: readonly string[]) {
      for (const { name, value, attributes } of headers.map(parse)) {
        if (attributes.includes("Max-Age=0;")) kept.delete(name);
        else kept.set(name, value);
      }
    },
    header: () => [...kept].map(([name, value]) => `${name}=${value}`).join("; "),
  };
}

t.test("https: names and attributes, letter by letter", (t) => {
  t.same(writer.setTicket("v", []), [`${SESSION}=v; Max-Age=34560000; Path=/; HttpOnly; Secure; SameSite=Strict`]);
  t.equal(writer.setEnded("v"), "__Host-Http-bff-ended=v; Max-Age=86400; Path=/; HttpOnly; Secure; SameSite=Strict");
  t.same(writer.loginAttributes, { path: "/", httpOnly: true, secure: true, sameSite: "lax", maxAge: 3600 });
  t.equal(names.loginPrefix, "__Host-Http-bff-login-");
  t.end();
});

t.test(
  "http://localhost: the same without prefix and Secure, and with PUBLIC_URL's port, so that two apps do not throw each other out",
  (t) => {
    const local = createCookieWriter({ publicUrl: "http://localhost:3000", sameSite: "strict" });
    t.same(local.setTicket("v", []), ["bff-session-3000=v; Max-Age=34560000; Path=/; HttpOnly; SameSite=Strict"]);
    t.equal(local.setEnded("v"), "bff-ended-3000=v; Max-Age=86400; Path=/; HttpOnly; SameSite=Strict");
    t.same(local.loginAttributes, { path: "/", httpOnly: true, secure: false, sameSite: "lax", maxAge: 3600 });
    t.equal(local.names.loginPrefix, "bff-login-3000-");
    const plain = createCookieWriter({ publicUrl: "http://localhost", sameSite: "strict" }).names;
    t.same([plain.session, plain.ended, plain.loginPrefix], ["bff-session-80", "bff-ended-80", "bff-login-80-"], "80 where it has none");
    t.end();
  },
);

t.test("COOKIE_SAME_SITE=lax changes SameSite alone", (t) => {
  const lax = createCookieWriter({ publicUrl: "https://app.example.com", sameSite: "lax" });
  t.same(lax.setTicket("v", []), [`${SESSION}=v; Max-Age=34560000; Path=/; HttpOnly; Secure; SameSite=Lax`]);
  t.end();
});

t.test("deletion attributes mismatch: a cookie is deleted with exactly the attributes it was set with", (t) => {
  for (const publicUrl of PUBLIC_URLS) {
    for (const sameSite of ["strict", "lax"] as const) {
      const cookies = createCookieWriter({ publicUrl, sameSite });
      const flags = (header: string | undefined) => parse(header ?? "").attributes.replace(/Max-Age=\d+; /, "");
      const presented = [cookies.names.session, `${cookies.names.session}.1`];
      const [set, clear] = [cookies.setTicket("v", []), cookies.clearTicket(presented)];
      t.same(
        clear.map((header) => parse(header).name),
        presented,
      );
      for (const header of clear) {
        t.equal(flags(header), flags(set[0]));
        t.match(header, /=; Max-Age=0; /);
      }
      t.equal(flags(cookies.clearEnded()), flags(cookies.setEnded("v")));
    }
  }
  t.end();
});

/** Lengths around every edge of the chunks. */
const EDGES = [1, ROOM - 1, ROOM, ...[2, 3, 4, 7].flatMap((n) => [n * PART - 1, n * PART, n * PART + 1]), ROOM + 1, 8 * PART - 1, 8 * PART];

for (const length of EDGES) {
  t.test(`chunk edges: a ticket of ${length} characters comes back whole, in cookies a browser keeps`, (t) => {
    const ticket = ticketOf(length);
    const set = writer.setTicket(ticket, []);
    t.equal(set.length, length <= ROOM ? 1 : Math.ceil(length / PART), "no more cookies than needed");
    for (const header of set) {
      const { name, value } = parse(header);
      t.ok(name.length + value.length <= 4096 - 128, `${name.length + value.length} bytes`);
    }
    const browser = jar();
    browser.take(set);
    const presented = readSessionCookies(browser.header(), names);
    t.same(presented.tickets, [ticket]);
    t.equal(writer.ticketBytes(ticket), browser.header().length, "and the budget counts exactly these bytes");
    t.end();
  });
}

t.test("a ticket for which there are not enough names is not cut, and over any budget", (t) => {
  const ticket = ticketOf(8 * PART + 1);
  t.same(writer.setTicket(ticket, []), []);
  t.equal(writer.ticketBytes(ticket), Number.POSITIVE_INFINITY);
  t.end();
});

t.test("chunks come back in whatever order the browser sends them, among other cookies", (t) => {
  const ticket = ticketOf(3 * PART);
  const pairs = writer.setTicket(ticket, []).map((header) => header.slice(0, header.indexOf(";")));
  for (const order of [
    [2, 0, 1],
    [1, 2, 0],
    [2, 1, 0],
  ]) {
    const header = ["theme=dark", ...order.map((index) => pairs[index]), "a=b"].join("; ");
    t.same(readSessionCookies(header, names).tickets, [ticket]);
  }
  t.end();
});

t.test("chunk edges: with a chunk lost there is no ticket, and the rest is known to be cleared", (t) => {
  const ticket = ticketOf(3 * PART);
  const pairs = writer.setTicket(ticket, []).map((header) => header.slice(0, header.indexOf(";")));
  for (let lost = 0; lost < 3; lost++) {
    const presented = readSessionCookies(pairs.filter((_, index) => index !== lost).join("; "), names);
    t.same(presented.tickets, []);
    t.ok(presented.any);
    t.equal(presented.names.length, 2);
  }
  t.end();
});

t.test("chunk edges: a ticket that shrinks clears the chunks of the longer one", (t) => {
  const browser = jar();
  browser.take(writer.setTicket(ticketOf(4 * PART), []));
  t.equal(browser.kept.size, 4);
  for (const length of [2 * PART, ROOM, 100]) {
    const ticket = ticketOf(length, `shorter ${length}`);
    browser.take(writer.setTicket(ticket, readSessionCookies(browser.header(), names).names));
    t.equal(browser.kept.size, length <= ROOM ? 1 : 2);
    t.same(readSessionCookies(browser.header(), names).tickets, [ticket]);
  }
  browser.take(writer.clearTicket(readSessionCookies(browser.header(), names).names));
  t.equal(browser.kept.size, 0);
  t.end();
});

t.test("chunks of two tickets are never put together", (t) => {
  const [one, two] = [ticketOf(2 * PART, "one"), ticketOf(2 * PART, "two")];
  const [oneFirst = "", oneSecond = ""] = writer.setTicket(one, []).map((header) => header.slice(0, header.indexOf(";")));
  const [twoFirst = "", twoSecond = ""] = writer.setTicket(two, []).map((header) => header.slice(0, header.indexOf(";")));
  t.same(readSessionCookies(`${oneFirst}; ${twoSecond}`, names).tickets, [], "two halves make no whole");
  t.same(
    readSessionCookies(`${oneFirst}; ${twoSecond}; ${oneSecond}; ${twoFirst}`, names).tickets.toSorted(),
    [one, two].toSorted(),
    "two wholes make two",
  );
  t.end();
});

t.test("chunks left behind by other tickets do not hide a whole one", (t) => {
  const ticket = ticketOf(2 * PART, "whole");
  const pairs = (value: string) => writer.setTicket(value, []).map((header) => header.slice(0, header.indexOf(";")));
  const left = ["a", "b", "c"].map((seed) => pairs(ticketOf(2 * PART, seed))[1]);
  t.same(readSessionCookies([...left, ...pairs(ticket)].join("; "), names).tickets, [ticket]);
  t.end();
});

t.test("a cookie that stands twice gives both values, in the browser's order, and not more than a few", (t) => {
  t.same(readSessionCookies(`${SESSION}=one; ${SESSION}=two`, names), {
    tickets: ["one", "two"],
    markers: [],
    names: [SESSION, SESSION],
    any: true,
  });
  const many = Array.from(
    { length: 500 },
    (_, index) => `${SESSION}=v${index}; __Host-Http-bff-ended=m${index}; ${SESSION}.1=t${index}xxxxx~0~9~x`,
  );
  const presented = readSessionCookies(many.join("; "), names);
  t.ok(presented.tickets.length <= 4);
  t.ok(presented.markers.length <= 4);
  t.end();
});

t.test("counts and indices that make no sense give no ticket", (t) => {
  const bad = [
    "~0~2~x",
    "id234567~0~0~x",
    "id234567~0~1~x",
    "id234567~5~2~x",
    "id234567~1~2~x",
    "id234567~0~99~x",
    "id234567~-1~2~x",
    "id234567~0~2~",
    "id234567~a~b~c",
  ];
  for (const value of bad.slice(1, 5)) t.same(readSessionCookies(`${SESSION}=${value}`, names).tickets, [], value);
  for (const value of bad) t.ok(readSessionCookies(`${SESSION}=${value}; ${SESSION}.1=${value}`, names).any, value);
  t.same(readSessionCookies(`${SESSION}.1=whole`, names).tickets, [], "a whole ticket stands under the base name only");
  t.end();
});

t.test("without any of ours there is nothing, and what only looks like ours is not", (t) => {
  const nothing = { tickets: [], markers: [], names: [], any: false };
  for (const header of [
    undefined,
    "",
    "a=b",
    "x-bff-session=1",
    `${SESSION}x=1`,
    `${SESSION}.12=1`,
    `${SESSION}.x=1`,
    `=${SESSION}`,
    "bff-session=1",
    SESSION,
  ]) {
    t.same(readSessionCookies(header, names), nothing, header ?? "no header");
  }
  t.end();
});

t.test("our names are ours in any case, with or without the prefix, and those of an app at any other port too; others are not", (t) => {
  const ports = ["bff-session-3000", "bff-session-80.1", "bff-ended-65535", "bff-login-3000-abc"];
  for (const publicUrl of PUBLIC_URLS) {
    const { isOurs } = cookieNames(publicUrl);
    for (const name of ["bff-session", "bff-session.1", "bff-ended", "bff-login-abc", ...ports]) {
      for (const ours of [name, `__Host-Http-${name}`, `__host-http-${name}`, name.toUpperCase()]) t.ok(isOurs(ours), ours);
    }
    for (const other of [
      "bff-sessions",
      "bff-session-x",
      "bff-session-",
      "bff-session-30x",
      "bff-ended-",
      "session",
      "bff",
      "bff-end",
      "__Host-bff-session",
      "xbff-session",
      "",
    ])
      t.notOk(isOurs(other), other);
  }
  t.end();
});

t.test("pairs are read as browsers write them", (t) => {
  const ended = "__Host-Http-bff-ended";
  const header = `a=1; ${SESSION} = one ;${SESSION}="x=y";;d;=e; ${ended}=;\t${ended}\t=\tm`;
  t.same(readSessionCookies(header, names), { tickets: ["one", '"x=y"'], markers: ["", "m"], names: [SESSION, SESSION], any: true });
  t.same(readSessionCookies(`\u00a0${SESSION}=one; x${SESSION}=two; ${SESSION}\u00a0=three`, names).any, false, "no other blank is one");
  t.end();
});

t.test("any ticket survives the browser, whatever came before it in the jar", (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 8 * PART }), { minLength: 1, maxLength: 4 }), (lengths) => {
      const browser = jar();
      for (const [index, length] of lengths.entries()) {
        const ticket = ticketOf(length, `ticket ${index}`);
        browser.take(writer.setTicket(ticket, readSessionCookies(browser.header(), names).names));
        t.same(readSessionCookies(browser.header(), names).tickets, [ticket]);
      }
    }),
    { numRuns: 40 },
  );
  t.end();
});

const pieces = fc.constantFrom(
  SESSION,
  `${SESSION}.1`,
  "__Host-Http-bff-ended",
  "bff-session",
  "=",
  ";",
  "; ",
  "~",
  "abcdefgh~0~2~xy",
  "abcdefgh~1~2~z",
  "%",
  "\t",
  '"',
  "\u0000",
);

t.test("malformed input crash: whatever stands in a Cookie header, reading does not throw and stays bounded", (t) => {
  const headers = fc.oneof(
    fc.array(fc.oneof(pieces, fc.string({ unit: "binary", maxLength: 8 })), { maxLength: 30 }).map((parts) => parts.join("")),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(headers, (header) => {
      const { tickets, markers } = readSessionCookies(header, names);
      return tickets.length <= 4 && markers.length <= 4;
    }),
    { numRuns: 500 },
  );
  t.end();
});

/** A field by itself: what chunks make up is worked out when it is asked for. */
const fieldsOf = ({ tickets, markers, names: found, any }: ReturnType<typeof readSessionCookies>) => ({
  tickets,
  markers,
  names: found,
  any,
});

t.test("reading finds in any header what a plain reader finds that takes it apart pair by pair", (t) => {
  const values = fc.oneof(
    fc.constantFrom("", "x", "abcdefgh~0~2~xy", "abcdefgh~1~2~z", "abcdefgh~1~2~%", "abcdefgh~0~2~", "ab!defgh~0~2~xy", "ab!defgh~1~2~z"),
    fc
      .tuple(fc.constantFrom("abcdefgh", "ABCDEFGH", "ab.defgh"), fc.nat(3), fc.nat(3), fc.constantFrom("xy", "z", "", "x y", "a~b"))
      .map(([id, index, count, part]) => `${id}~${index}~${count}~${part}`),
  );
  const ourNames = fc.constantFrom(SESSION, `${SESSION}.1`, `${SESSION}.2`, `${SESSION}.12`, `${SESSION}x`, "__Host-Http-bff-ended", "a");
  const blanks = fc.constantFrom("", " ", "\t ", "\u00a0");
  const pairs = fc
    .tuple(blanks, ourNames, blanks, fc.constantFrom("=", "=", "=", ""), blanks, values, blanks)
    .map((parts) => parts.join(""));
  const headers = fc.oneof(
    fc.array(pairs, { maxLength: 8 }).map((parts) => parts.join(";")),
    fc.array(fc.oneof(pieces, fc.string({ unit: "binary", maxLength: 8 })), { maxLength: 30 }).map((parts) => parts.join("")),
  );
  let chunked = 0;
  fc.assert(
    fc.property(headers, fc.constantFrom(...PUBLIC_URLS), (header, publicUrl) => {
      const those = cookieNames(publicUrl);
      const local = header.replaceAll("__Host-Http-bff-ended", those.ended).replaceAll(SESSION, those.session);
      const presented = readSessionCookies(local, those);
      const plain = readPlainly(local, those);
      const only = onlyTicket(presented)?.join("") ?? null;
      const isPlain = plain.tickets.length === 1 ? plain.tickets[0] === only : only === null;
      if (isPlain && plain.tickets.length === 1 && plain.names.length > 1) chunked += 1;
      // What is found without a look at every character is found among opened tickets alone.
      return isDeepStrictEqual(fieldsOf(presented), plain) && (isPlain || /[^A-Za-z0-9_-]/.test(only ?? ""));
    }),
    { numRuns: 5_000 },
  );
  t.ok(chunked > 10, `${chunked} of them were a ticket in chunks`);
  t.end();
});
