import type { Config } from "../../config/config.js";
import type { Cause, Reason } from "../../wire/reasons.js";
import type { Browser } from "../stage/browser.js";
import type { LogFields } from "../stage/log-lines.js";
import { TOKEN_MINUTES } from "../stage/rehearsed-pool.js";
import type { Stage, StagedProxy } from "../stage/stage.js";

/** Whose calls are looked at after something has happened: the first browser at the first proxy, unless the scenario says otherwise. */
export interface Caller {
  readonly browser: Browser;
  readonly proxy: StagedProxy;
}

/** What a person must meet. */
export type Expected =
  /** The call is forwarded with a living token, and nobody notices anything. */
  | { readonly kind: "served"; readonly log: LogFields | null }
  | {
      readonly kind: "problem";
      readonly reason: Reason;
      readonly cause?: Cause;
      /** docs/how-it-works.md, "The cookie": only a definite end takes the session's cookie away. */
      readonly cookie: "cleared" | "kept";
      /** A line of the log that tells the operator. */
      readonly log: LogFields;
    };

/** What must be possible once it has been mended. */
export type Afterwards =
  /** The same session goes on, without a new sign-in. */
  | "goes_on"
  /** The session is over, and the person signs in again. */
  | "signs_in"
  /** Nobody is left who could. */
  | "over";

/** One thing that goes wrong at Cognito, and what a person and an operator must meet. */
export interface Scenario {
  readonly name: string;
  /** What happens, in a few words. */
  readonly title: string;
  /** Why it cannot come about with this configuration; null where it can. */
  readonly without?: (config: Config) => string | null;
  /** Whether SESSION_IDLE_TIMEOUT and SESSION_MAX_AGE hold; otherwise they would end the session first. */
  readonly keepsLimits?: boolean;
  /** Real time for one answer of Cognito: what hangs on purpose need not hang as long as in production. */
  readonly cognitoDeadlineMs?: number;
  /** Makes it happen, to a session that has just begun. */
  readonly happens: (stage: Stage) => Promise<Caller | undefined> | Promise<void>;
  readonly expected: Expected;
  /** Mends it. */
  readonly mends?: (stage: Stage) => Promise<void> | void;
  readonly afterwards: Afterwards;
}

export const MINUTE_MS = 60_000;

/** Twice the life of an ID or access token: the next call needs a refresh. */
export function outliveTokens({ clock }: Stage): void {
  clock.advance(2 * TOKEN_MINUTES * MINUTE_MS);
}
