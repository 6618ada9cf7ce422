import { isObject } from "../common/json.js";
import type { RecordedCall } from "../controls/calls.js";
import type { FaultName } from "../controls/faults.js";
import type { ClockMove } from "../controls/followers.js";

/** A fault as it is asked for over HTTP: durations have their unit. */
export interface RemoteFault {
  /** `InitiateAuth` and so on, an OAuth endpoint such as `token`, or `*`. */
  readonly operation: string;
  readonly fault: FaultName;
  /** How many calls it hits: all, until it is lifted. */
  readonly times?: number;
  /** For how long, such as `10m`, by local Cognito's clock. */
  readonly for?: string;
}

/** The controls of a local Cognito that runs in another process. */
export interface RemoteLocalCognito {
  /** Moves its clock, such as by `31d`; resolves once the processes that follow it have made the move. */
  advance(by: string): Promise<ClockMove>;
  addFault(fault: RemoteFault): Promise<void>;
  /** Lifts the faults of one operation, or all. */
  clearFaults(operation?: string): Promise<void>;
  /** What was called, in order of arrival, or the calls of one operation. */
  calls(operation?: string): Promise<readonly RecordedCall[]>;
  /**
   * Calls one of Cognito's own operations, such as `AdminUserGlobalSignOut`; AWS's SDK does the same.
   *
   * @throws Error whose name and message are Cognito's.
   */
  call(operation: string, input: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
}

/** The controls of the local Cognito that listens at a URL. */
export function localCognitoAt(url = "http://127.0.0.1:9229"): RemoteLocalCognito {
  const base = url.replace(/\/+$/, "");

  async function control(method: string, path: string, body?: object): Promise<unknown> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const answer = await fetch(`${base}/_local/${path}`, { method, ...sent });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`local Cognito refuses ${method} /_local/${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }
  const of = (operation: string | undefined) => (operation === undefined ? "" : `?operation=${encodeURIComponent(operation)}`);

  return {
    async advance(by) {
      const moved = await control("POST", "clock", { advance: by });
      if (!isMove(moved)) throw unexpected(base);
      return { now: moved.now, followers: moved.followers ?? 0, dropped: moved.dropped ?? [] };
    },
    async addFault(fault) {
      await control("POST", "faults", fault);
    },
    async clearFaults(operation) {
      await control("DELETE", `faults${of(operation)}`);
    },
    async calls(operation) {
      const calls = await control("GET", `calls${of(operation)}`);
      if (!isCalls(calls)) throw unexpected(base);
      return calls;
    },
    async call(operation, input) {
      const answer = await fetch(`${base}/`, {
        method: "POST",
        headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `AWSCognitoIdentityProviderService.${operation}` },
        body: JSON.stringify(input),
      });
      const output: unknown = await answer.json();
      if (!isObject(output)) throw unexpected(base);
      if (answer.ok) return output;
      const error = new Error(String(output["message"] ?? answer.status));
      error.name = String(output["__type"] ?? "Error").replace(/^.*#/, "");
      throw error;
    },
  };
}

function isMove(value: unknown): value is Pick<ClockMove, "now"> & Partial<ClockMove> {
  return isObject(value) && typeof value["now"] === "string";
}

function isCalls(value: unknown): value is readonly RecordedCall[] {
  return Array.isArray(value) && value.every((call) => isObject(call) && typeof call["operation"] === "string");
}

function unexpected(base: string): Error {
  return new Error(`${base} is no local Cognito: it answers something else`);
}
