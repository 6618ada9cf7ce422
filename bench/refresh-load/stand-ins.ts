import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Claims } from "../../src/model/token-set.js";
import { accessClaims, idClaims, refreshTokenOf } from "../../test/support/session-fixtures.js";
import { refreshTokenAt, subjectOf } from "./people.js";

/*
 * In a process of its own, so that the product's is the product's alone: a Cognito that refreshes whatever it has issued itself, takes its time
 * and throttles beyond its quota; and an API that says which token it was sent.
 */

/** What this process is started with. */
export interface StandInsOptions {
  readonly people: number;
  readonly lifeMs: number;
  readonly quotaPerSecond: number;
  readonly rotates: boolean;
}

/** What happened since the last figures. */
export interface StandInsFigures {
  readonly refreshed: number;
  readonly throttled: number;
  /** Calls that came to the API with a token that had ended. */
  readonly dead: number;
}

export interface StandInsAddresses {
  readonly cognitoPort: number;
  readonly apiPort: number;
}

const FASTEST_MS = 20;
const SLOWEST_MS = 80;
const KEY_ID = "bench";

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (part: string) => {
      text += part;
    });
    request.on("end", () => resolve(text));
  });
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/x-amz-json-1.1", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

function signed(claims: Claims, key: KeyObject): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ kid: KEY_ID, alg: "RS256" })}.${part(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
}

interface Request {
  readonly RefreshToken?: string;
  readonly AuthParameters?: { readonly REFRESH_TOKEN?: string };
}

/** @param count notes what happened. */
function cognito(options: StandInsOptions, count: (what: "refreshed" | "throttled") => void): RequestListener {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = createPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" }));
  const keys = { keys: [{ ...publicKey.export({ format: "jwk" }), kid: KEY_ID, alg: "RS256", use: "sig" }] };
  const subjects = new Map(Array.from({ length: options.people }, (_, index) => [refreshTokenAt(index), subjectOf(index)]));
  let allowed = options.quotaPerSecond;
  let filledAt = performance.now();

  function isThrottled(): boolean {
    const now = performance.now();
    allowed = Math.min(options.quotaPerSecond, allowed + ((now - filledAt) * options.quotaPerSecond) / 1000);
    filledAt = now;
    if (allowed < 1) return true;
    allowed -= 1;
    return false;
  }

  /** Good for as long as the one before. */
  function rotated(subject: string): string {
    const token = refreshTokenOf(`${subject} ${performance.now()}`);
    subjects.set(token, subject);
    return token;
  }

  return async (request, response) => {
    if (request.method === "GET") return answer(response, 200, keys);
    const { RefreshToken, AuthParameters } = JSON.parse(await readBody(request)) as Request;
    const subject = subjects.get(RefreshToken ?? AuthParameters?.REFRESH_TOKEN ?? "");
    await new Promise((resolve) => setTimeout(resolve, FASTEST_MS + Math.random() * (SLOWEST_MS - FASTEST_MS)));
    if (isThrottled()) {
      count("throttled");
      return answer(response, 400, { __type: "TooManyRequestsException", message: "Rate exceeded" });
    }
    if (subject === undefined) return answer(response, 400, { __type: "NotAuthorizedException", message: "Invalid Refresh Token" });
    const now = Date.now();
    const times = { issuedAtMs: now, lifeMs: options.lifeMs };
    count("refreshed");
    return answer(response, 200, {
      AuthenticationResult: {
        IdToken: signed(idClaims(subject, times, { issued_at_ms: now }), key),
        AccessToken: signed(accessClaims(subject, times), key),
        ExpiresIn: options.lifeMs / 1000,
        TokenType: "Bearer",
        ...(options.rotates ? { RefreshToken: rotated(subject) } : {}),
      },
    });
  };
}

/** Says when the token that came with a call was issued and when it ends. */
function api(count: (what: "dead") => void): RequestListener {
  return (request, response) => {
    const [, claims = ""] = (request.headers.authorization ?? "").split(".");
    const { exp = 0, issued_at_ms: issuedAtMs = 0 } = JSON.parse(Buffer.from(claims, "base64url").toString() || "{}") as {
      exp?: number;
      issued_at_ms?: number;
    };
    if (exp * 1000 <= Date.now()) count("dead");
    answer(response, 200, { expiresAtMs: exp * 1000, issuedAtMs });
  };
}

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer({ keepAliveTimeout: 60_000 }, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

if (process.send) {
  const options = JSON.parse(process.env["STAND_INS"] ?? "{}") as StandInsOptions;
  const figures = { refreshed: 0, throttled: 0, dead: 0 };
  const count = (what: keyof typeof figures) => {
    figures[what] += 1;
  };
  const addresses: StandInsAddresses = { cognitoPort: await listen(cognito(options, count)), apiPort: await listen(api(count)) };
  process.send(addresses);
  process.on("message", () => {
    process.send?.({ ...figures } satisfies StandInsFigures);
    Object.assign(figures, { refreshed: 0, throttled: 0, dead: 0 });
  });
  process.on("disconnect", () => process.exit(0));
}
