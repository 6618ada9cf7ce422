import type { TokenVerifier, Verdict } from "../../cognito/token-verifier.js";
import type { Secret } from "../../model/secret.js";
import type { Claims } from "../../model/token-set.js";

/** What Cognito issued together, at a sign-in or a refresh. `access`: null where it sent none. */
export interface IssuedTogether {
  readonly id: Secret;
  readonly access: Secret | null;
}

export type IssuedVerdict =
  | { readonly kind: "valid"; readonly claims: Claims; readonly accessClaims: Claims | null }
  | Exclude<Verdict, { kind: "valid" }>;

/**
 * Checks tokens that were issued together, the same way at a sign-in and at a refresh: each one's signature, `iss`, `aud` or `client_id`,
 * `token_use`, `exp` and `nbf`, and that all speak of one person. The access token is looked at where no route needs it too: the device key
 * is read from it, sign-out everywhere sends it, and one of somebody else's means that the answer is not to be trusted.
 *
 * @param subject whose they must be; null at a sign-in, which tells.
 * @param receivedAtMs when they came, by our clock.
 */
export async function verifyIssued(
  verifier: Pick<TokenVerifier, "verify">,
  { id, access }: IssuedTogether,
  subject: string | null,
  receivedAtMs: number,
): Promise<IssuedVerdict> {
  const ofId = await verifier.verify(id.reveal(), "id", receivedAtMs);
  const ofAccess = access && (await verifier.verify(access.reveal(), "access", receivedAtMs));
  // That the keys cannot be had says nothing yet of either.
  for (const verdict of [ofId, ofAccess]) if (verdict?.kind === "undecidable") return verdict;
  if (ofId.kind !== "valid") return ofId;
  if (ofAccess && ofAccess.kind !== "valid") return ofAccess;
  const { sub } = ofId.claims;
  const accessClaims = ofAccess ? ofAccess.claims : null;
  if (typeof sub !== "string" || sub === "") return { kind: "invalid", why: "no subject" };
  if (subject !== null && sub !== subject) return { kind: "invalid", why: "another subject" };
  if (accessClaims !== null && accessClaims["sub"] !== sub) return { kind: "invalid", why: "another subject" };
  return { kind: "valid", claims: ofId.claims, accessClaims };
}
