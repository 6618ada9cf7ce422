import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import t, { type Test } from "tap";
import { createCognitoTime } from "../../src/cognito/cognito-time.js";
import { createTokenVerifier } from "../../src/cognito/token-verifier.js";
import type { Claims } from "../../src/model/token-set.js";
import { collectLog } from "../support/collected-log.js";
import { createManualClock, type ManualClock } from "../support/manual-clock.js";
import { accessClaims, CLIENT_ID, HOUR_MS, idClaims, MINUTE_MS, START_MS, USER_POOL_ID } from "../support/session-fixtures.js";
import { type Answer, hang, html, json, reset, startTinyServer, text } from "../support/tiny-server.js";

const idKey = generateKeyPairSync("rsa", { modulusLength: 2048 });
const accessKey = generateKeyPairSync("rsa", { modulusLength: 2048 });
const strangersKey = generateKeyPairSync("rsa", { modulusLength: 2048 });

const jwk = (kid: string, { publicKey }: typeof idKey) => ({ ...publicKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" });
const KEYS = json(200, { keys: [jwk("id-key", idKey), jwk("access-key", accessKey)] });

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

function signed(claims: Claims, { privateKey } = idKey, header: object = { kid: "id-key", alg: "RS256" }): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${sign("RSA-SHA256", Buffer.from(input), privateKey).toString("base64url")}`;
}

const DEADLINE_MS = 10_000;
const SUBJECT = "user-1";
const AWS = "https://cognito-idp.eu-central-1.amazonaws.com";

async function rig(t: Test, answer: Answer = KEYS, clock: ManualClock = createManualClock(START_MS)) {
  const server = await startTinyServer(answer);
  t.teardown(() => server.close());
  const log = collectLog();
  const time = createCognitoTime(clock, log);
  const options = { userPoolId: USER_POOL_ID, region: "eu-central-1", clientId: CLIENT_ID, time };
  const verifier = createTokenVerifier({ ...options, endpoint: server.url, deadlineMs: DEADLINE_MS, clock, log });
  return { server, clock, time, verifier, log };
}

t.test("a token that Cognito signed for this client is valid, and its claims come back", async (t) => {
  const { verifier, server } = await rig(t);
  const claims = idClaims(SUBJECT, {}, { email: "demo@example.com" });
  t.same(await verifier.verify(signed(claims), "id", START_MS), { kind: "valid", claims });
  const ofAccess = accessClaims(SUBJECT);
  const access = signed(ofAccess, accessKey, { kid: "access-key", alg: "RS256" });
  t.same(await verifier.verify(access, "access", START_MS), { kind: "valid", claims: ofAccess });
  t.equal(server.seen.length, 1, "the keys are fetched once");
  t.equal(server.seen[0]?.url, `/${USER_POOL_ID}/.well-known/jwks.json`);
});

t.test("both of AWS's issuers and the endpoint's own are accepted, no other", async (t) => {
  const { verifier, server } = await rig(t);
  const withIssuer = (iss: string) => verifier.verify(signed(idClaims(SUBJECT, {}, { iss })), "id", null);
  t.equal((await withIssuer(`${AWS}/${USER_POOL_ID}`)).kind, "valid");
  t.equal((await withIssuer(`https://issuer-cognito-idp.eu-central-1.amazonaws.com/${USER_POOL_ID}`)).kind, "valid");
  t.equal((await withIssuer(`${server.url}/${USER_POOL_ID}`)).kind, "valid");
  const others = [
    `${AWS}/eu-central-1_Other`,
    `https://cognito-idp.us-east-1.amazonaws.com/${USER_POOL_ID}`,
    `${AWS}/${USER_POOL_ID}/`,
    "",
    "null",
  ];
  for (const iss of others) t.equal((await withIssuer(iss)).kind, "invalid", iss);
});

t.test("an emulator on this machine may call itself by another of its names; nothing of the kind passes anywhere else", async (t) => {
  const { verifier, server, time, clock, log } = await rig(t);
  const port = new URL(server.url).port;
  const names = [`http://localhost:${port}`, `http://0.0.0.0:${port}`, "http://localhost:9229"];
  for (const name of names) {
    const token = signed(idClaims(SUBJECT, {}, { iss: `${name}/${USER_POOL_ID}` }));
    t.equal((await verifier.verify(token, "id", null)).kind, "valid", name);
    for (const endpoint of [null, "http://cognito.example.com:9229", `https://localhost:${port}`]) {
      const options = {
        userPoolId: USER_POOL_ID,
        region: "eu-central-1",
        clientId: CLIENT_ID,
        time,
        endpoint,
        deadlineMs: DEADLINE_MS,
        clock,
        log,
      };
      t.equal((await createTokenVerifier(options).verify(token, "id", null)).kind, "invalid", `${name} at ${endpoint}, unread`);
    }
  }
  const strangers = signed(idClaims(SUBJECT, {}, { iss: `http://localhost:9229/${USER_POOL_ID}` }), strangersKey);
  t.equal((await verifier.verify(strangers, "id", null)).kind, "invalid", "the keys decide");
});

