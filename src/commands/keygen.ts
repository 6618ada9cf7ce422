import { randomBytes } from "node:crypto";
import { KEY_BYTES } from "../config/kinds/session-kinds.js";

/** What `cognito-bff keygen` says where: the key is all there is on standard output, so that a file that takes it is a SESSION_KEYS_FILE. */
export interface NewKey {
  readonly out: string;
  readonly err: string;
}

/** A new session key, and in what order to roll it out. */
export function keygen(): NewKey {
  return { out: `${randomBytes(KEY_BYTES).toString("base64")}\n`, err: ADVICE };
}

const ADVICE = `
A new session key, alone on standard output. For a first deployment it is the
whole value of SESSION_KEYS, or of the file that SESSION_KEYS_FILE names:

  (umask 077 && cognito-bff keygen > session-keys)

To replace a key without signing anybody out, SESSION_KEYS being OLD:

  1. SESSION_KEYS=OLD,NEW   Deploy everywhere. Every process can now open what
                            NEW seals; OLD still seals.
  2. SESSION_KEYS=NEW,OLD   Deploy everywhere. NEW seals; sessions move over to
                            it whenever their tokens are refreshed.
  3. SESSION_KEYS=NEW       Once the app client's refresh token validity has
                            passed since step 2 was everywhere: whatever OLD
                            sealed can no longer be refreshed. After 400 days
                            the browsers have dropped those cookies as well;
                            until then they hear "invalid", not "expired".

Doing 2 without 1 makes processes that know only OLD answer 401 "invalid".
If OLD has leaked, skip to 3 at once: everybody signs in again.
Keep the key where secrets are kept.
`;
