import { ENDINGS } from "./endings.js";
import { MISTAKES } from "./mistakes.js";
import { OUTAGES } from "./outages.js";
import type { Scenario } from "./scenario.js";

/** Everything that is rehearsed, in order. */
export const SCENARIOS: readonly Scenario[] = [...ENDINGS, ...MISTAKES, ...OUTAGES];
