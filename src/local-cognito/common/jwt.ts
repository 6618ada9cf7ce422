import { sign, verify } from "node:crypto";
import { isObject, type JsonObject } from "./json.js";
import type { SigningKey } from "./signing-keys.js";

function encode(value: JsonObject): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decode(part: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** A JWT signed with RS256 (RFC 7515 section 3.1). */
export function signJwt(claims: JsonObject, key: SigningKey): string {
  const input = `${encode({ kid: key.kid, alg: "RS256" })}.${encode(claims)}`;
  return `${input}.${sign("sha256", Buffer.from(input), key.privateKey).toString("base64url")}`;
}

/** The claims of a JWT that one of our keys signed; null for everything else. Says nothing about expiry. */
export function verifyJwt(
  token: string,
  findKey: (kid: string, claims: Readonly<Record<string, unknown>>) => SigningKey | undefined,
): Readonly<Record<string, unknown>> | null {
  const [header, payload, signature, ...rest] = token.split(".");
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) {
    return null;
  }
  const head = decode(header);
  const claims = decode(payload);
  // RFC 8725 section 3.1: the algorithm is ours to choose, never the token's.
  if (head?.["alg"] !== "RS256" || typeof head["kid"] !== "string" || claims === null) {
    return null;
  }
  const key = findKey(head["kid"], claims);
  if (key === undefined) {
    return null;
  }
  return verify("sha256", Buffer.from(`${header}.${payload}`), key.publicKey, Buffer.from(signature, "base64url")) ? claims : null;
}
