import type { LocalCognitoClock } from "../common/clock.js";
import { refusals } from "../common/exceptions.js";
import { isObject, type JsonObject } from "../common/json.js";
import { newPoolId } from "../common/random-text.js";
import { type GivenKeys, SigningKeys } from "../common/signing-keys.js";
import type { UserPool } from "./user-pool.js";

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}

/** The user pools of this server. */
export class UserPools {
  readonly #clock: LocalCognitoClock;
  readonly #region: string;
  readonly #pools = new Map<string, UserPool>();

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

  list(): readonly UserPool[] {
    return [...this.#pools.values()];
  }
}