/** Claims that are not for us, each signed by Cognito. */
const NOT_FOR_US: readonly (readonly [what: string, use: "id" | "access", claims: Claims])[] = [
  ["another client's ID token", "id", idClaims(SUBJECT, {}, { aud: "another" })],
  ["an ID token without an audience", "id", idClaims(SUBJECT, {}, { aud: undefined })],
  ["an access token in the ID token's place", "id", accessClaims(SUBJECT)],
  ["an ID token that calls itself an access token", "id", idClaims(SUBJECT, {}, { token_use: "access" })],
  ["a token without token_use", "id", idClaims(SUBJECT, {}, { token_use: undefined })],
  ["another client's access token", "access", accessClaims(SUBJECT, {}, { client_id: "another" })],
  ["an ID token in the access token's place", "access", idClaims(SUBJECT)],
  ["a token without an issuer", "id", idClaims(SUBJECT, {}, { iss: undefined })],
  ["a token without exp", "id", idClaims(SUBJECT, {}, { exp: undefined })],
  ["a token whose exp is a text", "id", idClaims(SUBJECT, {}, { exp: "4102444800" })],
];

for (const [what, use, claims] of NOT_FOR_US) {
  t.test(`${what} is invalid`, async (t) => {
    const { verifier } = await rig(t);
    t.equal((await verifier.verify(signed(claims), use, null)).kind, "invalid");
  });
}

t.test("a signature that is not Cognito's is invalid", async (t) => {
  const { verifier } = await rig(t);
  const claims = idClaims(SUBJECT);
  const good = signed(claims);
  const [head = "", , signature = ""] = good.split(".");
  const forged: readonly (readonly [string, string])[] = [
    ["a stranger's key under Cognito's kid", signed(claims, strangersKey)],
    ["the other key of the pool", signed(claims, accessKey)],
    ["other claims under a good signature", `${head}.${encode({ ...claims, sub: "somebody-else" })}.${signature}`],
    ["no signature", `${good.slice(0, good.lastIndexOf("."))}.`],
    ["a signature of another length", good.slice(0, -8)],
  ];
  for (const [what, jwt] of forged) t.equal((await verifier.verify(jwt, "id", null)).kind, "invalid", what);
});

t.test("a token that chooses its own algorithm is invalid", async (t) => {
  const { verifier } = await rig(t);
  const claims = idClaims(SUBJECT);
  const publicPem = idKey.publicKey.export({ type: "spki", format: "pem" });
  const confused = `${encode({ kid: "id-key", alg: "HS256" })}.${encode(claims)}`;
  const hs256 = `${confused}.${createHmac("sha256", publicPem).update(confused).digest("base64url")}`;
  for (const alg of ["none", "None", "NONE", ""]) {
    t.equal((await verifier.verify(`${encode({ kid: "id-key", alg })}.${encode(claims)}.`, "id", null)).kind, "invalid", `alg "${alg}"`);
    t.equal((await verifier.verify(signed(claims, idKey, { kid: "id-key", alg }), "id", null)).kind, "invalid", `alg "${alg}", signed`);
  }
  t.equal((await verifier.verify(hs256, "id", null)).kind, "invalid", "HS256 with the public key as the secret");
  t.equal((await verifier.verify(signed(claims, idKey, { kid: "id-key" }), "id", null)).kind, "invalid", "no alg");
  t.equal((await verifier.verify(signed(claims, idKey, { alg: "RS256" }), "id", null)).kind, "invalid", "no kid");
});

t.test("what is not a JWT is invalid, and nothing throws", async (t) => {
  const { verifier } = await rig(t);
  for (const jwt of [
    "",
    ".",
    "..",
    "a.b.c",
    "a.b",
    "a.b.c.d",
    `${encode([])}.${encode(null)}.x`,
    "€.€.€",
    `${encode({})}.${encode({})}.`,
  ]) {
    t.equal((await verifier.verify(jwt, "id", null)).kind, "invalid", JSON.stringify(jwt));
  }
});

t.test("exp is compared with Cognito's time, never with the machine's clock", async (t) => {
  const longAgo = Date.UTC(2001, 0, 1);
  const farOff = Date.UTC(2080, 0, 1);
  for (const startMs of [longAgo, START_MS, farOff]) {
    const { verifier, clock } = await rig(t, KEYS, createManualClock(startMs));
    const jwt = signed(idClaims(SUBJECT, { issuedAtMs: startMs }));
    t.equal((await verifier.verify(jwt, "id", null)).kind, "valid");
    clock.advance(HOUR_MS - 1);
    t.equal((await verifier.verify(jwt, "id", null)).kind, "valid", "to its last millisecond");
    clock.advance(1);
    t.same(await verifier.verify(jwt, "id", null), { kind: "invalid", why: "expired" });
  }
});

t.test("a token that is not valid yet is invalid, with a minute's leeway", async (t) => {
  const { verifier, clock } = await rig(t);
  const nbf = (START_MS + 2 * MINUTE_MS) / 1000;
  const jwt = signed(idClaims(SUBJECT, {}, { nbf }));
  t.same(await verifier.verify(jwt, "id", null), { kind: "invalid", why: "not yet valid" });
  clock.advance(MINUTE_MS);
  t.equal((await verifier.verify(jwt, "id", null)).kind, "valid");
});

