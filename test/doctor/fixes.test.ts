import t from "tap";
import type { ClientSettings } from "../../src/doctor/app-client.js";
import { CHECKS } from "../../src/doctor/checks/checks.js";
import { differingFields, type Field } from "../../src/doctor/fix/fields.js";
import { applyFixes, FIXES, type FixSurroundings, findFix } from "../../src/doctor/fix/fixes.js";
import { FULL, settingsWith } from "./settings-of.js";

const SURROUNDINGS: FixSurroundings = {
  app: { callbackUrl: "https://new.example.com/auth/callback", signOutUrl: "https://new.example.com/" },
  hasSecret: true,
};

function apply(id: string, settings: ClientSettings, surroundings = SURROUNDINGS) {
  const found = findFix(id);
  if (found.kind === "none") throw new Error(found.why);
  return applyFixes(settings, [found.fix], surroundings);
}

t.test("every check that says it can be fixed is, and no other", (t) => {
  t.same(FIXES.map(({ id }) => id).sort(), CHECKS.flatMap(({ id, fixable }) => (fixable ? [id] : [])).sort());
  t.end();
});

function mended(id: string, settings: ClientSettings): ClientSettings {
  const done = apply(id, settings);
  if (done.kind === "impossible") throw new Error(done.why);
  return done.settings;
}

interface Case {
  /** What is wrong with the client. */
  readonly wrong: Readonly<Record<string, unknown>>;
  readonly field: Field;
  readonly fixed: unknown;
}

const CASES: { readonly [id: string]: Case } = {
  "token-revocation-off": { wrong: {}, field: "EnableTokenRevocation", fixed: true },
  "user-existence-errors": { wrong: { PreventUserExistenceErrors: undefined }, field: "PreventUserExistenceErrors", fixed: "ENABLED" },
  "user-context-not-propagated": {
    wrong: { EnablePropagateAdditionalUserContextData: false },
    field: "EnablePropagateAdditionalUserContextData",
    fixed: true,
  },
  "callback-url-missing": {
    wrong: {},
    field: "CallbackURLs",
    fixed: [...(FULL.CallbackURLs ?? []), "https://new.example.com/auth/callback"],
  },
  "sign-out-url-missing": { wrong: { LogoutURLs: undefined }, field: "LogoutURLs", fixed: ["https://new.example.com/"] },
  "implicit-flow": { wrong: { AllowedOAuthFlows: ["implicit", "code"] }, field: "AllowedOAuthFlows", fixed: ["code"] },
  "local-callback": {
    wrong: { CallbackURLs: [...(FULL.CallbackURLs ?? []), "http://localhost:3000/cb", "myapp://localhost"] },
    field: "CallbackURLs",
    fixed: [...(FULL.CallbackURLs ?? []), "myapp://localhost"],
  },
  "global-sign-out-scope": {
    wrong: {},
    field: "AllowedOAuthScopes",
    fixed: [...(FULL.AllowedOAuthScopes ?? []), "aws.cognito.signin.user.admin"],
  },
  "rotation-grace": {
    wrong: {},
    field: "RefreshTokenRotation",
    fixed: { Feature: "ENABLED", RetryGracePeriodSeconds: 60 },
  },
};

for (const { id } of FIXES)
  t.test(`${id}: mends what is wrong and nothing else, and once is enough`, (t) => {
    const { wrong, field, fixed } = CASES[id] ?? { wrong: {}, field: "ClientName", fixed: "a fix without a case" };
    const settings = settingsWith(wrong);
    const done = mended(id, settings);
    t.same(done[field], fixed);
    t.same(differingFields(settings, done), [field]);
    t.same(mended(id, done), done);
    t.end();
  });

t.test("what cannot be fixed says why, and what it needs", (t) => {
  const nothing = { app: null, hasSecret: false };
  const cases: readonly (readonly [id: string, settings: ClientSettings, why: RegExp])[] = [
    ["user-context-not-propagated", FULL, /clients with a secret alone/],
    ["callback-url-missing", FULL, /set PUBLIC_URL/],
    ["sign-out-url-missing", FULL, /set PUBLIC_URL/],
    ["local-callback", settingsWith({ CallbackURLs: ["http://localhost:3000/cb"] }), /no callback URL would be left/],
    [
      "local-callback",
      settingsWith({ CallbackURLs: ["https://a.example.com/", "http://localhost/"], DefaultRedirectURI: "http://localhost/" }),
      /DefaultRedirectURI is such an address/,
    ],
    ["rotation-grace", settingsWith({ RefreshTokenRotation: undefined }), /rotation is off/],
  ];
  for (const [id, settings, why] of cases) {
    t.match(apply(id, settings, nothing), { kind: "impossible", why }, id);
  }
  t.end();
});

t.test("the implicit flow that stood alone makes room for the code flow", (t) => {
  t.same(mended("implicit-flow", settingsWith({ AllowedOAuthFlows: ["implicit"] })).AllowedOAuthFlows, ["code"]);
  t.end();
});

t.test("no program knows how long people shall stay signed in: it is asked for", (t) => {
  t.match(findFix("refresh-unit-smell"), { kind: "none", why: /--refresh-validity 30d/ });
  t.match(findFix("nonsense"), { kind: "none", why: /there is no fix for it; there are token-revocation-off, / });
  t.end();
});
