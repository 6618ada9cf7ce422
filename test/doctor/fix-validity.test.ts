import t from "tap";
import { parseValidity, withValidity } from "../../src/doctor/fix/refresh-validity.js";
import { FULL } from "./settings-of.js";

t.test("a validity keeps the unit it was written with", (t) => {
  for (const [text, value, unit] of [
    ["30d", 30, "days"],
    ["720h", 720, "hours"],
    ["60m", 60, "minutes"],
    ["3600s", 3600, "seconds"],
    ["3650d", 3650, "days"],
  ])
    t.same(parseValidity(String(text)), { kind: "validity", value, unit }, String(text));
  t.end();
});

t.test("a bare number is asked for its unit, and what Cognito would refuse is told before", (t) => {
  for (const [text, why] of [
    ["30", /30 what\? Write 30d for days, 30h for hours/],
    ["30 d", /expected a whole number and its unit/],
    ["30w", /expected a whole number and its unit/],
    ["3600000ms", /expected a whole number and its unit/],
    ["", /expected a whole number and its unit/],
    ["59m", /60 minutes to 3,650 days/],
    ["3651d", /60 minutes to 3,650 days/],
    ["0d", /60 minutes to 3,650 days/],
  ] as const)
    t.match(parseValidity(text), { kind: "fault", why }, text);
  t.end();
});

t.test("only the refresh token's value and unit change", (t) => {
  t.same(withValidity(FULL, { value: 90, unit: "days" }), {
    kind: "settings",
    settings: { ...FULL, RefreshTokenValidity: 90, TokenValidityUnits: { ...FULL.TokenValidityUnits, RefreshToken: "days" } },
  });
  t.end();
});

t.test("no validity is written that an ID or access token would outlive", (t) => {
  t.match(withValidity(FULL, { value: 1, unit: "hours" }), {
    kind: "impossible",
    why: /IdTokenValidity is 2 hours, and no token may outlive the refresh token \(1 hour\)/,
  });
  t.end();
});
