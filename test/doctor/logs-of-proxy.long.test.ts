import t from "tap";
import { readLogs } from "../../src/doctor/logs/read-logs.js";
import { verdictsOf } from "../../src/doctor/logs/verdicts.js";
import { administer, updateClient } from "../support/administration.js";
import { runDemo } from "../support/running-demo.js";

async function* textOf(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

t.test("what the proxy itself writes about a client of 30 hours is read as what it is", async (t) => {
  const demo = await runDemo(t);
  await updateClient(demo, { RefreshTokenValidity: 30, TokenValidityUnits: { RefreshToken: "hours" } });
  const people = await Promise.all(Array.from({ length: 6 }, () => demo.signedIn()));
  const [leaving, revoked] = [await demo.signedIn(), await demo.signedIn()];
  demo.advance("2h");
  await leaving.call("/auth/logout", { method: "POST" });
  demo.advance("28h");
  demo.advance("5m");
  for (const person of [...people, revoked]) t.equal((await person.call("/api/echo")).status, 401);
  const late = await demo.signedIn();
  demo.advance("2h");
  demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "internal_error" });
  t.equal((await late.call("/api/echo")).status, 503);
  const tally = await readLogs(textOf(demo.logLines));
  t.same([tally.ended, tally.started, tally.people, tally.others], [8, 9, 1, 0]);
  t.match(verdictsOf(tally), [
    {
      id: "log-lifetime",
      severity: "error",
      what: "7 of 8 sessions ended at 30.1 h ± 1 min: a lifetime, not an outage",
      meaning: /30 hours/,
    },
    { id: "log-logout" },
    { id: "log-cognito-unavailable", what: /^1 answer cognito_unavailable between/ },
  ]);
});

t.test("an administrator's sign-out of everybody is no lifetime", async (t) => {
  const demo = await runDemo(t);
  const people = await Promise.all(Array.from({ length: 12 }, () => demo.signedIn()));
  demo.advance("2h");
  await administer(demo, "AdminUserGlobalSignOut", { Username: demo.user.email });
  for (const person of people) await person.call("/api/echo");
  const [first] = verdictsOf(await readLogs(textOf(demo.logLines)));
  t.match(first, { id: "log-revoked-at-once", what: /^all 12 sessions of this cause ended within five minutes/ });
});
