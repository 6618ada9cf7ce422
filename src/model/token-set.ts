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
  /** The ID token's claims, read anew each time; those of an unverified set must not be believed. */
  readonly claims: Claims;
  /** The earliest `exp` of the tokens kept; of the ID token where none is. */
  readonly expiresAtMs: number;
  /** The ID token's `iat`; null where it has none. */
  readonly issuedAtMs: number | null;
  /** Characters of text that it keeps beside the refresh token. */
  readonly textLength: number;
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
  readonly refresh: string | Secret;
  readonly claims: Claims;
  readonly id: string | null;
  readonly access: { readonly jwt: string; readonly claims: Claims } | null;
}

/** UTF-8 with a character for each byte, so that no name in another script doubles what it takes. */
function keptJson(claims: Claims): string {
  return Buffer.from(JSON.stringify(claims), "utf8").toString("latin1");
}

/** The claims stand in memory once: in the ID token where that is kept, as their JSON otherwise, and never as objects. */
class KeptTokens implements TokenSet {
  readonly refresh: Secret;
  readonly id: KeptToken | null;
  readonly access: KeptToken | null;
  readonly expiresAtMs: number;
  readonly issuedAtMs: number | null;
  /** Null where they stand in the ID token. */
  readonly #claimsJson: string | null;

  constructor(refresh: Secret, id: KeptToken | null, access: KeptToken | null, claims: Claims, claimsJson: string | null) {
    this.refresh = refresh;
    this.id = id;
    this.access = access;
    const expiries = [id, access].flatMap((token) => (token ? [token.expiresAtMs] : []));
    this.expiresAtMs = expiries.length > 0 ? Math.min(...expiries) : expiryOf(claims);
    this.issuedAtMs = typeof claims["iat"] === "number" ? claims["iat"] * 1000 : null;
    this.#claimsJson = claimsJson;
  }

  get claims(): Claims {
    const json = this.#claimsJson;
    return (json === null ? this.id && readClaims(this.id.jwt.reveal()) : parseClaims(Buffer.from(json, "latin1"))) ?? {};
  }

  get textLength(): number {
    return (this.id?.jwt.reveal().length ?? 0) + (this.access?.jwt.reveal().length ?? 0) + (this.#claimsJson?.length ?? 0);
  }
}

/** @param claimsFrom `id_token` where they were read from it, so that nobody has to look whether they can be. */
export function createTokenSet({ refresh, claims, id, access }: TokenParts, claimsFrom: "id_token" | "elsewhere" = "elsewhere"): TokenSet {
  const areInToken = id !== null && (claimsFrom === "id_token" || readClaims(id) !== null);
  return new KeptTokens(
    typeof refresh === "string" ? new Secret(refresh) : refresh,
    id === null ? null : keptToken(id, claims),
    access === null ? null : keptToken(access.jwt, access.claims),
    claims,
    areInToken ? null : keptJson(claims),
  );
}

/** The same tokens beside another refresh token. */
export function withRefreshToken({ claims, id, access }: TokenSet, refresh: Secret): TokenSet {
  return new KeptTokens(refresh, id, access, claims, id === null ? keptJson(claims) : null);
}

/** Which claims take the most room, largest first: their names and sizes, never their values. */
export function largestClaims(claims: Claims): { claim: string; bytes: number }[] {
  return Object.entries(claims)
    .map(([claim, value]) => ({ claim, bytes: JSON.stringify(value ?? null).length }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 5);
}
