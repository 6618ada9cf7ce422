import t from "tap";
import { describeLifetime, lifetimeOf, secondsInWords } from "../../src/doctor/lifetime.js";

t.test("a lifetime is said as it is set, in the units people count in, and in seconds", (t) => {
  const lifetime = lifetimeOf({ RefreshTokenValidity: 30, TokenValidityUnits: { RefreshToken: "hours" } }, "RefreshToken");
  t.match(lifetime, { seconds: 108_000, words: "30 hours", human: "1 day 6 hours", byDefault: false });
  t.equal(describeLifetime(lifetime), "30 hours (1 day 6 hours), 108,000 seconds");
  t.equal(
    describeLifetime(lifetimeOf({ IdTokenValidity: 60, TokenValidityUnits: { IdToken: "minutes" } }, "IdToken")),
    "60 minutes (1 hour), 3,600 seconds",
  );
  t.equal(
    describeLifetime(lifetimeOf({ AccessTokenValidity: 300, TokenValidityUnits: { AccessToken: "seconds" } }, "AccessToken")),
    "300 seconds (5 minutes)",
  );
  t.end();
});

t.test("what is left out is AWS's default: 30 days, 1 hour, and days for a number without its unit", (t) => {
  t.match(lifetimeOf({}, "RefreshToken"), { seconds: 2_592_000, words: "30 days", human: null, byDefault: true });
  t.match(lifetimeOf({}, "AccessToken"), { seconds: 3_600, words: "1 hour", byDefault: true });
  t.match(lifetimeOf({}, "IdToken"), { seconds: 3_600, byDefault: true });
  t.match(lifetimeOf({ RefreshTokenValidity: 60, TokenValidityUnits: {} }, "RefreshToken"), { words: "60 days", byDefault: false });
  t.match(lifetimeOf({ AccessTokenValidity: 2 }, "AccessToken"), { words: "2 hours" });
  t.match(lifetimeOf({ RefreshTokenValidity: 0, TokenValidityUnits: { RefreshToken: "minutes" } }, "RefreshToken"), { words: "30 days" });
  t.end();
});

for (const [seconds, words] of [
  [0, "0 seconds"],
  [1, "1 second"],
  [3_600, "1 hour"],
  [90, "1 minute 30 seconds"],
  [86_400 + 61, "1 day 1 minute"],
  [315_360_000, "3,650 days"],
] as const)
  t.test(`${seconds} s are ${words}`, (t) => {
    t.equal(secondsInWords(seconds), words);
    t.end();
  });
