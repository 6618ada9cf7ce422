import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from "node:crypto";
import type { Secret } from "../model/secret.js";
import type { InvalidCause } from "../wire/reasons.js";

/*
 * A sealed value, base64url without padding:
 *
 *   format (1 byte) | dictionary (1) | key id (4) | nonce (12) | ciphertext | tag (16)
 *
 * AES-256-GCM (NIST SP 800-38D). Everything before the nonce is in the clear and authenticated together with the purpose. Each purpose has
 * a key of its own, derived with HKDF-SHA256 (RFC 5869), so that a cookie of one kind is never accepted as another. Nonces are random: stay
 * under 2^32 seals per key (SP 800-38D, 8.3), which is 136 a second for a whole year.
 */

/** What is sealed; each purpose has a key of its own. */
export type Purpose = "session" | "ended" | "login" | "state" | "record";

/** The format this release writes; it opens every one listed in `READABLE_FORMATS`, where the next is added one release before it is written. */
const FORMAT = 1;
const READABLE_FORMATS: ReadonlySet<number> = new Set([FORMAT]);

const HEADER_BYTES = 6;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export type Opened =
  | { readonly kind: "opened"; readonly plaintext: Buffer; readonly dictionary: number; readonly key: "newest" | "older" }
  | { readonly kind: "invalid"; readonly cause: InvalidCause };

export interface Sealer {
  /** Seals with the first key. `dictionary` says which preset dictionary the plaintext was packed with, 0 for none. */
  seal(purpose: Purpose, plaintext: Uint8Array, dictionary?: number): string;
  /** Opens what any of the keys sealed for this purpose. Never throws. */
  open(purpose: Purpose, sealed: string): Opened;
}

interface DerivedKey {
  readonly id: number;
  readonly keys: Readonly<Record<Purpose, KeyObject>>;
}

function derive(key: Secret<Buffer>): DerivedKey {
  const expand = (info: string, length: number) => Buffer.from(hkdfSync("sha256", key.reveal(), "", `cognito-bff 1 ${info}`, length));
  const purposeKey = (purpose: Purpose) => createSecretKey(expand(`seal ${purpose}`, 32));
  return {
    id: expand("key id", 4).readUInt32BE(),
    keys: {
      session: purposeKey("session"),
      ended: purposeKey("ended"),
      login: purposeKey("login"),
      state: purposeKey("state"),
      record: purposeKey("record"),
    },
  };
}

/** @param keys 32 bytes each, at least one: the first seals, all open. */
export function createSealer(keys: readonly Secret<Buffer>[]): Sealer {
  const derived = keys.map(derive);
  const sealing = derived[0];
  if (!sealing) throw new RangeError("at least one session key is needed");

  return {
    seal(purpose, plaintext, dictionary = 0) {
      const header = Buffer.allocUnsafe(HEADER_BYTES);
      header.writeUInt8(FORMAT, 0);
      header.writeUInt8(dictionary, 1);
      header.writeUInt32BE(sealing.id, 2);
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", sealing.keys[purpose], nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(header);
      const ciphertext = cipher.update(plaintext);
      cipher.final();
      return Buffer.concat([header, nonce, ciphertext, cipher.getAuthTag()]).toString("base64url");
    },

    open(purpose, sealed) {
      const bytes = Buffer.from(sealed, "base64url");
      // Buffer.from skips what is not base64url; only the one spelling that was written may pass.
      if (bytes.length < HEADER_BYTES + NONCE_BYTES + TAG_BYTES || bytes.toString("base64url") !== sealed) {
        return { kind: "invalid", cause: "unreadable" };
      }
      if (!READABLE_FORMATS.has(bytes.readUInt8(0))) return { kind: "invalid", cause: "unknown_version" };
      const keyId = bytes.readUInt32BE(2);
      const key = derived.find((candidate) => candidate.id === keyId);
      if (!key) return { kind: "invalid", cause: "unknown_key" };

      const body = HEADER_BYTES + NONCE_BYTES;
      const decipher = createDecipheriv("aes-256-gcm", key.keys[purpose], bytes.subarray(HEADER_BYTES, body), { authTagLength: TAG_BYTES });
      decipher.setAAD(bytes.subarray(0, HEADER_BYTES));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const plaintext = decipher.update(bytes.subarray(body, -TAG_BYTES));
      try {
        decipher.final();
      } catch {
        return { kind: "invalid", cause: "unreadable" };
      }
      return { kind: "opened", plaintext, dictionary: bytes.readUInt8(1), key: key === sealing ? "newest" : "older" };
    },
  };
}
