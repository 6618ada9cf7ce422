import { isoTime, type LocalCognitoClock } from "../common/clock.js";

/** One call that reached local Cognito. Holds no token, password or secret. */
export interface RecordedCall {
  /** `InitiateAuth` and so on, or the name of an OAuth endpoint: `token`, `authorize` … */
  readonly operation: string;
  /** `REFRESH_TOKEN_AUTH` and so on, or the token endpoint's grant type; null where there is none. */
  readonly auth_flow: string | null;
  /** Canonical username; null when the call named nobody we know. */
  readonly username: string | null;
  /** `ok`, the exception's or error's name, or the fault's; `pending` until the answer is decided. */
  readonly outcome: string;
  /** When it arrived: ISO 8601, by local Cognito's clock. */
  readonly at: string;
}

/** A call that is being recorded. */
export interface OpenCall {
  operation: string;
  auth_flow: string | null;
  username: string | null;
  outcome: string;
  readonly at: string;
}

const MOST_CALLS = 10_000;

/** What was called, in order of arrival: the newest 10,000. */
export class CallLog {
  readonly #clock: LocalCognitoClock;
  #calls: OpenCall[] = [];

  constructor(clock: LocalCognitoClock) {
    this.#clock = clock;
  }

  open(operation: string): OpenCall {
    const call: OpenCall = { operation, auth_flow: null, username: null, outcome: "pending", at: isoTime(this.#clock.now()) };
    this.#calls.push(call);
    if (this.#calls.length > MOST_CALLS) {
      this.#calls.shift();
    }
    return call;
  }

  /** A copy of the log; `operation` narrows it. */
  list(operation?: string): readonly RecordedCall[] {
    return this.#calls.filter((call) => operation === undefined || call.operation === operation).map((call) => ({ ...call }));
  }

  clear(): void {
    this.#calls = [];
  }
}
