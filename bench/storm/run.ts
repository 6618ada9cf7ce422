import { setTimeout as wait } from "node:timers/promises";
import { each } from "./calls.js";
import { type Deployment, type DeploymentOptions, deploy } from "./deployment.js";
import type { Outcome, Witnessed } from "./scenario.js";
import { Tally } from "./tally.js";

/** What each person's page asks for at once. */
export const CALLS_EACH = 10;
/** A call that is told to come again later does so for this long. */
const INSISTS_MS = 30_000;
const LOOKED_AT_A_TIME = 40;
const NO_EVENT: Witnessed = { inFlight: 0 };
/** People whose calls are made first and counted nowhere: what a process compiles and opens at its first calls is another matter. */
export const WARM_UP = 15;
const WARMED_AT_A_TIME = 3;

export interface RunOptions extends DeploymentOptions {
  /** Hears of it now and then. */
  readonly progress: (what: string, done: number, all: number) => void;
}

/** All calls of all people, with the event in the middle. */
async function storm(deployment: Deployment, { scenario, progress }: RunOptions, tally: Tally): Promise<Witnessed> {
  const { people, calls } = deployment;
  const eventAt = Math.floor(people.length / 3);
  let event: Promise<Partial<Witnessed>> | null = null;
  let done = 0;
  await each(people, scenario.atATime, async (person) => {
    if (done >= eventAt && scenario.event && !event) {
      event = scenario.event(deployment);
      // It is awaited below; until then nobody else hears of its failure.
      event.catch(() => {});
    }
    if (person.state === "signed out") return;
    person.state = "calls";
    const untilMs = performance.now() + INSISTS_MS;
    await Promise.all(Array.from({ length: CALLS_EACH }, () => calls.insist(person, tally, untilMs)));
    progress("calls", ++done, people.length);
  });
  progress("waiting for the event to be over", done, people.length);
  return { ...NO_EVENT, ...(await (event ?? {})) };
}

/** How everybody is answered in the end: those who are not, by their last answer. */
async function lookAtAll({ people, calls, replicas }: Deployment, { scenario, progress }: RunOptions) {
  const notBack = new Map<string, number>();
  let [letInAgain, seen] = [0, 0];
  const untilMs = performance.now() + scenario.backWithinMs;
  await each(people, LOOKED_AT_A_TIME, async (person) => {
    if (person.state === "signed out") {
      for (const replica of replicas.keys()) if ((await calls.once(person, null, { replica })).answered === "200") letInAgain += 1;
    } else {
      const answered = await calls.insist(person, null, untilMs);
      if (answered !== "200") notBack.set(answered, (notBack.get(answered) ?? 0) + 1);
    }
    progress("looking whether all are back", ++seen, people.length);
  });
  return { notBack, letInAgain };
}

/** One scenario, from an empty store to the last look. */
export async function run(options: RunOptions): Promise<Outcome> {
  const { scenario, standIns, progress, sessions } = options;
  progress("signing in", 0, sessions);
  const deployment = await deploy({ ...options, sessions: sessions + WARM_UP });
  try {
    const [warmUp, people] = [deployment.people.slice(0, WARM_UP), deployment.people.slice(WARM_UP)];
    progress("warming up", 0, WARM_UP);
    await storm(
      { ...deployment, people: warmUp },
      { ...options, scenario: { ...scenario, event: null, atATime: WARMED_AT_A_TIME } },
      new Tally(),
    );
    await standIns.forget();
    const tally = new Tally();
    await standIns.faults(scenario.faults);
    const startedAtMs = performance.now();
    const witnessed = await storm({ ...deployment, people }, options, tally);
    const seconds = (performance.now() - startedAtMs) / 1000;
    const { notBack, letInAgain } = await lookAtAll({ ...deployment, people }, options);
    // What Cognito still works on counts, too.
    await wait(100);
    return { sessions, tally, notBack, letInAgain, witnessed, seconds, ...(await standIns.figures()) };
  } finally {
    await deployment.stop();
  }
}
