import type { LocalCognitoClock } from "./clock.js";
import { refusals } from "./exceptions.js";

/** Operations that share one quota: https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html */
export type RateCategory = "UserAuthentication" | "UserToken";

const ACCOUNT_PER_SECOND: Readonly<Record<RateCategory, number>> = { UserAuthentication: 120, UserToken: 120 };
const USER_PER_SECOND = 10;

/** Cognito's request quotas, counted in whole seconds of the clock. */
export class RateLimits {
  readonly #clock: LocalCognitoClock;
  readonly #enabled: boolean;
  #second = 0;
  #counts = new Map<string, number>();

  constructor(clock: LocalCognitoClock, enabled: boolean) {
    this.#clock = clock;
    this.#enabled = enabled;
  }

  /** Counts a call against the account; TooManyRequestsException "Rate exceeded" beyond 120 a second. */
  requireAccount(category: RateCategory): void {
    this.#require(category, ACCOUNT_PER_SECOND[category]);
  }

  /** Counts a call against one user; TooManyRequestsException beyond 10 a second. */
  requireUser(poolId: string, username: string): void {
    this.#require(`${poolId} ${username}`, USER_PER_SECOND);
  }

  #require(key: string, perSecond: number): void {
    if (!this.#enabled) {
      return;
    }
    const second = Math.floor(this.#clock.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#counts = new Map();
    }
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (count > perSecond) {
      throw refusals.rateExceeded();
    }
  }
}
