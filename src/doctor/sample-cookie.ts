import { randomBytes } from "node:crypto";
import { Secret } from "../model/secret.js";
import { createSessionId, identityOf } from "../model/session.js";
import { createTokenSet, readClaims } from "../model/token-set.js";
import { createCookieWriter } from "../store/cookies.js";
import { createSealer } from "../store/sealing.js";
import { encodeSession } from "../store/session-codec.js";
import { DICTIONARY } from "../store/token-packing.js";

/** Beside the ticket the proxy keeps room for the marker of a session that ended: src/server/app-client.ts. */
const MARKER_BYTES = 200;
/** The bytes of Cognito's refresh tokens, a JWE in five parts: 1,713 to 1,800 characters. */
const REFRESH_PARTS = [48, 256, 12, 1_020, 16];

function refreshToken(): string {
  return REFRESH_PARTS.map((bytes) => randomBytes(bytes).toString("base64url")).join(".");
}

/**
 * How many bytes of the Cookie header the session takes that this ID token would start, with a refresh token of Cognito's usual length. Null:
 * it is no ID token. Nothing of it is kept.
 */
export function sampleCookieBytes(idToken: string, publicUrl: string): number | null {
  const claims = readClaims(idToken.trim());
  if (claims === null || typeof claims["sub"] !== "string" || typeof claims["aud"] !== "string") return null;
  const session = {
    id: createSessionId(),
    userPoolId: String(claims["iss"]).replace(/^.*\//, ""),
    clientId: claims["aud"],
    ...identityOf(claims),
    deviceKey: null,
    userAgent: null,
    tokens: createTokenSet({ refresh: refreshToken(), claims, id: idToken.trim(), access: null }),
    unverified: null,
    startedAtMs: 0,
    lastSeenAtMs: 0,
    refreshedAtMs: 0,
    version: 1,
  };
  const sealed = createSealer([new Secret(randomBytes(32))]).seal("session", encodeSession(session), DICTIONARY);
  return createCookieWriter({ publicUrl, sameSite: "strict" }).ticketBytes(sealed) + MARKER_BYTES;
}
