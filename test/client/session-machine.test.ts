import fc from "fast-check";
import t from "tap";
import { createSessionClientIn } from "../../src/client/session-client.js";
import { isSignedIn } from "../../src/client/session-state.js";
import { flush } from "../support/manual-clock.js";
import { type Asked, expired, FakeTabs, problemAnswer, sessionAnswer } from "./fake-browser.js";

/** What an answer says; only the first two of these may end a session. */
const ANSWERS = ["own 401", "signed out", "ok", "other person", "API's 401", "API's 500", "own 503", "network", "portal"] as const;
type Answer = (typeof ANSWERS)[number];

const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("call" as const), write: fc.boolean(), replay: fc.boolean(), key: fc.boolean(), wait: fc.boolean() }),
    { arbitrary: fc.record({ do: fc.constant("answer" as const), index: fc.nat(5), answer: fc.constantFrom(...ANSWERS) }), weight: 4 },
    fc.record({
      do: fc.constantFrom("check" as const, "stay" as const, "return" as const, "act" as const, "cancel" as const, "login" as const),
    }),
    fc.record({ do: fc.constant("pass" as const), ms: fc.nat(1_200_000) }),
    fc.record({ do: fc.constant("news" as const), type: fc.constantFrom("signed-in", "changed", "nonsense") }),
    fc.record({ do: fc.constant("logout" as const) }),
  ),
  { minLength: 1, maxLength: 40 },
);

/** Answers a call, or a question about the session, as its path expects. */
function give({ request, answer, fail }: Asked, kind: Answer, nowMs: number): void {
  const isSession = new URL(request.url).pathname === "/auth/session";
  const limits = { idleEndsInMs: 900_000, sessionEndsInMs: 86_400_000 };
  if (kind === "own 401") answer(expired());
  else if (kind === "signed out") answer(problemAnswer(401, { reason: "signed_out", cause: "logout_everywhere" }));
  else if (kind === "ok")
    answer(isSession ? sessionAnswer(nowMs, limits) : Response.json({ logout_url: "https://pool.example.com/logout" }));
  else if (kind === "other person") answer(isSession ? sessionAnswer(nowMs, { ...limits, sub: "eve" }) : new Response());
  else if (kind === "API's 401") answer(new Response("", { status: 401 }));
  else if (kind === "API's 500") answer(new Response("", { status: 500 }));
  else if (kind === "own 503") answer(problemAnswer(503, { reason: "cognito_unavailable" }, { "retry-after": "2" }));
  else if (kind === "portal") answer(new Response("<h1>Welcome</h1>"));
  else fail();
}

t.test(
  "whatever happens in whatever order: only our own 401 and a sign-out end a session, and no call is sent again that may have arrived",
  async (t) => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const tabs = new FakeTabs();
        const tab = tabs.openTab();
        const news = tabs.openTab().openChannel("cognito-bff", () => {});
        const client = createSessionClientIn(tab, { activity: "pointer" });
        /** What each call was answered so far, by its number. */
        const answers = new Map<string, Answer[]>();
        const sent = new Map<string, number>();
        const wanted = new Map<string, { readonly mayRepeat: boolean; readonly wait: boolean }>();
        const faults: string[] = [];
        let latest: Answer | null = null;
        client.subscribe((now, before) => {
          if (!isSignedIn(before) || isSignedIn(now)) return;
          if (now.status === "unreachable" || now.status === "unknown") faults.push(`signed in, then ${now.status}`);
          const isOrdered = latest === "own 401" || latest === "signed out" || (latest === "ok" && now.status === "signed_out");
          if (!isOrdered) faults.push(`${latest} ended the session`);
        });
        const look = () => {
          for (const { request } of tabs.asked) {
            const id = request.headers.get("x-call");
            if (id !== null) seen.add(request);
          }
        };
        const seen = new Set<Request>();
        const count = () => {
          const before = new Set(seen);
          look();
          for (const request of seen) {
            if (before.has(request)) continue;
            const id = request.headers.get("x-call") ?? "";
            const times = (sent.get(id) ?? 0) + 1;
            sent.set(id, times);
            const told = answers.get(id) ?? [];
            const { mayRepeat = false, wait = false } = wanted.get(id) ?? {};
            if (times === 1) continue;
            const last = told.at(-1);
            const wasNotForwarded = last === "own 401" || last === "signed out" || (wait && last === "own 503");
            if (!mayRepeat || !wasNotForwarded) faults.push(`call ${id} was sent again after ${last}`);
            if (told.filter((each) => each === "own 401" || each === "signed out").length > 1) faults.push(`call ${id} waited twice`);
          }
        };
        let calls = 0;
        for (const step of sequence) {
          if (step.do === "call") {
            const id = String(calls++);
            const headers = { "x-call": id, ...(step.key ? { "idempotency-key": id } : {}) };
            wanted.set(id, { mayRepeat: !step.write || step.replay || step.key, wait: step.wait });
            const init = { method: step.write ? "POST" : "GET", headers, replay: step.replay, waitForService: step.wait };
            client.fetch("/api/x", step.write ? { ...init, body: id } : init).catch(() => {});
          } else if (step.do === "answer") {
            const asked = tabs.asked.splice(step.index % Math.max(1, tabs.asked.length), 1)[0];
            if (asked) {
              latest = step.answer;
              const id = asked.request.headers.get("x-call");
              if (id !== null) answers.set(id, [...(answers.get(id) ?? []), step.answer]);
              give(asked, step.answer, tabs.clock.now());
            }
          } else if (step.do === "check") void client.check();
          else if (step.do === "stay") void client.stayActive();
          else if (step.do === "return") tab.comeBack();
          else if (step.do === "act") tab.act();
          else if (step.do === "cancel") client.cancelLogin();
          else if (step.do === "login") void client.login({ mode: "popup" });
          else if (step.do === "logout") void client.logout();
          else if (step.do === "news") news.postMessage({ type: step.type });
          else if (step.do === "pass") await tabs.clock.run(step.ms);
          await flush();
          await flush();
          count();
        }
        client.dispose();
        // A pause that our own 503 asked for is slept out.
        await tabs.clock.run(60_000);
        if (tabs.clock.pending() > 0) faults.push("a timer was left");
        if (faults.length > 0) throw new Error(faults.join("\n"));
      }),
      { numRuns: 1_000 },
    );
    t.end();
  },
);
