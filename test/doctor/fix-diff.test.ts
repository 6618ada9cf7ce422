import t from "tap";
import { renderDiff } from "../../src/doctor/fix/diff.js";
import { managementHint } from "../../src/doctor/fix/management.js";
import { FULL, settingsWith } from "./settings-of.js";

const plain = (_style: string, text: string) => text;

t.test("a list shows what stays, what goes and what comes", (t) => {
  const after = settingsWith({ CallbackURLs: ["https://app.example.com/auth/callback", "https://new.example.com/auth/callback"] });
  t.same(renderDiff(FULL, after, plain), [
    "  CallbackURLs",
    "    https://app.example.com/auth/callback",
    "  - https://old.example.com/auth/callback",
    "  + https://new.example.com/auth/callback",
  ]);
  t.end();
});

t.test("what is taken away, set for the first time or AWS's own is said so", (t) => {
  const after = settingsWith({
    AccessTokenValidity: undefined,
    TokenValidityUnits: { RefreshToken: "hours", IdToken: "hours" },
    LogoutURLs: [],
    DefaultRedirectURI: undefined,
    RefreshTokenRotation: { Feature: "DISABLED" },
  });
  t.same(renderDiff(FULL, after, plain), [
    "  AccessTokenValidity",
    "  - 15 minutes, 900 seconds",
    "  + 1 hour, 3,600 seconds, AWS's default",
    "  LogoutURLs",
    "  - https://app.example.com/",
    "  + (none)",
    "  DefaultRedirectURI",
    "  - https://app.example.com/auth/callback",
    "  + (not set)",
    "  RefreshTokenRotation",
    '  - {"Feature":"ENABLED","RetryGracePeriodSeconds":20}',
    '  + {"Feature":"DISABLED"}',
  ]);
  t.end();
});

t.test("what goes is red, what comes green, what stays dim", (t) => {
  const styled = (style: string, text: string) => `<${style}>${text.trim()}`;
  const after = settingsWith({ AllowedOAuthScopes: ["openid", "profile"] });
  t.same(renderDiff(FULL, after, styled), ["<bold>AllowedOAuthScopes", "<dim>openid", "<red>- email", "<green>+ profile"]);
  t.end();
});

t.test("a tag on the pool is a hint of who manages the client, and no more is made of it", (t) => {
  t.match(managementHint({ "aws:cloudformation:stack-name": "auth-prod" }), "CloudFormation stack auth-prod");
  t.equal(managementHint({ ManagedBy: "Terraform" }), "The pool bears the tag ManagedBy=Terraform.");
  t.equal(managementHint({ "sst:app": "shop" }), "The pool bears the tag sst:app=shop.");
  t.equal(managementHint({ team: "identity", cost: "cdkeys" }), null);
  t.equal(managementHint({}), null);
  t.end();
});
