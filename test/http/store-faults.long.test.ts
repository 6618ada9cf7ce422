import t from "tap";
import type { ProblemDocument } from "../../src/index.js";
import { runSharedDemo, type SharedDemo } from "../support/shared-demo.js";
import type { StoreFault } from "../support/slow-store.js";

const FAULTS: readonly StoreFault[] = ["throws", "rejects", "never answers"];

/** While it goes on deadlines come five times as fast: nobody has to wait for whole seconds of a store that never answers. */
async function hurried<T>({ clock }: SharedDemo, what: () => Promise<T>): Promise<T> {
  const { deadline } = clock;
  clock.deadline = (delayMs, callback) => deadline(delayMs / 5, callback);
  return what().finally(() => {
    clock.deadline = deadline;
  });
}

for (const fault of FAULTS) {
  t.test(`a store that ${fault}: calls hear 503 within seconds, nobody is signed out, and it heals`, async (t) => {
    const demo = await runSharedDemo(t);
    const person = await demo.signedIn();
    for (const command of ["load", "lease", "announce", "commit"]) {
      demo.advance("2h");
      demo.backend.broken = { [command]: fault };
      const answer = await hurried(demo, () => person.call("/api/echo"));
      t.match(answer.json<ProblemDocument>(), { status: 503, reason: "store_unavailable" }, command);
      t.equal(answer.headers["set-cookie"], undefined, command);
      demo.backend.broken = {};
      demo.advance("10s");
      t.equal((await person.call("/api/echo")).status, 200, `${command}, healed`);
    }
    t.equal(demo.backend.endings.size, 0);
  });

  t.test(`a store that ${fault} where nobody waits for it breaks nothing`, async (t) => {
    const demo = await runSharedDemo(t, { sessionIdleTimeout: "1d" });
    const person = await demo.signedIn();
    demo.backend.broken = { touch: fault, renew: fault, release: fault };
    demo.advance("3h");
    t.equal((await person.call("/api/echo")).status, 200);
  });

  t.test(`a store that ${fault}: who signs out has left, here and at Cognito`, async (t) => {
    const demo = await runSharedDemo(t);
    const person = await demo.signedIn();
    const copy = person.copy();
    demo.backend.broken = { end: fault, endAllOf: fault };
    const answer = await hurried(demo, () =>
      person.call("/auth/logout", { method: "POST", headers: { "content-type": "application/json" }, body: '{"everywhere":true}' }),
    );
    t.equal(answer.status, 200);
    t.match((await copy.call("/api/echo")).json<ProblemDocument>(), { reason: "signed_out", cause: "logout_everywhere" });
    while (demo.localCognito.calls.list("GlobalSignOut").length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  });
}
