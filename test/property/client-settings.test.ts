import assert from "node:assert/strict";
import t from "tap";
import { type ClientSettings, parseAppClient } from "../../src/doctor/app-client.js";
import { parseBackup, renderBackup } from "../../src/doctor/fix/backup.js";
import { completeSettings, differingFields, FIELDS, sameField } from "../../src/doctor/fix/fields.js";
import { planUndo } from "../../src/doctor/fix/merge.js";
import fc from "../support/property.js";

/** An app client as Cognito may describe it: each field there or not, units with and without their values. */
const units = fc.constantFrom("seconds", "minutes", "hours", "days", "weeks");
const texts = fc.uniqueArray(fc.constantFrom("a", "b", "c", "https://app.example.com/é"), { maxLength: 3 });
const fields = fc.record(
  {
    RefreshTokenValidity: fc.nat(40),
    AccessTokenValidity: fc.nat(40),
    IdTokenValidity: fc.nat(40),
    TokenValidityUnits: fc.record({ RefreshToken: units, AccessToken: units, IdToken: units }, { requiredKeys: [] }),
    ReadAttributes: texts,
    WriteAttributes: texts,
    ExplicitAuthFlows: texts,
    SupportedIdentityProviders: texts,
    CallbackURLs: texts,
    LogoutURLs: texts,
    DefaultRedirectURI: fc.constantFrom("a", "b"),
    AllowedOAuthFlows: texts,
    AllowedOAuthScopes: texts,
    AllowedOAuthFlowsUserPoolClient: fc.boolean(),
    AnalyticsConfiguration: fc.record({ ApplicationId: fc.constantFrom("x", "y"), UserDataShared: fc.boolean() }, { requiredKeys: [] }),
    PreventUserExistenceErrors: fc.constantFrom("LEGACY", "ENABLED"),
    EnableTokenRevocation: fc.boolean(),
    EnablePropagateAdditionalUserContextData: fc.boolean(),
    AuthSessionValidity: fc.integer({ min: 3, max: 6 }),
    RefreshTokenRotation: fc.record({ Feature: fc.constantFrom("ENABLED", "DISABLED"), RetryGracePeriodSeconds: fc.nat(2) }),
  },
  { requiredKeys: [] },
);
const settings = fields.map((given): ClientSettings => parseAppClient({ ClientName: "shop", ...given }).settings);
const named = fc.subarray([...FIELDS]);
const at = { takenAt: new Date(0), poolId: "us-east-1_Local0001", clientId: "client" };

t.test("what is sent means what was there, and every lifetime in it is a value with its unit", (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(settings, (given) => {
        const sent = completeSettings(given);
        assert.deepEqual(differingFields(given, sent), []);
        assert.deepEqual(completeSettings(sent), sent);
        assert.equal(sent.RefreshTokenValidity === undefined, false);
        for (const [token, value] of [
          ["RefreshToken", sent.RefreshTokenValidity],
          ["AccessToken", sent.AccessTokenValidity],
          ["IdToken", sent.IdTokenValidity],
        ] as const)
          assert.equal(value === undefined, sent.TokenValidityUnits?.[token] === undefined, token);
      }),
      { numRuns: 300 },
    ),
  );
  t.end();
});

t.test("a backup reads as it was written, whatever the client", (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(settings, fc.option(settings), (before, wrote) => {
        assert.deepEqual(parseBackup(renderBackup({ ...at, settings: before, wrote })), { ...at, settings: before, wrote });
      }),
      { numRuns: 200 },
    ),
  );
  t.end();
});

t.test("an undo gives back what the fix changed and still stands, and never touches anything else", (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(settings, settings, settings, (before, wrote, live) => {
        const { settings: after, restored } = planUndo({ before, wrote, live }, []);
        for (const field of FIELDS) {
          const ofFix = !sameField(field, before, wrote) && sameField(field, live, wrote);
          assert.equal(restored.includes(field), ofFix, field);
          assert.ok(sameField(field, after, ofFix ? before : live), field);
        }
        assert.deepEqual(differingFields(planUndo({ before, wrote, live: wrote }, []).settings, before), []);
      }),
      { numRuns: 300 },
    ),
  );
  t.end();
});

t.test("an undo of named fields gives back those, and never touches anything else", (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(settings, fc.option(settings), settings, named, (before, wrote, live, names) => {
        fc.pre(names.length > 0);
        const { settings: after } = planUndo({ before, wrote, live }, names);
        for (const field of FIELDS) assert.ok(sameField(field, after, names.includes(field) ? before : live), field);
      }),
      { numRuns: 300 },
    ),
  );
  t.end();
});
