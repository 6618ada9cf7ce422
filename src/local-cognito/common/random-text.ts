import { createHash, randomBytes, randomInt, timingSafeEqual } from "node:crypto";

const LOWERCASE = "abcdefghijklmnopqrstuvwxyz0123456789";
const ALPHANUMERIC = `${LOWERCASE}ABCDEFGHIJKLMNOPQRSTUVWXYZ`;

function randomText(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
}

/** A new app client id: 26 lower-case letters and digits. */
export function newClientId(): string {
  return randomText(LOWERCASE, 26);
}

/** A new app client secret: 51 lower-case letters and digits. */
export function newClientSecret(): string {
  return randomText(LOWERCASE, 51);
}

/** A new user pool id in the Region; aws-jwt-verify insists on the form `region_xxx`. */
export function newPoolId(region: string): string {
  return `${region}_${randomText(ALPHANUMERIC, 9)}`;
}

/** A password that meets the default policy. */
export function newTemporaryPassword(): string {
  return `${randomText(ALPHANUMERIC, 12)}aA1!`;
}

/** Opaque text from `bytes` random bytes. */
export function newOpaque(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}

// {"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}
const JWE_HEADER = "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ";

/**
 * A new refresh token: 1,726 characters that look like Cognito's (a JWE in compact form, RFC 7516 section 3.1: header, encrypted
 * key, initialization vector, ciphertext, tag) and are random throughout, so that nobody can come to rely on reading one.
 */
export function newRefreshToken(): string {
  return [JWE_HEADER, newOpaque(256), newOpaque(12), newOpaque(960), newOpaque(16)].join(".");
}

/** The key under which a secret value is kept, so that the store holds no usable token. */
export function digest(value: string): string {
  return createHash("sha256").update(value).digest("base64url");
}

/** Compares two texts in a time that does not depend on where they differ. */
export function equalSecret(a: string, b: string): boolean {
  return timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
}
