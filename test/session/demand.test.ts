import t from "tap";
import { meetsDemand } from "../../src/session/demand.js";

const BEGUN_AT_MS = 1_700_000_000_000;
const AUTH_TIME = 1_700_000_000;

t.test("auth_time has to be later than the session's before, to the second", (t) => {
  const demand = { newerThanSeconds: AUTH_TIME, begunAtMs: BEGUN_AT_MS, begunForCognitoMs: null };
  for (const [authTime, met] of [
    [AUTH_TIME - 1, false],
    [AUTH_TIME, false],
    [AUTH_TIME + 1, true],
  ] as const)
    t.equal(meetsDemand({ auth_time: authTime, iat: AUTH_TIME + 60 }, demand, BEGUN_AT_MS + 60_000), met);
  t.end();
});

t.test("or the sign-in younger than its transaction, by durations alone", (t) => {
  const demand = { newerThanSeconds: null, begunAtMs: BEGUN_AT_MS, begunForCognitoMs: null };
  for (const offset of [0, 7_200, -7_200]) {
    const iat = AUTH_TIME + offset;
    t.equal(meetsDemand({ auth_time: iat - 60, iat }, demand, BEGUN_AT_MS + 60_000), true, "as old as it");
    t.equal(meetsDemand({ auth_time: iat, iat }, demand, BEGUN_AT_MS), true, "in the same moment");
    t.equal(meetsDemand({ auth_time: iat - 62, iat }, demand, BEGUN_AT_MS + 60_000), false, "older");
  }
  t.end();
});

t.test("nor do the clocks of two processes matter, where the first one knew Cognito's", (t) => {
  for (const aheadMs of [7_200_000, -7_200_000]) {
    const demand = { newerThanSeconds: null, begunAtMs: BEGUN_AT_MS + aheadMs, begunForCognitoMs: BEGUN_AT_MS };
    const iat = BEGUN_AT_MS / 1000 + 60;
    t.equal(meetsDemand({ auth_time: iat - 60, iat }, demand, BEGUN_AT_MS + 60_000), true);
    t.equal(meetsDemand({ auth_time: iat - 62, iat }, demand, BEGUN_AT_MS + 60_000), false);
  }
  t.end();
});

t.test("a token that does not say when its person signed in meets no demand", (t) => {
  for (const newerThanSeconds of [null, AUTH_TIME])
    for (const claims of [
      {},
      { auth_time: String(AUTH_TIME + 9), iat: AUTH_TIME },
      { auth_time: AUTH_TIME + 9 },
      { auth_time: null, iat: 1 },
    ])
      t.equal(meetsDemand(claims, { newerThanSeconds, begunAtMs: BEGUN_AT_MS, begunForCognitoMs: null }, BEGUN_AT_MS + 1e9), false);
  t.end();
});
