import { createHash, createHmac } from "node:crypto";
import type { IssuedTokens } from "../../src/cognito/answers.js";
import { Secret } from "../../src/model/secret.js";
import { createSessionId, type Session } from "../../src/model/session.js";
import { type Claims, createTokenSet, type KeptKinds, readClaims } from "../../src/model/token-set.js";
import type { PresentedCookies } from "../../src/store/cookies.js";
import type { Json } from "../../src/wire/shapes.js";

export const USER_POOL_ID = "eu-central-1_AbCdEf123";
export const CLIENT_ID = "1example23456789client";
export const START_MS = Date.UTC(2026, 10, 20, 19);
export const HOUR_MS = 60 * 60 * 1000;
export const MINUTE_MS = 60 * 1000;

/** Bytes that look random and are the same in every run. */
export function bytesFrom(seed: string, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let index = 0; blocks.length * 32 < length; index++) blocks.push(createHash("sha256").update(`${seed} ${index}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}

/** A session key. */
export function keyFrom(seed: string): Secret<Buffer> {
  return new Secret(bytesFrom(`key ${seed}`, 32));
}

/** A JWT as Cognito's look, with a signature of RS256's length that nobody verifies. */
export function jwtOf(
  claims: Claims,
  header: { readonly [name: string]: Json } = { kid: "Q4xX0rW2kx4kK8rTn3wPZ2mY0sVb1c9dEfGhIjKlMn0=", alg: "RS256" },
): string {
  const head = Buffer.from(JSON.stringify(header)).toString("base64url");
  const body = Buffer.from(JSON.stringify(claims)).toString("base64url");
  const signature = Buffer.concat(
    [0, 1, 2, 3, 4, 5, 6, 7].map((part) => createHmac("sha256", `key ${part}`).update(`${head}.${body}`).digest()),
  );
  return `${head}.${body}.${signature.toString("base64url")}`;
}

/** A refresh token of Cognito's shape, a JWE in five parts, of exactly `length` characters. */
export function refreshTokenOf(seed: string, length = 1_713): string {
  const header = Buffer.from('{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}').toString("base64url");
  const key = bytesFrom(`${seed} key`, 256).toString("base64url");
  const iv = bytesFrom(`${seed} iv`, 12).toString("base64url");
  const tag = bytesFrom(`${seed} tag`, 16).toString("base64url");
  const left = length - [header, key, iv, tag].join("").length - 4;
  if (left % 4 === 1) throw new RangeError(`no base64url is ${left} characters long`);
  const body = bytesFrom(`${seed} body`, Math.floor((left * 3) / 4)).toString("base64url");
  return [header, key, iv, body, tag].join(".");
}

export interface TokenTimes {
  readonly issuedAtMs?: number;
  readonly lifeMs?: number;
}

export function idClaims(subject: string, { issuedAtMs = START_MS, lifeMs = HOUR_MS }: TokenTimes = {}, more: Claims = {}): Claims {
  const issuedAt = Math.floor(issuedAtMs / 1000);
  return {
    sub: subject,
    "cognito:username": `name-of-${subject}`,
    iss: `https://cognito-idp.eu-central-1.amazonaws.com/${USER_POOL_ID}`,
    aud: CLIENT_ID,
    token_use: "id",
    iat: issuedAt,
    exp: issuedAt + Math.floor(lifeMs / 1000),
    ...more,
  };
}

export function accessClaims(subject: string, { issuedAtMs = START_MS, lifeMs = HOUR_MS }: TokenTimes = {}, more: Claims = {}): Claims {
  const issuedAt = Math.floor(issuedAtMs / 1000);
  return {
    sub: subject,
    username: `name-of-${subject}`,
    iss: `https://cognito-idp.eu-central-1.amazonaws.com/${USER_POOL_ID}`,
    client_id: CLIENT_ID,
    token_use: "access",
    iat: issuedAt,
    exp: issuedAt + Math.floor(lifeMs / 1000),
    ...more,
  };
}

export interface SessionSeed extends TokenTimes {
  readonly subject?: string;
  readonly refresh?: string;
  readonly keep?: KeptKinds;
  readonly claims?: Claims;
}

/** A session as a sign-in at `issuedAtMs` makes it; `overrides` replace its fields afterwards. */
export function sessionOf(seed: SessionSeed = {}, overrides: Partial<Session> = {}): Session {
  const { subject = "user-1", issuedAtMs = START_MS, keep = { id: true, access: false } } = seed;
  const claims = idClaims(subject, seed, seed.claims);
  const ofAccess = accessClaims(subject, seed);
  return {
    id: createSessionId(),
    userPoolId: USER_POOL_ID,
    clientId: CLIENT_ID,
    subject,
    username: `name-of-${subject}`,
    deviceKey: null,
    userAgent: null,
    tokens: createTokenSet({
      refresh: seed.refresh ?? `refresh-of-${subject}`,
      claims,
      id: keep.id ? jwtOf(claims) : null,
      access: keep.access ? { jwt: jwtOf(ofAccess), claims: ofAccess } : null,
    }),
    unverified: null,
    startedAtMs: issuedAtMs,
    lastSeenAtMs: issuedAtMs,
    refreshedAtMs: issuedAtMs,
    version: 1,
    ...overrides,
  };
}

/** What Cognito answers when it refreshes. */
export function issuedFor(subject: string, times: TokenTimes, refresh: string | null = null, more: Claims = {}): IssuedTokens {
  return {
    kind: "issued",
    refresh: refresh === null ? null : new Secret(refresh),
    id: new Secret(jwtOf(idClaims(subject, times, more))),
    access: new Secret(jwtOf(accessClaims(subject, times))),
  };
}

/** A session with another version of its tokens, as a refresh makes it. */
export function refreshedSession(session: Session, times: Required<TokenTimes>, refresh: string | null = null): Session {
  const issued = issuedFor(session.subject, times, refresh);
  const claims = readClaims(issued.id.reveal()) ?? {};
  return {
    ...session,
    tokens: createTokenSet({ refresh: refresh ?? session.tokens.refresh.reveal(), claims, id: issued.id.reveal(), access: null }),
    refreshedAtMs: times.issuedAtMs,
    version: session.version + 1,
  };
}

/** What a request brings that carries these tickets and ended markers, each in one cookie. */
export function presenting(tickets: readonly string[], markers: readonly string[] = []): PresentedCookies {
  return { tickets, markers, names: tickets.map(() => "__Host-Http-bff-session"), any: tickets.length > 0 };
}

/** A session with every Secret opened, so that two can be compared. */
export function revealed(session: Session): unknown {
  const open = (_key: string, value: unknown): unknown => (value instanceof Secret ? value.reveal() : value);
  const visit = (value: unknown): unknown => {
    const opened = open("", value);
    if (Array.isArray(opened)) return opened.map(visit);
    if (typeof opened !== "object" || opened === null) return opened;
    return Object.fromEntries(Object.entries(opened).map(([name, inner]) => [name, visit(inner)]));
  };
  return visit(session);
}
