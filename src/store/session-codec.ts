import { Secret } from "../model/secret.js";
import { identityOf, SESSION_ID_BYTES, type Session, sessionIdFromBytes } from "../model/session.js";
import { type Claims, createTokenSet, parseClaims, readClaims, type TokenSet } from "../model/token-set.js";
import { ByteReader, ByteWriter } from "./byte-string.js";
import { assertPackedToken, packClaims, packToken, unpackClaims, unpackToken } from "./token-packing.js";

/*
 * A session as bytes:
 *
 *   id (16) | started, last seen, refreshed (48 bits each, ms) | version | pool | client | device key | tokens | unverified tokens
 *
 * Subject and username are not written: they stand in the ID token's claims. Nor is the browser: its own ticket need not tell it.
 */

const ABSENT = 0;
const ID_TOKEN = 1;
const CLAIMS = 2;
const ACCESS_TOKEN = 3;
const TOKENS = 4;

/** `known`: a refresh token that stands before these and need not be written twice. */
function writeTokens(writer: ByteWriter, tokens: TokenSet, known: string | null): void {
  const refresh = tokens.refresh.reveal();
  writer.bytes(refresh === known ? Buffer.alloc(0) : packToken(refresh));
  if (tokens.id) writer.uint8(ID_TOKEN).bytes(packToken(tokens.id.jwt.reveal()));
  else writer.uint8(CLAIMS).bytes(packClaims(Buffer.from(JSON.stringify(tokens.claims), "utf8")));
  if (tokens.access) writer.uint8(ACCESS_TOKEN).bytes(packToken(tokens.access.jwt.reveal()));
  else writer.uint8(ABSENT);
}

function assertClaims(claims: Claims | null): Claims {
  if (!claims) throw new RangeError("the claims are not a JSON object");
  return claims;
}

/** A JWT whose JSON is spelled unusually, or is very long, is packed as text: its claims are then read from the token itself. */
function claimsOf({ token, claimsJson }: ReturnType<typeof unpackToken>): Claims {
  return assertClaims(claimsJson ? parseClaims(claimsJson) : readClaims(token));
}

/** @param refreshIn makes the refresh token of what it is packed as. */
function readTokens(reader: ByteReader, dictionary: number, refreshIn: (packed: Buffer) => Secret): { tokens: TokenSet; claims: Claims } {
  const refresh = refreshIn(reader.bytes());
  const kind = reader.uint8();
  const packed = reader.bytes();
  const id = kind === ID_TOKEN ? unpackToken(packed, dictionary) : null;
  const claims = id ? claimsOf(id) : assertClaims(parseClaims(unpackClaims(packed, dictionary)));
  const access = reader.uint8() === ACCESS_TOKEN ? unpackToken(reader.bytes(), dictionary) : null;
  const tokens = createTokenSet(
    { refresh, claims, id: id ? id.token : null, access: access ? { jwt: access.token, claims: claimsOf(access) } : null },
    id ? "id_token" : "elsewhere",
  );
  return { tokens, claims };
}

/** Pools, clients and names of browsers are few: a copy of their ids for each session would be larger than all its numbers together. */
const fewTexts = new Map<string, string>();
const MOST_FEW_TEXTS = 64;

export function onceInMemory(text: string): string {
  const known = fewTexts.get(text);
  if (known === undefined && fewTexts.size < MOST_FEW_TEXTS) fewTexts.set(text, text);
  return known ?? text;
}

/** The session as bytes, packed with the current dictionary. */
export function encodeSession(session: Session): Buffer {
  const writer = new ByteWriter()
    .raw(Buffer.from(session.id, "base64url"))
    .uint48(session.startedAtMs)
    .uint48(session.lastSeenAtMs)
    .uint48(session.refreshedAtMs)
    .length(session.version)
    .text(session.userPoolId)
    .text(session.clientId)
    .text(session.deviceKey ?? "");
  writeTokens(writer, session.tokens, null);
  if (session.unverified) writeTokens(writer.uint8(TOKENS), session.unverified, session.tokens.refresh.reveal());
  else writer.uint8(ABSENT);
  return writer.finish();
}

interface Head extends Pick<Session, "id" | "userPoolId" | "clientId" | "deviceKey"> {
  readonly startedAtMs: number;
  readonly lastSeenAtMs: number;
  readonly refreshedAtMs: number;
  readonly version: number;
}

function readHead(reader: ByteReader): Head {
  const id = sessionIdFromBytes(reader.raw(SESSION_ID_BYTES));
  const startedAtMs = reader.uint48();
  const lastSeenAtMs = reader.uint48();
  const refreshedAtMs = reader.uint48();
  const version = reader.length();
  const userPoolId = onceInMemory(reader.text());
  const clientId = onceInMemory(reader.text());
  const deviceKey = reader.text();
  return { id, startedAtMs, lastSeenAtMs, refreshedAtMs, version, userPoolId, clientId, deviceKey: deviceKey === "" ? null : deviceKey };
}

/**
 * The session that `encodeSession` wrote.
 *
 * @param later the refresh token, where it is to be read when it is asked for: `refreshTokenIn`.
 * @throws where the bytes are not a session.
 */
export function decodeSession(bytes: Buffer, dictionary: number, later: Secret | null = null): Session {
  const reader = new ByteReader(bytes);
  const { id, userPoolId, clientId, deviceKey, startedAtMs, lastSeenAtMs, refreshedAtMs, version } = readHead(reader);
  const unpacked = (packed: Buffer) => new Secret(unpackToken(packed, dictionary).token);
  const { tokens, claims } = readTokens(reader, dictionary, (packed) => {
    if (!later) return unpacked(packed);
    assertPackedToken(packed);
    return later;
  });
  const isFollowed = reader.uint8() === TOKENS;
  // A refresh token that stands before was not written twice.
  const refreshAfter = (packed: Buffer) => (packed.length === 0 ? tokens.refresh : unpacked(packed));
  const unverified = isFollowed ? readTokens(reader, dictionary, refreshAfter).tokens : null;
  reader.end();
  const { subject, username } = identityOf(claims);
  return {
    id,
    userPoolId,
    clientId,
    subject,
    username,
    deviceKey,
    userAgent: null,
    tokens,
    unverified,
    startedAtMs,
    lastSeenAtMs,
    refreshedAtMs,
    version,
  };
}

/** The refresh token beside the verified tokens of a session that `encodeSession` wrote. */
export function refreshTokenIn(bytes: Buffer, dictionary: number): string {
  const reader = new ByteReader(bytes);
  readHead(reader);
  return unpackToken(reader.bytes(), dictionary).token;
}
