import { refusals } from "../common/exceptions.js";
import { type AppClient, secretHashMatches, secretMatches } from "./app-clients.js";

/** Throws when a confidential client sent no SECRET_HASH. */
export function requireSecretHashPresent(client: AppClient, hash: string | undefined): void {
  if (client.secrets.length > 0 && hash === undefined) {
    throw refusals.secretHashMissing(client.id);
  }
}

/** Throws unless SECRET_HASH proves the client over the username typed at sign-in. A public client must not send one. */
export function requireSecretHashAtSignIn(client: AppClient, username: string, hash: string | undefined): void {
  requireSecretHashPresent(client, hash);
  if (hash !== undefined && !secretHashMatches(client, username, hash)) {
    throw refusals.secretHashUnverified(client.id);
  }
}

/**
 * Throws unless SECRET_HASH proves the client over the canonical username: what the user typed, an e-mail address for instance, works at
 * sign-in and fails only here (boto3#2736).
 */
export function requireSecretHashAtRefresh(client: AppClient, canonicalUsername: string, hash: string | undefined): void {
  requireSecretHashPresent(client, hash);
  if (hash !== undefined && !secretHashMatches(client, canonicalUsername, hash)) {
    throw refusals.secretHashMismatch(client.id);
  }
}

/** Throws unless the raw secret is one of the client's. Nothing is asked of a public client. */
export function requireSecret(client: AppClient, given: string | undefined): void {
  if (client.secrets.length === 0) {
    return;
  }
  if (given === undefined) {
    throw refusals.clientSecretMissing(client.id);
  }
  if (!secretMatches(client, given)) {
    throw refusals.secretHashUnverified(client.id);
  }
}
