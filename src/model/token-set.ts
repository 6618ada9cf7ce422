import type { Json } from "../wire/shapes.js";
import { Secret } from "./secret.js";

/** The claims of a token. */
export interface Claims {
  readonly [name: string]: Json | undefined;
}

/** A JWT with the moment it dies, as its own `exp` says (Cognito's clock, milliseconds). */
export interface KeptToken {
  readonly jwt: Secret;
  readonly expiresAtMs: number;
}

/** Which tokens the routes need; the others are not kept. */
export interface KeptKinds {
  readonly id: boolean;
  readonly access: boolean;
}

/** What Cognito issued together. */
export interface TokenSet {
  readonly refresh: Secret;
  readonly id: KeptToken | null;
  readonly access: KeptToken | null;
  /** The ID token's claims; those of an unverified set must not be believed. */
  readonly claims: Claims;
  /** The earliest `exp` of the tokens kept; of the ID token where none is. */
  readonly expiresAtMs: number;
}

/** The claims in a JWT's middle part, unverified; null where there are none. */
export function readClaims(jwt: string): Claims | null {
  const [, payload] = jwt.split(".");
  return payload === undefined ? null : parseClaims(Buffer.from(payload, "base64url"));
}

/** Claims from their JSON; null where it is not a JSON object. */
export function parseClaims(json: Buffer): Claims | null {
  try {
    const value: unknown = JSON.parse(json.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Claims) : null;
  } catch {
    return null;
  }
}

/** `exp` in milliseconds (RFC 7519 4.1.4 counts seconds); 0, long ago, where it is missing. */
export function expiryOf(claims: Claims): number {
  return typeof claims["exp"] === "number" ? claims["exp"] * 1000 : 0;
}

function keptToken(jwt: string, claims: Claims): KeptToken {
  return { jwt: new Secret(jwt), expiresAtMs: expiryOf(claims) };
}

/** What a set is made of. `id` is given where it is kept or still to be verified. */
export interface TokenParts {
  readonly refresh: string;
  readonly claims: Claims;
  readonly id: string | null;
  readonly access: { readonly jwt: string; readonly claims: Claims } | null;
}

export function createTokenSet(parts: TokenParts): TokenSet {
  const id = parts.id === null ? null : keptToken(parts.id, parts.claims);
  const access = parts.access === null ? null : keptToken(parts.access.jwt, parts.access.claims);
  const expiries = [id, access].flatMap((token) => (token ? [token.expiresAtMs] : []));
  return {
    refresh: new Secret(parts.refresh),
    id,
    access,
    claims: parts.claims,
    expiresAtMs: expiries.length > 0 ? Math.min(...expiries) : expiryOf(parts.claims),
  };
}

/** Which claims take the most room, largest first: their names and sizes, never their values. */
export function largestClaims(claims: Claims): { claim: string; bytes: number }[] {
  return Object.entries(claims)
    .map(([claim, value]) => ({ claim, bytes: JSON.stringify(value ?? null).length }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 5);
}
