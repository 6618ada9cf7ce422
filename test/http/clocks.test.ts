import t from "tap";
import { runAnotherServer } from "../support/another-server.js";
import { runDemo } from "../support/running-demo.js";

const HOUR_MS = 3_600_000;
const NAVIGATE = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "cross-site", accept: "text/html" };

for (const hours of [2, -2, 23, -23, 25, -25]) {
  const works = Math.abs(hours) < 24;
  const outcome = works ? "it works" : "it has expired";
  t.test(
    `a sign-in comes back to a process whose clock is ${hours} hours ahead: ${outcome}, and the log names the difference`,
    async (t) => {
      const demo = await runDemo(t);
      const another = await runAnotherServer(t, demo, { changes: { publicUrl: demo.url }, aheadMs: hours * HOUR_MS });
      const person = demo.person();
      const page = await person.visit("/auth/login");
      const callback = new URL(String((await person.submitLogin(page, demo.user, "/auth/callback")).headers["location"]));
      const answer = await person.call(`${another.url}${callback.pathname}${callback.search}`, { headers: NAVIGATE });
      t.equal(answer.status, works ? 302 : 400);
      if (!works) t.match(answer.text, /transaction_expired/);
      const lines = another.logLines.filter((line) => line.includes("clock_difference_seconds"));
      t.equal(lines.length, 1);
      const { clock_difference_seconds: seconds } = JSON.parse(lines[0] ?? "{}") as { clock_difference_seconds?: number };
      t.ok(Math.abs((seconds ?? 0) + hours * 3_600) < 30, `${seconds}`);
      if (!works) return;
      const metrics = await (await fetch(`${another.managementUrl}/metrics`)).text();
      const learned = Number(/^bff_cognito_clock_difference_seconds (\S+)$/m.exec(metrics)?.[1]);
      t.ok(Math.abs(learned + hours * 3_600) < 30, `${learned}`);
    },
  );
}

t.test("clocks that agree are not named, however long somebody takes to sign in", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  const page = await person.visit("/auth/login");
  demo.advance("4m");
  t.equal((await person.submitLogin(page, demo.user)).status, 200);
  t.notMatch(demo.logLines.join(""), "clock_difference_seconds");
});
