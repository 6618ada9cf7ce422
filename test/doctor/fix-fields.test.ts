import t from "tap";
import { MUTABLE_FIELDS } from "../../src/doctor/app-client.js";
import { atDefault, completeSettings, differingFields, FIELDS, withField } from "../../src/doctor/fix/fields.js";
import { FULL, settingsWith } from "./settings-of.js";

t.test("every attribute is a field of its own, but for the units, which go with their values", (t) => {
  t.same([...FIELDS, "TokenValidityUnits"].sort(), [...MUTABLE_FIELDS].sort());
  t.end();
});

t.test("a change of any attribute is seen as that field", (t) => {
  const changes: Record<string, unknown> = {
    ClientName: "other",
    RefreshTokenValidity: 31,
    AccessTokenValidity: 16,
    IdTokenValidity: 3,
    AllowedOAuthFlowsUserPoolClient: false,
    PreventUserExistenceErrors: "LEGACY",
    EnableTokenRevocation: true,
    EnablePropagateAdditionalUserContextData: false,
    AuthSessionValidity: 4,
    AnalyticsConfiguration: { ApplicationId: "ffff" },
    RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 21 },
  };
  for (const field of FIELDS) t.same(differingFields(FULL, settingsWith({ [field]: changes[field] })), [field], field);
  t.same(differingFields(FULL, settingsWith({ TokenValidityUnits: { ...FULL.TokenValidityUnits, RefreshToken: "days" } })), [
    "RefreshTokenValidity",
  ]);
  t.end();
});

t.test("another order of a list and a default that is spelled out are no change", (t) => {
  t.same(differingFields(FULL, settingsWith({ CallbackURLs: [...(FULL.CallbackURLs ?? [])].reverse() })), []);
  const bare = settingsWith({}, { ClientName: "bare" });
  const spelledOut = settingsWith(
    {
      RefreshTokenValidity: 30,
      AccessTokenValidity: 1,
      TokenValidityUnits: { RefreshToken: "days", AccessToken: "hours" },
      PreventUserExistenceErrors: "LEGACY",
      EnableTokenRevocation: true,
      AuthSessionValidity: 3,
      CallbackURLs: [],
      RefreshTokenRotation: { Feature: "DISABLED" },
    },
    bare,
  );
  t.same(differingFields(bare, spelledOut), []);
  t.ok(FIELDS.filter((field) => field !== "ClientName").every((field) => atDefault(field, spelledOut)));
  t.notOk(FIELDS.some((field) => atDefault(field, FULL)));
  t.end();
});

t.test("a complete client is sent back as it came", (t) => {
  t.same(completeSettings(FULL), FULL);
  t.end();
});

t.test("a lifetime is sent as a value with its unit, and 60 without one stays the 60 days it was", (t) => {
  const sent = completeSettings({ ClientName: "bare", RefreshTokenValidity: 60, IdTokenValidity: 2 });
  t.same(sent, {
    ClientName: "bare",
    RefreshTokenValidity: 60,
    IdTokenValidity: 2,
    TokenValidityUnits: { RefreshToken: "days", IdToken: "hours" },
  });
  t.end();
});

t.test("no unit is sent without its value, and a refresh token always has both", (t) => {
  const sent = completeSettings({ ClientName: "bare", TokenValidityUnits: { AccessToken: "minutes" } });
  t.same(sent, {
    ClientName: "bare",
    RefreshTokenValidity: 30,
    AccessTokenValidity: 1,
    TokenValidityUnits: { RefreshToken: "days", AccessToken: "hours" },
  });
  t.same(completeSettings({ RefreshTokenValidity: 0, TokenValidityUnits: { RefreshToken: "hours" } }), {
    RefreshTokenValidity: 30,
    TokenValidityUnits: { RefreshToken: "days" },
  });
  t.end();
});

t.test("a flow that nobody has heard of is sent back, and so is a unit", (t) => {
  const odd = settingsWith({
    ExplicitAuthFlows: ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_SOMETHING_NEW"],
    TokenValidityUnits: { ...FULL.TokenValidityUnits, AccessToken: "weeks" },
  });
  t.same(completeSettings(odd), odd);
  const hours = settingsWith({ TokenValidityUnits: { ...FULL.TokenValidityUnits, AccessToken: "hours" } });
  t.same(
    differingFields(odd, hours),
    ["AccessTokenValidity", "ExplicitAuthFlows"],
    "and it is not the unit that AWS takes where none is given",
  );
  t.end();
});

t.test("a lifetime is taken over with its unit", (t) => {
  const other = settingsWith({ RefreshTokenValidity: 30, TokenValidityUnits: { ...FULL.TokenValidityUnits, RefreshToken: "days" } });
  t.same(withField(other, "RefreshTokenValidity", FULL), FULL);
  t.end();
});
