import { createHmac } from "node:crypto";
import type { Secret } from "../model/secret.js";

/**
 * SECRET_HASH: base64 of HMAC-SHA256 over username and client id, keyed with the client secret.
 *
 * @param username the canonical one (`cognito:username`), not what the person typed: with an alias sign-in works and refreshing fails.
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
 */
export function secretHash(clientSecret: Secret, username: string, clientId: string): string {
  return createHmac("sha256", clientSecret.reveal()).update(`${username}${clientId}`).digest("base64");
}
