import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from "node:crypto";
import type { Secret } from "../../model/secret.js";
import type { Session } from "../../model/session.js";

/** 128 bits: nobody meets another's by chance, and none tells anything of the session's id. */
const HANDLE_BYTES = 16;

type Named = Pick<Session, "id" | "subject">;

/** What a person's own pages call their sessions, whose ids stay in cookies: keyed, so that it opens nothing and cannot be made by whoever knows an id. */
export interface SessionHandles {
  of(session: Named): string;
  /** Also by an older session key: a page that is open may have it from before the keys were changed. */
  isOf(handle: string, session: Named): boolean;
}

function createHandle(key: KeyObject, { id, subject }: Named): Buffer {
  // The id has a fixed length.
  return createHmac("sha256", key).update(`${id} ${subject}`).digest().subarray(0, HANDLE_BYTES);
}

/** @param keys the session keys: the first makes handles, all recognize them. */
export function createSessionHandles(keys: readonly Secret<Buffer>[]): SessionHandles {
  const derived = keys.map((key) => createSecretKey(Buffer.from(hkdfSync("sha256", key.reveal(), "", "cognito-bff 1 session handle", 32))));
  const [first] = derived;
  if (!first) throw new RangeError("at least one session key is needed");
  return {
    of: (session) => createHandle(first, session).toString("base64url"),
    isOf(handle, session) {
      const bytes = Buffer.from(handle, "base64url");
      return bytes.length === HANDLE_BYTES && derived.some((key) => timingSafeEqual(createHandle(key, session), bytes));
    },
  };
}
