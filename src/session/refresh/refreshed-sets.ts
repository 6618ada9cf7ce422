import type { IssuedTokens } from "../../cognito/answers.js";
import type { Secret } from "../../model/secret.js";
import { newestRefreshToken, type Session } from "../../model/session.js";
import { createTokenSet, type KeptKinds, readClaims, type TokenSet } from "../../model/token-set.js";

/** What a refresh brought, as a set still to be verified; null where a token in it cannot be read. */
export function unverifiedSet(session: Session, issued: IssuedTokens, keep: KeptKinds): TokenSet | null {
  const claims = readClaims(issued.id.reveal());
  const access = keep.access ? issued.access : null;
  const accessClaims = access ? readClaims(access.reveal()) : null;
  if (!claims || (keep.access && !accessClaims)) return null;
  return createTokenSet({
    refresh: (issued.refresh ?? newestRefreshToken(session)).reveal(),
    claims,
    id: issued.id.reveal(),
    access: access && accessClaims ? { jwt: access.reveal(), claims: accessClaims } : null,
  });
}

/** The set once it is verified: only what routes need. */
export function verifiedSet({ refresh, claims, id, access }: TokenSet, keep: KeptKinds): TokenSet {
  return createTokenSet({
    refresh: refresh.reveal(),
    claims,
    id: keep.id && id ? id.jwt.reveal() : null,
    access: access && { jwt: access.jwt.reveal(), claims: readClaims(access.jwt.reveal()) ?? {} },
  });
}

/** Tokens that no call can use any more need no room in the cookie beside the ones that wait to be verified. */
export function withoutDead(tokens: TokenSet, unverified: TokenSet, nowMs: number): TokenSet {
  if (tokens.expiresAtMs > nowMs) return tokens;
  return createTokenSet({ refresh: unverified.refresh.reveal(), claims: tokens.claims, id: null, access: null });
}

/** The set as it was issued, for whoever still waits for it. */
export function issuedBy({ refresh, id }: TokenSet, access: Secret | null): IssuedTokens | null {
  return id && { kind: "issued", refresh, id: id.jwt, access };
}
