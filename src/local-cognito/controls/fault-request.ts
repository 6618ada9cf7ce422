import { parseDurationMs } from "../common/clock.js";
import { isObject, type JsonObject } from "../common/json.js";
import { FAULTS, type FaultPlan, isFaultName } from "./faults.js";

/** A fault to add, or what is wrong with the request and what would be right. */
export type ParsedFault = { readonly kind: "plan"; readonly plan: FaultPlan } | { readonly kind: "refused"; readonly problem: JsonObject };

const MEMBERS: readonly string[] = ["operation", "fault", "times", "probability", "latency_ms", "for"];

function refused(error: string, allowed?: readonly string[]): ParsedFault {
  return { kind: "refused", problem: { error, allowed } };
}

function isNumber(value: unknown, minimum: number, maximum: number): value is number {
  return typeof value === "number" && value >= minimum && value <= maximum;
}

/** Reads the body of `POST /_local/faults`; `operations` are the names faults may have. */
export function parseFault(body: unknown, operations: readonly string[]): ParsedFault {
  if (!isObject(body)) {
    return refused("The body must be a JSON object.");
  }
  const { operation, fault, times, probability, latency_ms: latencyMs, for: duration } = body;
  const unknown = Object.keys(body).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) {
    return refused(`There is no member ${unknown.slice(0, 60)}.`, MEMBERS);
  }
  if (typeof operation !== "string" || !operations.includes(operation)) {
    return refused("operation must name an operation.", operations);
  }
  if (typeof fault !== "string" || !isFaultName(fault)) {
    return refused("fault must name a fault.", Object.keys(FAULTS));
  }
  if (times !== undefined && !(isNumber(times, 1, 1_000_000) && Number.isInteger(times))) {
    return refused("times must be a whole number from 1.");
  }
  if (probability !== undefined && !isNumber(probability, 0, 1)) {
    return refused("probability must be a number from 0 to 1.");
  }
  if (latencyMs !== undefined && !isNumber(latencyMs, 0, 600_000)) {
    return refused("latency_ms must be a number of milliseconds up to 600000.");
  }
  const forMs = typeof duration === "string" ? parseDurationMs(duration) : null;
  if (duration !== undefined && forMs === null) {
    return refused("for must be a duration with its unit, such as 90s, 61m or 2h.");
  }
  return {
    kind: "plan",
    plan: {
      operation,
      fault,
      ...(times === undefined ? {} : { times }),
      ...(probability === undefined ? {} : { probability }),
      ...(latencyMs === undefined ? {} : { latencyMs }),
      ...(forMs === null ? {} : { forMs }),
    },
  };
}
