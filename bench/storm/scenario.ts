import type { FaultPlan } from "../../src/local-cognito/index.js";
import type { Deployment } from "./deployment.js";
import type { Rotation } from "./stand-ins.js";
import type { Tally } from "./tally.js";

/** What may go on in the middle of a storm. Resolves with what there is to judge besides. */
export type Event = (deployment: Deployment) => Promise<Partial<Witnessed>>;

/** What an event has seen. */
export interface Witnessed {
  /** Sessions that were in flight at a replica that is gone: as many may be refreshed twice, or lost. */
  readonly inFlight: number;
}

export interface Scenario {
  readonly name: string;
  /** One line. */
  readonly title: string;
  readonly rotation: Rotation;
  /** `REFRESH_RATE_LIMIT`. */
  readonly refreshesPerSecond: number;
  readonly faults: readonly FaultPlan[];
  readonly store: "redis" | "sentinel";
  /** Whether each replica has a way to the store of its own, which can be cut. */
  readonly ownLines: boolean;
  /** So many people call at a time, each with all of their calls at once. */
  readonly atATime: number;
  /** Once a third of the people have begun. Null: nothing happens. */
  readonly event: Event | null;
  /** Reasons of 503 that calls may hear. */
  readonly mayHear: readonly string[];
  /** Whether sessions that were in flight may be lost, and how long it takes until that is known. */
  readonly mayLose: "nothing" | "in flight";
  /** Refreshes beyond one for each session. */
  readonly extraRefreshes: "none" | "in flight" | "any";
  /** Whether what arrives at Cognito has to keep to the rate. */
  readonly keepsToRate: boolean;
  /** How long all have to be back after the storm. */
  readonly backWithinMs: number;
}

export interface Outcome {
  readonly sessions: number;
  readonly tally: Tally;
  readonly refreshes: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly arrivals: readonly number[];
  readonly dead: number;
  /** By how each person was answered at the end; nobody with 200 is among them. */
  readonly notBack: ReadonlyMap<string, number>;
  /** People that had signed out and were let in again. */
  readonly letInAgain: number;
  readonly witnessed: Witnessed;
  readonly seconds: number;
}
