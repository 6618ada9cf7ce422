import { inspect } from "node:util";
import t from "tap";
import { checkConfig } from "../../src/commands/check-config.js";
import { parseEnvironment } from "../../src/config/parse-config.js";
import { SETTING_NAMES } from "../../src/config/settings/settings.js";
import fc from "../support/property.js";
import { testKey, VALID } from "./valid-environment.js";

const readNothing = () => {
  throw new Error("no file");
};

const plausible = fc.oneof(
  fc.constantFrom(
    "30",
    "30s",
    "off",
    "true",
    "[",
    "[{}]",
    "http://x",
    "https://x.example.com",
    "/a",
    "/a=http://b",
    "0",
    "99999999999999999999",
  ),
  fc.constantFrom('[{"prefix":"/a","target":"http://b","token":{}}]', "\u0000", "\u001b[31m", "a,b,c", "__proto__", "10.0.0.0/8"),
  fc.string({ unit: "binary" }),
);

const anyEnvironment = fc.oneof(
  fc.dictionary(fc.constantFrom(...SETTING_NAMES, ...SETTING_NAMES.map((name) => `${name}_FILE`)), plausible),
  fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "COGNITO_", "SESSION_KEYS_", "_")), plausible),
);

t.test("any environment gives a configuration or faults, never an exception", async () => {
  fc.assert(
    fc.property(anyEnvironment, fc.boolean(), (changes, complete) => {
      const parsing = parseEnvironment(complete ? { ...VALID, ...changes } : changes, { readFile: readNothing });
      return parsing.kind === "config" || parsing.faults.length > 0;
    }),
    { numRuns: 300 },
  );
});

t.test("a fault or a warning holds no control character", async () => {
  fc.assert(
    fc.property(anyEnvironment, (changes) => {
      const { text } = checkConfig({ ...VALID, ...changes }, { reading: { readFile: readNothing } });
      return !/[^\P{Cc}\n]/u.test(text);
    }),
    { numRuns: 300 },
  );
});

const MARK = "Zq7XmarkedW9k";

// Each puts a marked secret where people put secrets, rightly or wrongly.
const leaks: readonly fc.Arbitrary<Record<string, string>>[] = [
  ...["SESSION_KEYS", "COGNITO_CLIENT_SECRET", "MANAGEMENT_TOKEN", "SESSION_STORE"].flatMap((name) => [
    fc.tuple(fc.string(), fc.string()).map(([before, after]) => ({ [name]: `${before}${MARK}${after}` })),
    fc.constant({ [`${name}_FILE`]: `/${MARK}` }),
    fc.constant({ [name]: `${MARK},${MARK}` }),
    fc.constant({ [`${name.slice(0, -1)}`]: MARK }),
  ]),
  ...["PUBLIC_URL", "COGNITO_DOMAIN", "COGNITO_TOKEN_URL", "COGNITO_ENDPOINT", "SPA_URL"].map((name) =>
    fc.constantFrom("https://u:", "https://", "redis://x:", "//").map((before) => ({ [name]: `${before}${MARK}@host/x` })),
  ),
  fc
    .constantFrom(
      ...[`/a=http://u:${MARK}@api`, `[{"prefix":"/a","target":"http://u:${MARK}@api"}]`, `[{"target":"http://u:${MARK}@api"`],
      ...[`{"target":"http://u:${MARK}@api"}`, `/auth=http://${MARK}@api`, `http://u:${MARK}@api`],
    )
    .map((routes) => ({ PROXY_ROUTES: routes })),
];

t.test("no secret is ever repeated in a fault, a warning or by check-config", async () => {
  fc.assert(
    fc.property(fc.oneof(...leaks), anyEnvironment, fc.boolean(), (leak, changes, first) => {
      const env = { ...VALID, ...(first ? leak : {}), ...changes, ...leak };
      const parsing = parseEnvironment(env, { readFile: readNothing });
      const texts = [
        JSON.stringify(parsing),
        inspect(parsing, { depth: 20, showHidden: true }),
        ...[false, true].map((json) => checkConfig(env, { reading: { readFile: readNothing } }, { json }).text),
      ];
      return texts.every((text) => !text.includes(MARK) && !text.includes(Buffer.from(MARK).toString("base64").slice(0, 12)));
    }),
    { numRuns: 400 },
  );
});

t.test("valid secrets are shown as present, and only as that", async (t) => {
  const env = {
    ...VALID,
    SESSION_KEYS: `${testKey("a")},${testKey("b")}`,
    COGNITO_CLIENT_SECRET: `${MARK}1,${MARK}2`,
  };
  const parsing = parseEnvironment(env);
  const { text } = checkConfig(env);
  for (const shown of [text, JSON.stringify(parsing), inspect(parsing, { depth: 20, showHidden: true })]) {
    t.notMatch(shown, MARK);
    t.notMatch(shown, testKey("a").slice(0, 8));
  }
  t.match(text, /SESSION_KEYS +environment +present \(2\)\n/);
});
