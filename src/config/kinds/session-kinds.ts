import { X509Certificate } from "node:crypto";
import { Secret } from "../../model/secret.js";
import { parseRedisUrl, withoutLogin } from "../../network/redis-place.js";
import { entriesOf } from "./basic-kinds.js";
import { showSecrets } from "./cognito-kinds.js";
import { accepted, type Complaint, type Kind, refused } from "./kind.js";
import { isListOrText, isText } from "./raw.js";

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

/** Where sessions live. */
export type SessionStoreSetting =
  | { readonly kind: "cookie" }
  /** `redis://` and its kin, with user and password where there are any. */
  | { readonly kind: "redis"; readonly url: Secret };

const STORE_EXPECTED =
  "`cookie`; one server as redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]; redis-sentinel://[[USER]:PASSWORD@]HOST[:PORT],…/NAME; " +
  "or redis-cluster://[[USER]:PASSWORD@]HOST[:PORT],…; with TLS rediss://, rediss-sentinel:// or rediss-cluster://";

export const sessionStore: Kind<string, SessionStoreSetting> = {
  admits: isText,
  expected: STORE_EXPECTED,
  decode(raw) {
    if (raw === "cookie") return accepted({ kind: "cookie" });
    if (parseRedisUrl(raw)) return accepted({ kind: "redis", url: new Secret(raw) });
    // A password that was put in as it is looks like the end of the address.
    return refused(
      raw.includes("@") ? `${STORE_EXPECTED}; USER and PASSWORD percent-encoded (%40 for @, %2F for /, %23 for #)` : STORE_EXPECTED,
    );
  },
  show: (store) => (store.kind === "cookie" ? store.kind : withoutLogin(store.url.reveal())),
};

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{1,20000}-----END CERTIFICATE-----/g;
const LONGEST_PEM = 500_000;

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

/** Certificates of authorities as PEM. Node would take whatever it cannot read for none. */
export const certificates: Kind<string, string> = {
  admits: isText,
  expected: "certificates as PEM, from -----BEGIN CERTIFICATE----- on",
  decode(raw) {
    const found = raw.length > LONGEST_PEM ? [] : (raw.match(PEM) ?? []);
    return found.length > 0 && found.every(isCertificate) ? accepted(found.join("\n")) : refused(this.expected, "");
  },
  show: () => "present",
};

/** Who logs in to an ElastiCache by IAM. */
export interface CacheLogin {
  readonly user: string;
  readonly cache: string;
  readonly region: string;
}

const CACHE_LOGIN = /^([a-zA-Z][a-zA-Z0-9-]{0,39})@([a-z][a-z0-9-]{0,39})\/([a-z]{2,3}(?:-[a-z]+)+-\d)$/;

export const cacheLogin: Kind<string, CacheLogin> = {
  admits: isText,
  expected: "USER@CACHE/REGION: the user's id, the replication group's id or the serverless cache's name in lower case, and its Region",
  decode(raw) {
    const [, user, cache, region] = CACHE_LOGIN.exec(raw) ?? [];
    return user === undefined || cache === undefined || region === undefined ? refused(this.expected) : accepted({ user, cache, region });
  },
  show: ({ user, cache, region }) => `${user}@${cache}/${region}`,
};
