import type { Config } from "../../config/config.js";
import { type Clock, systemClock } from "../../model/clock.js";
import { cookieNames } from "../../store/cookies.js";
import { type Caller, type Expected, MINUTE_MS, type Scenario } from "../scenarios/scenario.js";
import { SCENARIOS } from "../scenarios/table.js";
import type { Browser } from "../stage/browser.js";
import { type Build, openStage, type Stage } from "../stage/stage.js";
import { answerFaults, attributeFaults, cookieFaults, logFaults, met, type Probe, pageFaults, wanted } from "./judgement.js";

/** What became of one scenario. */
export type ScenarioResult = {
  readonly name: string;
  readonly title: string;
  /** What the person must meet: `401 expired / refresh_token_expired`. */
  readonly meets: string;
  /** What must become of the session's cookie. */
  readonly cookie: "cleared" | "kept";
  readonly seconds: number;
} & (
  | { readonly outcome: "passed" }
  | { readonly outcome: "failed"; readonly faults: readonly string[] }
  | { readonly outcome: "skipped"; readonly because: string }
);

export interface RehearsalOptions {
  readonly config: Config;
  /** Names of scenarios; empty: all. */
  readonly only: readonly string[];
  /** Hears which scenarios have not ended yet, whenever one begins or ends. */
  readonly onProgress?: (running: readonly string[], finished: number, count: number) => void;
  readonly build?: Build;
  readonly clock?: Pick<Clock, "monotonicMs">;
}

/** How many are played at a time: most of what an outage takes is waiting. */
const LANES = 3;

/** Plays every scenario, each on a stage of its own; the results are in the order of the table. */
export async function rehearse({
  config,
  only,
  onProgress,
  build,
  clock = systemClock,
}: RehearsalOptions): Promise<readonly ScenarioResult[]> {
  const scenarios = SCENARIOS.filter(({ name }) => only.length === 0 || only.includes(name));
  const results: ScenarioResult[] = [];
  const running = new Set<string>();
  const waiting = scenarios.entries();
  const tell = () => onProgress?.([...running], results.filter(Boolean).length, scenarios.length);
  const lane = async () => {
    for (const [index, scenario] of waiting) {
      running.add(scenario.name);
      tell();
      results[index] = await resultOf(scenario, config, clock, build);
      running.delete(scenario.name);
      tell();
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return results;
}

async function resultOf(
  scenario: Scenario,
  config: Config,
  clock: Pick<Clock, "monotonicMs">,
  build: Build | undefined,
): Promise<ScenarioResult> {
  const { name, title, expected } = scenario;
  const startedAtMs = clock.monotonicMs();
  const because = scenario.without?.(config) ?? null;
  const faults = because === null ? await play(scenario, config, build) : [];
  const cookie = expected.kind === "problem" ? expected.cookie : "kept";
  const seconds = Math.round(clock.monotonicMs() - startedAtMs) / 1_000;
  const base = { name, title, meets: wanted(expected), cookie, seconds } as const;
  if (because !== null) return { ...base, outcome: "skipped", because };
  return faults.length === 0 ? { ...base, outcome: "passed" } : { ...base, outcome: "failed", faults };
}

/** Everything that went otherwise than it must. */
async function play(scenario: Scenario, config: Config, build?: Build): Promise<readonly string[]> {
  let stage: Stage | null = null;
  try {
    stage = await openStage({
      config,
      keepsLimits: scenario.keepsLimits ?? false,
      ...(scenario.cognitoDeadlineMs && { cognitoDeadlineMs: scenario.cognitoDeadlineMs }),
      ...(build && { build }),
    });
    return await playOn(stage, scenario);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  } finally {
    await stage?.close();
  }
}

const SERVED: Expected = { kind: "served", log: null };

async function playOn(stage: Stage, scenario: Scenario): Promise<readonly string[]> {
  const names = cookieNames(stage.config.publicUrl);
  const landed = await stage.signIn(stage.browser);
  if (!stage.browser.cookies.has(names.session)) return [`signing in before it ended with ${met(landed)} at ${landed.url.pathname}`];
  const before = await faultsOfCalls(stage, stage.browser, SERVED);
  if (before.length > 0) return before.map((fault) => `before it: ${fault}`);

  const caller: Caller = (await scenario.happens(stage)) ?? { browser: stage.browser, proxy: stage.proxy };
  const probes = await probe(stage, caller.browser);
  const page = await caller.browser.visit(`${stage.config.authPrefix}/session`);
  const answers = [...probes.map(({ answer }) => answer), page];
  const faults = [
    // First: without the cookie every later answer is another one, too.
    ...cookieFaults(answers, caller.browser, names, scenario.expected),
    ...attributeFaults(caller.browser, names, stage.config),
    ...probes.flatMap((made) => answerFaults(made, scenario.expected)),
    ...pageFaults(page, scenario.expected),
    ...logFaults(answers, caller.proxy.log, scenario.expected),
  ];

  await scenario.mends?.(stage);
  return [...faults, ...(await faultsAfterwards(stage, scenario, caller)).map((fault) => `afterwards: ${fault}`)];
}

async function faultsAfterwards(stage: Stage, { afterwards }: Scenario, { browser }: Caller): Promise<readonly string[]> {
  switch (afterwards) {
    case "over":
      return [];
    case "signs_in":
      await stage.signIn(browser);
      return faultsOfCalls(stage, browser, SERVED);
    case "goes_on":
      // Beyond every Retry-After.
      stage.clock.advance(2 * MINUTE_MS);
      return faultsOfCalls(stage, stage.browser, SERVED);
  }
}

async function faultsOfCalls(stage: Stage, browser: Browser, expected: Expected): Promise<readonly string[]> {
  return (await probe(stage, browser)).flatMap((made) => answerFaults(made, expected));
}

/** What an app does: it calls an API, asks for the session, and calls again, as another tab would. */
async function probe(stage: Stage, browser: Browser): Promise<readonly Probe[]> {
  const session = `${stage.config.authPrefix}/session`;
  const api = apiPath(stage.config);
  const probes: Probe[] = [];
  for (const path of api === null ? [session, session] : [api, session, api]) {
    const callsBefore = stage.apiCalls().length;
    const answer = await browser.call(path);
    const seen = stage.apiCalls().slice(callsBefore);
    probes.push({ path, isForwarded: path === api, answer, tokensSeen: seen.filter(({ token }) => token !== null).length });
  }
  return probes;
}

/** A path of the first route whose calls need a session and carry a token; null where there is none, and the session alone is asked for. */
function apiPath({ proxyRoutes }: Config): string | null {
  const route = proxyRoutes.find(({ session, token }) => session === "required" && token !== "none");
  return route === undefined ? null : `${route.prefix.replace(/\/$/, "")}/rehearsal`;
}
