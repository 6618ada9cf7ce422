import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/*
 * X.509 certificates (RFC 5280) of a moment, as Node.js has nothing that makes them: ECDSA with P-256, a common name, an authority or a server with its
 * names.
 */

function der(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "hex") : part)));
  const length = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const [SEQUENCE, SET, OCTETS, BITS, INTEGER, UTF8, UTC_TIME] = [0x30, 0x31, 0x04, 0x03, 0x02, 0x0c, 0x17];
const ECDSA_WITH_SHA256 = der(SEQUENCE, "06082a8648ce3d040302");
const [COMMON_NAME, SUBJECT_ALT_NAME, BASIC_CONSTRAINTS] = ["0603550403", "0603551d11", "0603551d13"];
const TRUE = "0101ff";
const DAY_MS = 86_400_000;

const nameOf = (text: string) => der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8, Buffer.from(text)))));
const utcTime = (ms: number) => der(UTC_TIME, Buffer.from(`${new Date(ms).toISOString().replace(/\D/g, "").slice(2, 14)}Z`));

function pemOf(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

interface Wanted {
  readonly subject: string;
  readonly subjectKey: KeyObject;
  readonly issuer: string;
  readonly issuerKey: KeyObject;
  readonly extension: Buffer;
}

function certificate({ subject, subjectKey, issuer, issuerKey, extension }: Wanted): string {
  const nowMs = Date.now();
  const body = der(
    SEQUENCE,
    der(0xa0, der(INTEGER, "02")),
    der(INTEGER, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    nameOf(issuer),
    der(SEQUENCE, utcTime(nowMs - DAY_MS), utcTime(nowMs + DAY_MS)),
    nameOf(subject),
    subjectKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(SEQUENCE, extension)),
  );
  return pemOf(der(SEQUENCE, body, ECDSA_WITH_SHA256, der(BITS, "00", sign("sha256", body, issuerKey))));
}

const newKeys = () => generateKeyPairSync("ec", { namedCurve: "P-256" });

export interface Authority {
  /** PEM. */
  readonly certificate: string;
  /** A certificate for a server on this machine, as PEM with its key. */
  issue(hosts?: readonly string[]): { readonly cert: string; readonly key: string };
}

/** A private authority. */
export function createAuthority(name = "a private authority"): Authority {
  const own = newKeys();
  return {
    certificate: certificate({
      subject: name,
      subjectKey: own.publicKey,
      issuer: name,
      issuerKey: own.privateKey,
      extension: der(SEQUENCE, BASIC_CONSTRAINTS, TRUE, der(OCTETS, der(SEQUENCE, TRUE))),
    }),
    issue(hosts = ["localhost"]) {
      const keys = newKeys();
      const names = [der(0x87, Buffer.from([127, 0, 0, 1])), ...hosts.map((host) => der(0x82, Buffer.from(host)))];
      const cert = certificate({
        subject: "a server",
        subjectKey: keys.publicKey,
        issuer: name,
        issuerKey: own.privateKey,
        extension: der(SEQUENCE, SUBJECT_ALT_NAME, der(OCTETS, der(SEQUENCE, ...names))),
      });
      return { cert, key: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
    },
  };
}
