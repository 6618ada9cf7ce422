import { Secret } from "../../model/secret.js";
import { entriesOf } from "./basic-kinds.js";
import { showSecrets } from "./cognito-kinds.js";
import { accepted, type Complaint, type Kind } from "./kind.js";
import { isListOrText } from "./raw.js";

/** The length of a session key. */
export const KEY_BYTES = 32;

const MOST_KEYS = 16;
// 32 random bytes have 16 or fewer different values less than once in 10^14 keys; hexadecimal text and any pattern
// that repeats within the key always have.
const FEWEST_DIFFERENT_BYTES = 17;

// 32 bytes in base64 or base64url are 43 characters and, when padded, one `=`.
const BASE64_KEY = /^(?:[A-Za-z0-9+/]{43}|[A-Za-z0-9_-]{43})=?$/;

function looksMadeUp(key: Buffer): boolean {
  return new Set(key).size < FEWEST_DIFFERENT_BYTES;
}

function complaintsAbout(texts: readonly string[], keys: readonly Buffer[]): Complaint[] {
  const complaints: Complaint[] = [];
  if (texts.length === 0 || texts.length > MOST_KEYS) complaints.push({ expected: `1 to ${MOST_KEYS} keys` });
  for (const [index, key] of keys.entries()) {
    const number = index + 1;
    if (!BASE64_KEY.test(texts[index] ?? "")) {
      complaints.push({ expected: `key ${number}: exactly ${KEY_BYTES} bytes in base64, which are 43 characters and one =` });
    } else if (looksMadeUp(key)) {
      complaints.push({
        expected: `key ${number}: random bytes, not a repeated pattern or hexadecimal text; \`cognito-bff keygen\` makes one`,
      });
    }
    const twin = keys.findIndex((other) => other.equals(key));
    if (twin < index) complaints.push({ expected: `key ${number}: another key than key ${twin + 1}` });
  }
  return complaints;
}

/** The keys that seal and open session cookies. A complaint names a key by its position and repeats nothing of it. */
export const sessionKeys: Kind<string | string[], readonly Secret<Buffer>[]> = {
  admits: isListOrText,
  expected: `one or more keys of ${KEY_BYTES} random bytes in base64, comma separated; \`cognito-bff keygen\` makes one`,
  decode(raw) {
    const texts = entriesOf(raw);
    const keys = texts.map((text) => Buffer.from(text, "base64"));
    const complaints = complaintsAbout(texts, keys);
    return complaints.length === 0 ? accepted(keys.map((key) => new Secret(key))) : { kind: "refused", complaints };
  },
  show: showSecrets,
};
