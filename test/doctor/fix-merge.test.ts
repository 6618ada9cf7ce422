import t from "tap";
import { differingFields } from "../../src/doctor/fix/fields.js";
import { looksWiped, planUndo } from "../../src/doctor/fix/merge.js";
import { FULL, settingsWith } from "./settings-of.js";

const DAYS = { RefreshTokenValidity: 30, TokenValidityUnits: { ...FULL.TokenValidityUnits, RefreshToken: "days" } };
/** As a fix of the refresh validity leaves the client. */
const FIXED = settingsWith(DAYS);
/** As the short command leaves it: RefreshTokenValidity alone. */
const WIPED = settingsWith({}, { ClientName: "shop", RefreshTokenValidity: 30, TokenValidityUnits: {} });

t.test("an undo right after the fix is the client as it was", (t) => {
  const plan = planUndo({ before: FULL, wrote: FIXED, live: FIXED }, []);
  t.same(plan.settings, FULL);
  t.same(plan.restored, ["RefreshTokenValidity"]);
  t.same([...plan.already, ...plan.writtenSince, ...plan.othersChanged], []);
  t.end();
});

t.test("what others changed since stays as they left it", (t) => {
  const live = settingsWith({ ...DAYS, CallbackURLs: ["https://new.example.com/auth/callback"], DefaultRedirectURI: undefined });
  const plan = planUndo({ before: FULL, wrote: FIXED, live }, []);
  t.same(plan.restored, ["RefreshTokenValidity"]);
  t.same(plan.othersChanged, ["CallbackURLs", "DefaultRedirectURI"]);
  t.same(differingFields(plan.settings, FULL), ["CallbackURLs", "DefaultRedirectURI"]);
  t.same(differingFields(plan.settings, live), ["RefreshTokenValidity"]);
  t.notOk(looksWiped(plan));
  t.end();
});

t.test("a field of the fix that somebody has set anew is left alone, unless it is named", (t) => {
  const live = settingsWith({ ...DAYS, RefreshTokenValidity: 90 });
  const plan = planUndo({ before: FULL, wrote: FIXED, live }, []);
  t.same(plan.restored, []);
  t.same(plan.writtenSince, ["RefreshTokenValidity"]);
  t.same(plan.settings, live);
  t.same(planUndo({ before: FULL, wrote: FIXED, live }, ["RefreshTokenValidity"]).settings, FULL);
  t.end();
});

t.test("named fields come back, and the 30 hours do not come with them", (t) => {
  const plan = planUndo({ before: FULL, wrote: FIXED, live: WIPED }, ["LogoutURLs", "CallbackURLs", "AccessTokenValidity"]);
  t.same(plan.restored, ["AccessTokenValidity", "CallbackURLs", "LogoutURLs"]);
  t.same(plan.settings, {
    ...WIPED,
    CallbackURLs: FULL.CallbackURLs,
    LogoutURLs: FULL.LogoutURLs,
    AccessTokenValidity: 15,
    TokenValidityUnits: { AccessToken: "minutes" },
  });
  t.end();
});

t.test("after a wipe the other fields are seen to be at AWS's defaults", (t) => {
  const plan = planUndo({ before: FULL, wrote: FIXED, live: WIPED }, []);
  t.ok(looksWiped(plan));
  t.ok(plan.reset.length > 10);
  t.notOk(plan.reset.includes("RefreshTokenValidity"));
  t.end();
});

t.test("a field that had the default's value as its own is offered after a wipe as well, and comes back as it was said", (t) => {
  const own = {
    AccessTokenValidity: 1,
    IdTokenValidity: 1,
    TokenValidityUnits: { AccessToken: "hours", IdToken: "hours", RefreshToken: "days" },
  };
  const wrote = settingsWith({ ...own, RefreshTokenValidity: 30 });
  const before = settingsWith({ ...own, TokenValidityUnits: { ...own.TokenValidityUnits, RefreshToken: "hours" } });
  const plan = planUndo({ before, wrote, live: WIPED }, []);
  t.ok(plan.reset.includes("AccessTokenValidity"));
  t.notOk(plan.othersChanged.includes("AccessTokenValidity"), "though it means the same");
  const back = planUndo({ before, wrote: null, live: WIPED }, ["AccessTokenValidity"]);
  t.same(back.restored, ["AccessTokenValidity"]);
  t.match(back.settings, { AccessTokenValidity: 1, TokenValidityUnits: { AccessToken: "hours" } });
  t.end();
});

t.test("a client that has a single setting of its own to lose is seen to be wiped as well", (t) => {
  const own = { ClientName: "shop", PreventUserExistenceErrors: "ENABLED", AccessTokenValidity: 1, EnableTokenRevocation: true } as const;
  const before = settingsWith({ RefreshTokenValidity: 30, TokenValidityUnits: { AccessToken: "hours", RefreshToken: "hours" } }, own);
  const wrote = settingsWith({ RefreshTokenValidity: 30, TokenValidityUnits: { AccessToken: "hours", RefreshToken: "days" } }, own);
  t.ok(looksWiped(planUndo({ before, wrote, live: WIPED }, [])));
  t.notOk(
    looksWiped(planUndo({ before, wrote, live: settingsWith({ PreventUserExistenceErrors: "LEGACY" }, wrote) }, [])),
    "one that was set",
  );
  t.notOk(
    looksWiped(planUndo({ before, wrote, live: settingsWith({ AuthSessionValidity: 3, CallbackURLs: [] }, wrote) }, [])),
    "defaults said",
  );
  t.end();
});

t.test("one field that somebody has emptied is no wipe", (t) => {
  const live = settingsWith({ ...DAYS, LogoutURLs: undefined });
  const plan = planUndo({ before: FULL, wrote: FIXED, live }, []);
  t.same(plan.reset, ["LogoutURLs"]);
  t.notOk(looksWiped(plan));
  t.end();
});

t.test("a backup after which nothing was written undoes nothing by itself", (t) => {
  const versions = { before: FULL, wrote: null, live: WIPED };
  const plan = planUndo(versions, []);
  t.same(plan.restored, []);
  t.ok(plan.othersChanged.includes("CallbackURLs"));
  t.same(planUndo(versions, ["CallbackURLs"]).settings.CallbackURLs, FULL.CallbackURLs);
  t.end();
});

t.test("an undo that has been made already has nothing to do", (t) => {
  const plan = planUndo({ before: FULL, wrote: FIXED, live: FULL }, []);
  t.same(plan.restored, []);
  t.same(plan.already, ["RefreshTokenValidity"]);
  t.end();
});
