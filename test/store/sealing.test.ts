import t from "tap";
import { createSealer, type Purpose } from "../../src/store/sealing.js";
import fc from "../support/property.js";
import { keyFrom } from "../support/session-fixtures.js";

const PURPOSES: readonly Purpose[] = ["session", "ended", "login", "state"];
const newKey = keyFrom("new");
const oldKey = keyFrom("old");
const sealer = createSealer([newKey]);
const PLAINTEXT = Buffer.from("a session's bytes");

t.test("what was sealed comes back, with the dictionary it was packed with", (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom(...PURPOSES),
      fc.integer({ min: 0, max: 255 }),
      (bytes, purpose, dictionary) => {
        const sealed = sealer.seal(purpose, bytes, dictionary);
        t.match(sealed, /^[A-Za-z0-9_-]+$/, "it fits into a cookie as it is");
        const opened = sealer.open(purpose, sealed);
        return (
          opened.kind === "opened" &&
          Buffer.compare(opened.plaintext, bytes) === 0 &&
          opened.dictionary === dictionary &&
          opened.key === "newest"
        );
      },
    ),
    { numRuns: 50 },
  );
  t.end();
});

t.test("two seals of one value differ, and neither shows it", (t) => {
  const [one, two] = [sealer.seal("session", PLAINTEXT), sealer.seal("session", PLAINTEXT)];
  t.not(one, two);
  t.notOk(Buffer.from(one, "base64url").includes(PLAINTEXT));
  t.end();
});

for (const sealedFor of PURPOSES) {
  for (const openedAs of PURPOSES.filter((purpose) => purpose !== sealedFor)) {
    t.test(`key use: a ${sealedFor} cookie is not accepted as a ${openedAs} cookie`, (t) => {
      t.same(sealer.open(openedAs, sealer.seal(sealedFor, PLAINTEXT)), { kind: "invalid", cause: "unreadable" });
      t.end();
    });
  }
}

t.test("key use: the new key seals, the old one still opens and says so, until it is taken away", (t) => {
  const before = createSealer([oldKey]).seal("session", PLAINTEXT);
  const during = createSealer([newKey, oldKey]);
  const rolled = createSealer([oldKey, newKey]);
  t.match(during.open("session", before), { kind: "opened", key: "older" });
  const fresh = during.seal("session", PLAINTEXT);
  t.match(during.open("session", fresh), { kind: "opened", key: "newest" });
  t.match(rolled.open("session", fresh), { kind: "opened", key: "older" }, "a replica that seals with the old one still can read it");
  t.same(createSealer([newKey]).open("session", before), { kind: "invalid", cause: "unknown_key" }, "the old-key cut-off");
  t.same(createSealer([oldKey]).open("session", fresh), { kind: "invalid", cause: "unknown_key" });
  t.end();
});

t.test("a key has one id on every process, and keys are not told by their order", (t) => {
  const sealed = createSealer([keyFrom("new")]).seal("login", PLAINTEXT);
  t.equal(createSealer([oldKey, keyFrom("x"), keyFrom("new")]).open("login", sealed).kind, "opened");
  t.end();
});

t.test("without a key there is no sealer", (t) => {
  t.throws(() => createSealer([]), RangeError);
  t.end();
});

t.test("a format of another release is an unknown version, not an end", (t) => {
  const bytes = Buffer.from(sealer.seal("session", PLAINTEXT), "base64url");
  for (const format of [0, 2, 255]) {
    bytes[0] = format;
    t.same(sealer.open("session", bytes.toString("base64url")), { kind: "invalid", cause: "unknown_version" });
  }
  t.end();
});

t.test("not one bit can be changed: format, dictionary, key id, nonce, content and tag are all authenticated", (t) => {
  const sealed = sealer.seal("session", PLAINTEXT, 1);
  const bytes = Buffer.from(sealed, "base64url");
  const causes = new Map<string, number>();
  for (let index = 0; index < bytes.length; index++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8((changed[index] ?? 0) ^ (1 << bit), index);
      const opened = sealer.open("session", changed.toString("base64url"));
      const cause = opened.kind === "invalid" ? opened.cause : "OPENED";
      causes.set(cause, (causes.get(cause) ?? 0) + 1);
    }
  }
  const rest = (bytes.length - 5) * 8;
  t.same(Object.fromEntries(causes), { unknown_version: 8, unknown_key: 32, unreadable: rest });
  t.end();
});

t.test("a truncated or lengthened value is never opened", (t) => {
  const sealed = sealer.seal("session", PLAINTEXT);
  for (let length = 0; length < sealed.length; length++)
    t.equal(sealer.open("session", sealed.slice(0, length)).kind, "invalid", `${length} characters`);
  for (const more of ["A", "AAAA", sealed]) t.equal(sealer.open("session", sealed + more).kind, "invalid");
  for (let cut = 1; cut < sealed.length; cut += 7) t.equal(sealer.open("session", sealed.slice(cut)).kind, "invalid", "from the front");
  t.end();
});

t.test("one value has one spelling: padding, blanks, quotes and the other alphabet are refused", (t) => {
  // Of as many bytes as leave unused bits in the last character.
  const sealed = sealer.seal("session", PLAINTEXT.subarray(0, 12));
  t.equal(Buffer.from(sealed, "base64url").length % 3, 1, "two characters stand for the last byte");
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const twin = sealed.slice(0, -1) + alphabet.charAt(alphabet.indexOf(sealed.slice(-1)) + 1);
  t.same(Buffer.from(twin, "base64url"), Buffer.from(sealed, "base64url"), "the same bytes, spelled differently");
  const spellings = [
    twin,
    `${sealed}==`,
    `${sealed}=`,
    ` ${sealed}`,
    `"${sealed}"`,
    `${sealed}\n`,
    `${sealed.slice(0, 5)} ${sealed.slice(5)}`,
  ];
  for (const spelling of spellings) t.same(sealer.open("session", spelling), { kind: "invalid", cause: "unreadable" });
  t.equal(sealer.open("session", sealed).kind, "opened");
  t.end();
});

t.test("whatever comes, opening does not throw and opens nothing that was not sealed here", (t) => {
  const anything = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.base64String(),
    fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes).toString("base64url")),
  );
  fc.assert(fc.property(anything, fc.constantFrom(...PURPOSES), (value, purpose) => sealer.open(purpose, value).kind === "invalid"));
  t.end();
});
