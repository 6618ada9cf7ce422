import { PassThrough, Writable } from "node:stream";
import t, { type Test } from "tap";
import { openSessionsCommand } from "../../src/commands/sessions/sessions.js";
import { runAnotherServer } from "../support/another-server.js";
import { readMetric } from "../support/metric.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";

const TOKEN = "an-operators-token-of-32-bytes-or-more";
const start = (t: Test) => runDemo(t, { managementToken: TOKEN });

async function summaryOf({ managementUrl }: Pick<RunningDemo, "managementUrl">) {
  const answer = await fetch(`${managementUrl}/sessions/summary`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const document = (await answer.json()) as {
    readonly sessions: number;
    readonly ends_within: readonly { readonly from_seconds: number; readonly sessions: number }[] | null;
  };
  return { status: answer.status, document, ends: (document.ends_within ?? []).filter(({ sessions }) => sessions > 0) };
}

/** What `cognito-bff sessions summary` prints. */
async function printed({ managementUrl }: Pick<RunningDemo, "managementUrl">): Promise<string> {
  const chunks: string[] = [];
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  const streams = { stdin: new PassThrough(), stdout, stderr: stdout };
  await openSessionsCommand({ MANAGEMENT_TOKEN: TOKEN }, { url: managementUrl }, streams).summary();
  return chunks.join("");
}

t.test("a process counts the sessions in cookies that it has seen within a day, by the hour and day of their end", async (t) => {
  const demo = await start(t);
  const [first] = [await demo.signedIn(), await demo.signedIn()];
  demo.advance("20h");
  await demo.signedIn();
  await first?.call("/api/echo");
  const { document, ends } = await summaryOf(demo);
  t.match(document, { counted: "seen_here", seen_within_seconds: 86_400, estimated: false, sessions: 3, session_life_seconds: 2_592_000 });
  t.match(ends, [{ from_seconds: 29 * 86_400, sessions: 3 }]);
  demo.advance("5h");
  t.match((await summaryOf(demo)).document, { sessions: 2 }, "one has not come back for a day");
  for (let day = 1; day < 29; day++) {
    demo.advance("23h");
    await first?.call("/auth/session");
  }
  const soon = await summaryOf(demo);
  t.match(soon, { document: { sessions: 1 }, ends: [{ from_seconds: 2 * 86_400, sessions: 1 }] }, "by the ticket's own beginning");
  demo.advance("2d");
  await first?.call("/auth/session");
  t.equal(await demo.metric("bff_seen_sessions"), 1);
  t.equal(await demo.metric("bff_seen_sessions_ending", 'within="1d"'), 1);
  t.equal(await demo.metric("bff_seen_sessions_ending_peak"), 1);
  const hours = await Promise.all(["01", "02", "03"].map((hour) => demo.metric("bff_seen_sessions_ending_by_hour", `hour="${hour}"`)));
  t.same(hours, [0, 1, 0]);
  const at = await demo.metric("bff_seen_sessions_ending_peak_timestamp_seconds");
  t.ok(Math.abs(at * 1000 - (demo.clock.now() + 2 * 3_600_000)) < 60_000);
  t.equal(await demo.metric("bff_shared_sessions"), 0);
  await first?.call("/auth/logout", { method: "POST" });
  t.match((await summaryOf(demo)).document, { sessions: 0 }, "who has signed out is not counted");
});

t.test("of several processes the sessions are between the largest count and the sum", async (t) => {
  const demo = await start(t);
  const other = await runAnotherServer(t, demo, { changes: { publicUrl: demo.url } });
  const [here, both] = [await demo.signedIn(), await demo.signedIn()];
  t.ok(here);
  t.equal((await both.copy().call(`${other.url}/api/echo`)).status, 200);
  const counts = await Promise.all([demo, other].map(({ managementUrl }) => readMetric(managementUrl, "bff_seen_sessions")));
  t.same(counts, [2, 1]);
});

t.test("the command says which sessions it counts, and how to read several counts", async (t) => {
  const demo = await start(t);
  await demo.signedIn();
  const text = await printed(demo);
  t.match(text, /^1 session at \d{4}-\d\d-\d\d \d\d:\d\d UTC\n\nBy age\n/);
  t.match(text, /When they end at the latest, 30d after sign-in \(UTC\)\n {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}day 30 {2}1/);
  t.match(text.replaceAll("\n", " "), /kept in cookies, so this process counts those that it has seen in the last 24 hours/);
  t.match(text.replaceAll("\n", " "), /between the largest count and the sum/);
  t.ok(text.split("\n").every((line) => line.length <= 80));
});

t.test("where nobody says how long sessions live the forecast is unknown, in words, in JSON and in metrics", async (t) => {
  const demo = await start(t);
  const other = await runAnotherServer(t, demo, { changes: { publicUrl: demo.url, cognitoRefreshTokenValidityMs: null } });
  const person = (await demo.signedIn()).copy();
  t.match((await person.call(`${other.url}/auth/session`)).json(), { session_ends_at: null });
  t.match((await summaryOf(other)).document, { sessions: 1, session_life_seconds: null, ends_within: null });
  t.match(await printed(other), /When they end is unknown: set COGNITO_REFRESH_TOKEN_VALIDITY/);
  t.equal(await readMetric(other.managementUrl, "bff_seen_sessions"), 1);
  t.notMatch(await (await fetch(`${other.managementUrl}/metrics`)).text(), /^bff_seen_sessions_ending\w*[ {]/m);
});
