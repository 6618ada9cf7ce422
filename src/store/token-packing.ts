import { deflateRawSync, inflateRawSync } from "node:zlib";
import { ByteReader, ByteWriter } from "./byte-string.js";

/*
 * A token as few bytes: every base64url part as the bytes it stands for when encoding those gives the same text back, and the header and
 * claims of a JWT deflated with a preset dictionary of what Cognito writes there. Each token is deflated alone, never together with another
 * or with a text that an outsider chooses while watching the length (the CRIME class of leaks).
 */

/** The dictionary this release packs with; it unpacks every one in the table. */
export const DICTIONARY = 1;

// zlib finds matches best near the end, so the commonest strings stand last (RFC 1950, 2.3). Never change an entry: add the next one.
const DICTIONARIES: ReadonlyMap<number, Buffer> = new Map([
  [
    1,
    Buffer.from(
      [
        '"custom:tenant":"custom:organization":"custom:department":"custom:role":"custom:plan":"locale":"en-US","zoneinfo":"Europe/',
        '"picture":"https://","profile":"https://","website":"","gender":"","birthdate":"19","middle_name":"","nickname":"","preferred_username":"',
        '"address":{"formatted":"","street_address":"","postal_code":"","country":""},"updated_at":"phone_number":"+1","phone_number_verified":true,',
        '"identities":[{"dateCreated":"17","userId":"","providerName":"Google","providerType":"SAML","issuer":null,"primary":"true"}],',
        '"cognito:preferred_role":"arn:aws:iam::role/","cognito:roles":["arn:aws:iam::","administrators","developers","operators","readers","editors","billing","support"',
        '"version":2,"client_id":"","scope":"aws.cognito.signin.user.admin openid phone profile email","device_key":"',
        '{"kid":"","alg":"RS256","typ":"JWT"}{"at_hash":"","nonce":"","sub":"","email_verified":true,"email_verified":false,"name":"","family_name":"","given_name":"","email":"@example.com@gmail.com"',
        '"iss":"https://issuer-cognito-idp.eu-central-1.amazonaws.com/eu-central-1_https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_https://cognito-idp.us-west-2.amazonaws.com/us-west-2_',
        '"cognito:groups":["","iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_","cognito:username":"","origin_jti":"","aud":"","event_id":"","token_use":"access","token_use":"id","auth_time":17,"exp":17,"iat":17,"jti":"","email":"',
      ].join(""),
    ),
  ],
]);

// More than any token Cognito issues; a bound for what a stolen key could make us inflate.
const LONGEST_CLAIMS_BYTES = 64 * 1024;

const TEXT = 0;
const PARTS = 1;
const JWT = 2;

function bytesOf(part: string): Buffer | null {
  const bytes = Buffer.from(part, "base64url");
  return bytes.toString("base64url") === part ? bytes : null;
}

/** Deflates JSON text with the current dictionary. */
export function packClaims(json: Uint8Array): Buffer {
  const dictionary = DICTIONARIES.get(DICTIONARY) as Buffer;
  return deflateRawSync(json, { dictionary, level: 9 });
}

/** @throws RangeError for an unknown dictionary, a zlib error for damaged or too long content. */
export function unpackClaims(packed: Uint8Array, dictionary: number): Buffer {
  const preset = DICTIONARIES.get(dictionary);
  if (!preset) throw new RangeError(`unknown dictionary ${dictionary}`);
  return inflateRawSync(packed, { dictionary: preset, maxOutputLength: LONGEST_CLAIMS_BYTES });
}

function isJson(bytes: Buffer): boolean {
  return bytes[0] === 0x7b && bytes[bytes.length - 1] === 0x7d;
}

/** Whether a JWT's header and claims may be deflated: they look like JSON, and inflating them again stays within the bound. */
function isDeflatable(header: Buffer, claims: Buffer): boolean {
  return isJson(header) && isJson(claims) && header.length + claims.length <= LONGEST_CLAIMS_BYTES;
}

/** Packs any token; unpacking gives exactly the same text. */
export function packToken(token: string): Buffer {
  const parts = token.split(".").map((text) => ({ text, bytes: bytesOf(text) }));
  const [header, claims, signature] = parts;
  if (parts.length === 3 && header?.bytes && claims?.bytes && signature?.bytes && isDeflatable(header.bytes, claims.bytes)) {
    const deflated = packClaims(Buffer.concat([header.bytes, claims.bytes]));
    return new ByteWriter().uint8(JWT).length(header.bytes.length).bytes(deflated).raw(signature.bytes).finish();
  }
  if (parts.length === 1) return new ByteWriter().uint8(TEXT).raw(Buffer.from(token, "utf8")).finish();
  const writer = new ByteWriter().uint8(PARTS).length(parts.length);
  for (const { text, bytes } of parts) writer.uint8(bytes ? 1 : 0).bytes(bytes ?? Buffer.from(text, "utf8"));
  return writer.finish();
}

/** @throws where the bytes cannot be a packed token; whether they are one shows when they are unpacked. */
export function assertPackedToken(packed: Buffer): void {
  const kind = packed[0];
  if (kind !== TEXT && kind !== JWT && kind !== PARTS) throw new RangeError(`unknown kind of packed token ${kind}`);
}

/**
 * The token that `packToken` packed, and its claims where it was packed as a JWT.
 * @throws where the bytes are not a packed token.
 */
export function unpackToken(packed: Buffer, dictionary: number): { token: string; claimsJson: Buffer | null } {
  const reader = new ByteReader(packed);
  const kind = reader.uint8();
  if (kind === TEXT) return { token: packed.subarray(1).toString("utf8"), claimsJson: null };
  if (kind === JWT) {
    const headerLength = reader.length();
    const deflated = reader.bytes();
    const json = unpackClaims(deflated, dictionary);
    const signature = reader.raw(reader.rest());
    const claimsJson = json.subarray(headerLength);
    // Joined, it is one piece of text; out of a template it would keep its parts.
    const token = [json.subarray(0, headerLength), claimsJson, signature].map((part) => part.toString("base64url")).join(".");
    return { token, claimsJson };
  }
  if (kind !== PARTS) throw new RangeError(`unknown kind of packed token ${kind}`);
  const parts: string[] = [];
  for (let left = reader.length(); left > 0; left--) {
    const encoded = reader.uint8() === 1;
    parts.push(reader.bytes().toString(encoded ? "base64url" : "utf8"));
  }
  reader.end();
  return { token: parts.join("."), claimsJson: null };
}
