import { randomUUID } from "node:crypto";
import type { LocalCognitoClock } from "../common/clock.js";
import { aliasExists, groupExists, invalidParameter, refusals, resourceNotFound, usernameExists } from "../common/exceptions.js";
import { hashPassword, requirePolicy } from "./password.js";
import type { Group, User, UserPool, UserStatus } from "./user-pool.js";

// OpenID Connect Core 1.0 section 5.1, and Cognito's additions.
const STANDARD_ATTRIBUTES: ReadonlySet<string> = new Set([
  "address",
  "birthdate",
  "email",
  "email_verified",
  "family_name",
  "gender",
  "given_name",
  "locale",
  "middle_name",
  "name",
  "nickname",
  "phone_number",
  "phone_number_verified",
  "picture",
  "preferred_username",
  "profile",
  "updated_at",
  "website",
  "zoneinfo",
]);

const LONGEST_VALUE = 2_048;
const EMAIL_FORM = /^[^\s@]+@[^\s@]+$/;

/** Throws InvalidParameterException for an attribute no pool can have. Custom attributes need no schema here: a local pool takes any. */
function requireAttributes(attributes: ReadonlyMap<string, string>): void {
  for (const [name, value] of attributes) {
    if (name === "sub") {
      throw invalidParameter("Cannot modify an immutable attribute: sub");
    }
    if (!STANDARD_ATTRIBUTES.has(name) && !/^custom:.{1,20}$/.test(name)) {
      throw invalidParameter(`Attributes did not conform to the schema: Type for attribute {${name.slice(0, 60)}} could not be determined`);
    }
    if (value.length > LONGEST_VALUE) {
      throw invalidParameter(
        `Attributes did not conform to the schema: ${name}: String must be no longer than ${LONGEST_VALUE} characters`,
      );
    }
  }
}

function sameText(pool: UserPool, a: string | undefined, b: string): boolean {
  return pool.caseSensitive ? a === b : a?.toLowerCase() === b.toLowerCase();
}

/** Finds and changes the users and groups of pools. */
export class UserDirectory {
  readonly #clock: LocalCognitoClock;

  constructor(clock: LocalCognitoClock) {
    this.#clock = clock;
  }

  /** The user by canonical username, `sub` or, as the pool allows, e-mail address, phone number or preferred username. */
  find(pool: UserPool, name: string): User | undefined {
    const exact = pool.users.get(name);
    if (exact !== undefined) {
      return exact;
    }
    const aliases = [...pool.usernameAttributes, ...pool.aliasAttributes];
    for (const user of pool.users.values()) {
      const named = user.sub === name || sameText(pool, user.username, name);
      if (named || aliases.some((attribute) => sameText(pool, user.attributes.get(attribute), name))) {
        return user;
      }
    }
    return undefined;
  }

  /** The user; UserNotFoundException when there is none. */
  get(pool: UserPool, name: string): User {
    const user = this.find(pool, name);
    if (user === undefined) {
      throw refusals.userNotFound();
    }
    return user;
  }

  /**
   * Creates a user with a password. In pools whose usernames are e-mail addresses or phone numbers the canonical username is the `sub`,
   * a UUID, and what was given becomes the attribute: SECRET_HASH then differs between sign-in and refresh.
   */
  create(
    pool: UserPool,
    given: {
      name: string;
      attributes: ReadonlyMap<string, string>;
      password: string;
      status: UserStatus;
      sub: string | null;
    },
  ): User {
    requireAttributes(given.attributes);
    if (this.find(pool, given.name) !== undefined) {
      throw usernameExists("User account already exists");
    }
    const nowMs = this.#clock.now();
    const sub = given.sub ?? randomUUID();
    const attributes = new Map(given.attributes);
    const [usernameAttribute] = pool.usernameAttributes;
    if (usernameAttribute !== undefined) {
      const attribute = EMAIL_FORM.test(given.name) ? "email" : "phone_number";
      if (!pool.usernameAttributes.includes(attribute)) {
        throw invalidParameter(usernameAttribute === "email" ? "Username should be an email." : "Username should be a phone number.");
      }
      attributes.set(attribute, given.name);
    }
    this.#requireFreeAliases(pool, attributes, null);
    const user: User = {
      username: usernameAttribute === undefined ? given.name : sub,
      sub,
      attributes,
      groups: new Set(),
      createdAtMs: nowMs,
      modifiedAtMs: nowMs,
      enabled: true,
      status: given.status,
      password: null,
      passwordSetAtMs: nowMs,
    };
    this.setPassword(pool, user, given.password, given.status);
    pool.users.set(user.username, user);
    return user;
  }

  /** Sets the password, which must meet the pool's policy, and the status that goes with it. */
  setPassword(pool: UserPool, user: User, password: string, status: UserStatus): void {
    requirePolicy(password, pool.settings["Policies"]);
    user.password = hashPassword(password);
    user.passwordSetAtMs = this.#clock.now();
    this.setStatus(user, status);
  }

  setStatus(user: User, status: UserStatus): void {
    user.status = status;
    user.modifiedAtMs = this.#clock.now();
  }

  setEnabled(user: User, enabled: boolean): void {
    user.enabled = enabled;
    user.modifiedAtMs = this.#clock.now();
  }

  /** Sets the given attributes; an empty value removes one. */
  updateAttributes(pool: UserPool, user: User, changes: ReadonlyMap<string, string>): void {
    requireAttributes(changes);
    this.#requireFreeAliases(pool, changes, user);
    for (const [name, value] of changes) {
      if (value === "") {
        user.attributes.delete(name);
      } else {
        user.attributes.set(name, value);
      }
    }
    user.modifiedAtMs = this.#clock.now();
  }

  createGroup(pool: UserPool, given: Omit<Group, "createdAtMs">): Group {
    if (pool.groups.has(given.name)) {
      throw groupExists("A group with the name already exists.");
    }
    const group = { ...given, createdAtMs: this.#clock.now() };
    pool.groups.set(group.name, group);
    return group;
  }

  addToGroup(pool: UserPool, user: User, groupName: string): void {
    if (!pool.groups.has(groupName)) {
      throw resourceNotFound("Group not found.");
    }
    user.groups.add(groupName);
  }

  #requireFreeAliases(pool: UserPool, attributes: ReadonlyMap<string, string>, owner: User | null): void {
    for (const name of [...pool.usernameAttributes, ...pool.aliasAttributes]) {
      const value = attributes.get(name);
      const holder = value === undefined || value === "" ? undefined : this.find(pool, value);
      if (holder !== undefined && holder !== owner) {
        throw aliasExists(`An account with the ${name.replace("_", " ")} already exists.`);
      }
    }
  }
}
