import { hkdfSync } from "node:crypto";
import type { Secret } from "../model/secret.js";

const FINGERPRINT_BYTES = 6;

/**
 * What may be said of the session keys, in their order: enough to see whether two processes hold the same ones, and nothing that helps to find a key.
 * A key is 256 random bits; this is 48 bits of a hash for this use alone (HKDF, RFC 5869), which neither opens nor seals anything.
 */
export function keyFingerprints(keys: readonly Secret<Buffer>[]): readonly string[] {
  return keys.map((key) =>
    Buffer.from(hkdfSync("sha256", key.reveal(), "", "cognito-bff 1 key fingerprint", FINGERPRINT_BYTES)).toString("hex"),
  );
}
