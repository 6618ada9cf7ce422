import { createHmac, createSecretKey, hkdfSync } from "node:crypto";
import type { Secret } from "../../model/secret.js";
import type { SessionId } from "../../model/session.js";

const PREFIX = "bff:";

/** What has happened to sessions, for all processes. */
export const CHANNEL = `${PREFIX}endings`;

/** Turns of refreshes, and who waits for some: of the deployment, in one slot. */
export const TURNS_KEY = `${PREFIX}{rate}`;
export const HUNGRY_KEY = `${PREFIX}{rate}:waiting`;

/** The keys of a session share a hash tag, and with it a slot. */
export const recordKey = (id: SessionId) => `${PREFIX}{${id}}`;
export const leaseKey = (id: SessionId) => `${PREFIX}{${id}}:lease`;
export const intentsKey = (id: SessionId) => `${PREFIX}{${id}}:intents`;
export const alternatesKey = (id: SessionId) => `${PREFIX}{${id}}:alternates`;

/** Of nobody, to see what this user may. */
export const PROBE_KEYS = [`${PREFIX}{probe}`, `${PREFIX}{probe}:more`] as const;

/** One part of the index of all sessions. */
export const indexKey = (shard: string) => `${PREFIX}sessions:${shard}`;

/** The keys of a person's index: written under the first, looked up under all, since the session key may have been changed meanwhile. */
export type PersonKeys = (subject: string) => readonly [newest: string, ...older: string[]];

/** What a username is hashed as: it may be another person's subject. NUL is in neither. */
export const usernameSubject = (username: string) => `username\u0000${username}`;

/** A dump must not say whose sessions they are: the subject is hashed with a key derived from the session key. */
export function createPersonKeys(keys: readonly Secret<Buffer>[]): PersonKeys {
  const derived = keys.map((key) => createSecretKey(Buffer.from(hkdfSync("sha256", key.reveal(), "", "cognito-bff 1 index person", 32))));
  const [first, ...others] = derived;
  if (!first) throw new RangeError("at least one session key is needed");
  const keyWith = (key: typeof first, subject: string) =>
    `${PREFIX}person:${createHmac("sha256", key).update(subject).digest("base64url")}`;
  return (subject) => [keyWith(first, subject), ...others.map((key) => keyWith(key, subject))];
}
