import { randomBytes, scryptSync, timingSafeEqual } from "node:crypto";
import { invalidPassword } from "../common/exceptions.js";
import { isObject, type Json } from "../common/json.js";

/** A password as it is kept. */
export interface PasswordHash {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

// Cheap on purpose: test suites sign in thousands of times, and these are passwords of a fake.
const SCRYPT_COST = { N: 16, r: 8, p: 1 } as const;

export function hashPassword(password: string): PasswordHash {
  const salt = randomBytes(16);
  return { salt, hash: scryptSync(password, salt, 32, SCRYPT_COST) };
}

export function passwordMatches(password: string, kept: PasswordHash): boolean {
  return timingSafeEqual(scryptSync(password, kept.salt, 32, SCRYPT_COST), kept.hash);
}

const CLASSES = [
  ["RequireUppercase", /[A-Z]/, "Password must have uppercase characters"],
  ["RequireLowercase", /[a-z]/, "Password must have lowercase characters"],
  ["RequireNumbers", /[0-9]/, "Password must have numeric characters"],
  ["RequireSymbols", /[\^$*.[\]{}()?\-"!@#%&/\\,><':;|_~`+= ]/, "Password must have symbol characters"],
] as const;

/** Throws InvalidPasswordException when the password breaks the pool's `Policies.PasswordPolicy` (by default 8 characters of all four kinds). */
export function requirePolicy(password: string, policies: Json): void {
  const given = isObject(policies) ? policies["PasswordPolicy"] : null;
  const policy = isObject(given) ? given : {};
  const minimum = policy["MinimumLength"];
  if (password.length < (typeof minimum === "number" ? minimum : 8)) {
    throw invalidPassword("Password did not conform with policy: Password not long enough");
  }
  for (const [rule, pattern, text] of CLASSES) {
    if (policy[rule] !== false && !pattern.test(password)) {
      throw invalidPassword(`Password did not conform with policy: ${text}`);
    }
  }
}
