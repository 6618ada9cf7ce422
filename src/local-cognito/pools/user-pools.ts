import type { LocalCognitoClock } from "../common/clock.js";
import { invalidParameter, refusals } from "../common/exceptions.js";
import { isObject, type JsonObject } from "../common/json.js";
import { newPoolId } from "../common/random-text.js";
import { type GivenKeys, SigningKeys } from "../common/signing-keys.js";
import type { UserPool } from "./user-pool.js";

/** A domain of a pool. It is kept and told; managed login answers under every name. */
export interface PoolDomain {
  readonly domain: string;
  readonly poolId: string;
  readonly managedLoginVersion: number;
  /** ARN of a custom domain's certificate; null: a prefix of AWS's own domain. */
  readonly certificateArn: string | null;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}

/** The user pools of this server. */
export class UserPools {
  readonly #clock: LocalCognitoClock;
  readonly #region: string;
  readonly #pools = new Map<string, UserPool>();
  readonly #domains = new Map<string, PoolDomain>();

  constructor(clock: LocalCognitoClock, region: string) {
    this.#clock = clock;
    this.#region = region;
  }

  /** Creates a pool from CreateUserPool's members, with `keys` or key pairs of its own. */
  async create(name: string, settings: JsonObject, given: { id: string | null; keys: GivenKeys | null }): Promise<UserPool> {
    const keys = given.keys === null ? await SigningKeys.ofPool(this.#pools.size) : SigningKeys.given(given.keys);
    const casing = settings["UsernameConfiguration"];
    const pool: UserPool = {
      id: given.id ?? newPoolId(this.#region),
      name,
      createdAtMs: this.#clock.now(),
      settings,
      usernameAttributes: texts(settings["UsernameAttributes"]),
      aliasAttributes: texts(settings["AliasAttributes"]),
      // UsernameConfigurationType: case-sensitive unless told otherwise.
      caseSensitive: !(isObject(casing) && casing["CaseSensitive"] === false),
      remembersDevices: isObject(settings["DeviceConfiguration"]),
      keys,
      // Off until somebody turns it on, and 20 a user then (API reference, UserPoolTokenSessionConfigType).
      sessionTracking: { tracking: "DISABLED", maxPerUser: 20 },
      shownUser: null,
      mfa: { MfaConfiguration: settings["MfaConfiguration"] ?? "OFF" },
      users: new Map(),
      groups: new Map(),
    };
    this.#pools.set(pool.id, pool);
    return pool;
  }

  /** The pool; ResourceNotFoundException when there is none. */
  get(poolId: string): UserPool {
    const pool = this.#pools.get(poolId);
    if (pool === undefined) {
      throw refusals.poolNotFound(poolId.slice(0, 55));
    }
    return pool;
  }

  /** Gives a pool a domain; InvalidParameterException for one that is taken already. */
  addDomain(domain: PoolDomain): void {
    if (this.#domains.has(domain.domain)) {
      throw invalidParameter("Domain already associated with another user pool.");
    }
    this.#domains.set(domain.domain, domain);
  }

  findDomain(domain: string): PoolDomain | undefined {
    return this.#domains.get(domain);
  }

  domainsOf(poolId: string): readonly PoolDomain[] {
    return [...this.#domains.values()].filter((domain) => domain.poolId === poolId);
  }

  list(): readonly UserPool[] {
    return [...this.#pools.values()];
  }
}
