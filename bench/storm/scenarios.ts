import { setTimeout as wait } from "node:timers/promises";
import type { Deployment } from "./deployment.js";
import type { Event, Scenario } from "./scenario.js";
import { REFRESH_OPERATION } from "./stand-ins.js";

/** What a machine takes down with it; the second of the three. */
const VICTIM = 1;
const REDIS_AWAY_MS = 5_000;
const CUT_OFF_MS = 30_000;
const LOOKS = 10;
const LOOK_EVERY_MS = 400;
const UNREPLICATED_MS = 2_000;
/** For how long a question to Cognito counts as open, after which a token used twice ends its session. */
const INTENT_MS = 120_000;
const SIGNED_OUT_IN_FAIL_OVER = 20;

/** Whose question to Cognito stays open: the others come back within moments. */
async function stayOpen({ openIntents }: Deployment): Promise<number> {
  let open = await openIntents();
  for (let look = 0; look < LOOKS; look++) {
    await wait(LOOK_EVERY_MS);
    const now = new Set(await openIntents());
    open = open.filter((key) => now.has(key));
  }
  return open.length;
}

const kill: Event = async (deployment) => {
  await deployment.replicas[VICTIM]?.kill();
  return { inFlight: await stayOpen(deployment) };
};

const restartRedis: Event = async ({ store }) => {
  if (store.kind !== "redis") throw new Error("there is one Redis");
  await store.redis.interrupt();
  await wait(REDIS_AWAY_MS);
  await store.redis.startAgain();
  return {};
};

const cutOff: Event = async (deployment) => {
  const line = deployment.lines[VICTIM];
  line?.vanish(true);
  const [inFlight] = await Promise.all([stayOpen(deployment), wait(CUT_OFF_MS)]);
  line?.vanish(false);
  return { inFlight };
};

/** Some sign out, and others are refreshed, of which the second server hears nothing before it takes over. */
const failOver: Event = async ({ store, people, calls }: Deployment) => {
  if (store.kind !== "sentinel") throw new Error("there is a Sentinel");
  store.sentinel.pauseReplication();
  const leaving = people.filter(({ state }) => state === "not called yet").slice(-SIGNED_OUT_IN_FAIL_OVER);
  // All before the first of them is waited for, or others would begin to call.
  for (const person of leaving) person.state = "signed out";
  for (const person of leaving) {
    const { answered } = await calls.once(person, null, { method: "POST", path: "/auth/logout" });
    if (answered !== "200") throw new Error(`a sign-out was answered ${answered}`);
  }
  await wait(UNREPLICATED_MS);
  await store.sentinel.killMaster();
  await store.sentinel.failedOver();
  return {};
};

const CALM: Omit<Scenario, "name" | "title"> = {
  rotation: { kind: "off" },
  refreshesPerSecond: 1_000,
  faults: [],
  store: "redis",
  ownLines: false,
  atATime: 20,
  event: null,
  mayHear: [],
  mayLose: "nothing",
  extraRefreshes: "none",
  keepsToRate: false,
  backWithinMs: 30_000,
};

const GRACE_10: Scenario["rotation"] = { kind: "on", graceSeconds: 10 };
const GRACE_0: Scenario["rotation"] = { kind: "on", graceSeconds: 0 };
/** As far as Cognito may be: or hardly a refresh would be under way when something happens. */
const IN_FLIGHT: Scenario["faults"] = [{ operation: REFRESH_OPERATION, fault: "latency", latencyMs: 300 }];
const AWAY = ["store_unavailable"];
const LATE = ["store_unavailable", "cognito_unavailable"];

/** In the order in which they are run. */
export const SCENARIOS: readonly Scenario[] = [
  { ...CALM, name: "calm", title: "1,000 refreshes a second" },
  { ...CALM, name: "rotation", title: "the same with rotation and no grace", rotation: GRACE_0 },
  {
    ...CALM,
    name: "limit",
    title: "100 refreshes a second for all three",
    refreshesPerSecond: 100,
    atATime: 200,
    mayHear: ["cognito_throttled"],
    keepsToRate: true,
    backWithinMs: 60_000,
  },
  {
    ...CALM,
    name: "killed",
    title: "a replica gets SIGKILL; rotation, grace 10 s",
    rotation: GRACE_10,
    faults: IN_FLIGHT,
    event: kill,
    mayHear: LATE,
    extraRefreshes: "in flight",
  },
  {
    ...CALM,
    name: "killed-grace-0",
    title: "a replica gets SIGKILL; rotation, no grace",
    rotation: GRACE_0,
    faults: IN_FLIGHT,
    event: kill,
    mayHear: LATE,
    mayLose: "in flight",
    extraRefreshes: "in flight",
    backWithinMs: INTENT_MS + 30_000,
  },
  {
    ...CALM,
    name: "redis-restart",
    title: "Redis is away for 5 s",
    rotation: GRACE_10,
    event: restartRedis,
    mayHear: AWAY,
    extraRefreshes: "any",
  },
  {
    ...CALM,
    name: "fail-over",
    title: "Sentinel fails over to a server that lags behind",
    rotation: GRACE_10,
    store: "sentinel",
    event: failOver,
    mayHear: AWAY,
    extraRefreshes: "any",
  },
  {
    ...CALM,
    name: "cut-off",
    title: "a replica reaches Cognito and no Redis for 30 s; grace 10 s",
    rotation: GRACE_10,
    faults: IN_FLIGHT,
    ownLines: true,
    event: cutOff,
    mayHear: LATE,
    extraRefreshes: "in flight",
    backWithinMs: 60_000,
  },
  {
    ...CALM,
    name: "cut-off-grace-0",
    title: "the same without grace; it comes back in time",
    rotation: GRACE_0,
    faults: IN_FLIGHT,
    ownLines: true,
    event: cutOff,
    mayHear: LATE,
    extraRefreshes: "none",
    backWithinMs: 60_000,
  },
  {
    ...CALM,
    name: "slow",
    title: "Cognito takes 2 s for each answer",
    faults: [{ operation: REFRESH_OPERATION, fault: "latency", latencyMs: 2_000 }],
    atATime: 100,
    mayHear: ["cognito_unavailable", "cognito_throttled"],
  },
  {
    ...CALM,
    name: "lossy",
    title: "Cognito loses one answer in ten; rotation off",
    faults: [{ operation: REFRESH_OPERATION, fault: "reset_after", probability: 0.1 }],
    mayHear: ["cognito_unavailable"],
    extraRefreshes: "any",
  },
  {
    ...CALM,
    name: "lossy-grace-10",
    title: "the same with rotation and grace 10 s",
    rotation: GRACE_10,
    faults: [{ operation: REFRESH_OPERATION, fault: "reset_after", probability: 0.1 }],
    mayHear: ["cognito_unavailable", "store_unavailable"],
    extraRefreshes: "any",
  },
  {
    ...CALM,
    name: "throttled",
    title: "Cognito throttles one request in five",
    faults: [{ operation: REFRESH_OPERATION, fault: "throttle", probability: 0.2 }],
    mayHear: ["cognito_throttled"],
  },
];
