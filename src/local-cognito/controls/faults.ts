import { isoTime, type LocalCognitoClock } from "../common/clock.js";

/** What can be made to go wrong, and what it looks like from outside. */
export const FAULTS = {
  throttle: "TooManyRequestsException, Rate exceeded",
  internal_error: "InternalErrorException with status 500",
  waf: "ForbiddenException with status 403, as a web ACL answers",
  html_503: "an HTML page with status 503, as a load balancer answers",
  reset_before: "the connection is reset before anything is done",
  reset_after: "the connection is reset after the call has taken effect",
  latency: "the answer comes late: after latency_ms, 1000 unless told",
  hang: "no answer ever",
  lambda_error: "UserLambdaValidationException from the pre token generation trigger",
  lambda_timeout: "UnexpectedLambdaException: the trigger did not answer",
  unknown_error: "an exception name that no client knows",
} as const;

/** What local Cognito can be asked to do wrong. */
export type FaultName = keyof typeof FAULTS;

export function isFaultName(text: string): text is FaultName {
  return Object.hasOwn(FAULTS, text);
}

/** A fault to come. */
export interface FaultPlan {
  /** An operation (`InitiateAuth`), an OAuth endpoint (`token`), or `*` for all of them. */
  readonly operation: string;
  readonly fault: FaultName;
  /** How many calls it hits; until deleted when absent. */
  readonly times?: number;
  /** 0 to 1: how likely it hits a call; 1 when absent. */
  readonly probability?: number;
  /** Real milliseconds to wait first; for `latency` 1000 when absent, otherwise 0. */
  readonly latencyMs?: number;
  /** How long it stays, in milliseconds of local Cognito's clock; until deleted when absent. */
  readonly forMs?: number;
}

/** A fault that waits for calls. */
export interface ActiveFault {
  readonly operation: string;
  readonly fault: FaultName;
  /** Null: until deleted. */
  readonly times_left: number | null;
  readonly probability: number;
  readonly latency_ms: number;
  /** ISO 8601, or null: until deleted. */
  readonly until: string | null;
}

interface Waiting {
  readonly plan: FaultPlan;
  readonly untilMs: number;
  left: number;
}

/** Faults on demand. The oldest that fits a call hits it. */
export class Faults {
  readonly #clock: LocalCognitoClock;
  readonly #random: () => number;
  #waiting: Waiting[] = [];

  constructor(clock: LocalCognitoClock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  add(plan: FaultPlan): void {
    const untilMs = plan.forMs === undefined ? Number.POSITIVE_INFINITY : this.#clock.now() + plan.forMs;
    this.#waiting.push({ plan, untilMs, left: plan.times ?? Number.POSITIVE_INFINITY });
  }

  /** Lifts all faults, or those of one operation. */
  clear(operation?: string): void {
    this.#waiting = operation === undefined ? [] : this.#waiting.filter(({ plan }) => plan.operation !== operation);
  }

  list(): readonly ActiveFault[] {
    this.#dropSpent();
    return this.#waiting.map(({ plan, left, untilMs }) => ({
      operation: plan.operation,
      fault: plan.fault,
      times_left: Number.isFinite(left) ? left : null,
      probability: plan.probability ?? 1,
      latency_ms: latencyOf(plan),
      until: Number.isFinite(untilMs) ? isoTime(untilMs) : null,
    }));
  }

  /** The fault that hits this call, used up by one; null for none. */
  take(operation: string): { readonly fault: FaultName; readonly latencyMs: number } | null {
    this.#dropSpent();
    const hit = this.#waiting.find(
      ({ plan }) => (plan.operation === "*" || plan.operation === operation) && this.#random() < (plan.probability ?? 1),
    );
    if (hit === undefined) {
      return null;
    }
    hit.left -= 1;
    return { fault: hit.plan.fault, latencyMs: latencyOf(hit.plan) };
  }

  #dropSpent(): void {
    this.#waiting = this.#waiting.filter(({ left, untilMs }) => left > 0 && this.#clock.now() < untilMs);
  }
}

function latencyOf(plan: FaultPlan): number {
  return plan.latencyMs ?? (plan.fault === "latency" ? 1_000 : 0);
}