t.test("a token just received teaches Cognito's time, and is good although the clocks differ", async (t) => {
  for (const skewMs of [2 * HOUR_MS, -2 * HOUR_MS]) {
    const { verifier, time } = await rig(t);
    const jwt = signed(idClaims(SUBJECT, { issuedAtMs: START_MS + skewMs }, { nbf: (START_MS + skewMs) / 1000 }));
    t.equal((await verifier.verify(jwt, "id", START_MS)).kind, "valid", `${skewMs} ms`);
    t.equal(time.now(), START_MS + skewMs);
  }
});

t.test("a token of any age, or one that is not Cognito's, teaches nothing", async (t) => {
  const { verifier, time } = await rig(t);
  await verifier.verify(signed(idClaims(SUBJECT, { issuedAtMs: START_MS - 30 * MINUTE_MS })), "id", null);
  t.equal(time.now(), START_MS, "of any age");
  await verifier.verify(signed(idClaims(SUBJECT, { issuedAtMs: START_MS - HOUR_MS }), strangersKey), "id", START_MS);
  t.equal(time.now(), START_MS, "a forged one");
  await verifier.verify(signed(idClaims(SUBJECT, { issuedAtMs: START_MS - HOUR_MS }, { aud: "another" })), "id", START_MS);
  t.equal(time.now(), START_MS, "one for somebody else");
});

/** Ways the keys cannot be had. */
const NO_KEYS: readonly (readonly [what: string, answer: Answer])[] = [
  ["an HTML 503", html(503)],
  ["an HTML 200", html(200)],
  ["a 404", json(404, { message: "no such pool" })],
  ["a reset connection", reset],
  ["a server that hangs", hang],
  ["no JSON", text(200, "garbage")],
  ["JSON without keys", json(200, {})],
  ["keys that are none", json(200, { keys: [{ kid: "id-key" }, null, 3] })],
  ["an endless list", text(200, `{"keys":[],"x":"${"x".repeat(300_000)}"}`)],
];

for (const [what, answer] of NO_KEYS) {
  t.test(`with ${what} instead of the keys nothing is decided about the token`, async (t) => {
    const { verifier, server, clock } = await rig(t, answer);
    const deciding = verifier.verify(signed(idClaims(SUBJECT)), "id", START_MS);
    if (answer === hang) {
      await server.dealtWith;
      await clock.run(DEADLINE_MS);
    }
    t.equal((await deciding).kind, "undecidable");
  });
}

t.test("keys that cannot be had are an outage, or a mistake of the configuration where only a wrong address can be meant", async (t) => {
  const { verifier, server, time, clock, log } = await rig(t, html(503));
  t.equal(await verifier.haveKeys(), "unavailable");
  const options = { userPoolId: USER_POOL_ID, region: "eu-central-1", clientId: CLIENT_ID, time, deadlineMs: DEADLINE_MS, clock, log };
  const endpoint = server.url.replace("http:", "https:");
  t.equal(await createTokenVerifier({ ...options, endpoint }).haveKeys(), "misconfigured", "it speaks no TLS");
  server.answer(KEYS);
  t.equal(await verifier.haveKeys(), "had");
});

t.test("once the keys can be had again the same token is decided", async (t) => {
  const { verifier, server, log } = await rig(t, html(503));
  const jwt = signed(idClaims(SUBJECT));
  t.equal((await verifier.verify(jwt, "id", START_MS)).kind, "undecidable");
  t.match(
    log.lines,
    [{ level: "warn", fields: { operation: "keys", url: /jwks\.json$/, error: { message: /status 503/ } } }],
    "the log says why",
  );
  server.answer(KEYS);
  t.equal((await verifier.verify(jwt, "id", START_MS)).kind, "valid");
});

t.test("a key that Cognito does not list yet decides nothing, and does not make us fetch for ever", async (t) => {
  const { verifier, server } = await rig(t);
  const jwt = signed(idClaims(SUBJECT), idKey, { kid: "tomorrows-key", alg: "RS256" });
  for (let call = 0; call < 5; call++) t.equal((await verifier.verify(jwt, "id", null)).kind, "undecidable");
  t.equal(server.seen.length, 1);
  t.equal((await verifier.verify(signed(idClaims(SUBJECT)), "id", null)).kind, "valid", "the other keys go on working");
});

t.test("a verifier without an endpoint trusts AWS alone", async (t) => {
  const clock = createManualClock(START_MS);
  const time = createCognitoTime(clock, collectLog());
  const verifier = createTokenVerifier({
    userPoolId: USER_POOL_ID,
    region: "eu-central-1",
    clientId: CLIENT_ID,
    time,
    endpoint: null,
    deadlineMs: DEADLINE_MS,
    clock,
    log: collectLog(),
  });
  const jwt = signed(idClaims(SUBJECT, {}, { iss: `http://127.0.0.1/${USER_POOL_ID}` }));
  t.equal((await verifier.verify(jwt, "id", null)).kind, "invalid", "refused before any key is fetched");
});
