import { JwtVerifier } from "aws-jwt-verify";
import { validateCognitoJwtFields } from "aws-jwt-verify/cognito-verifier";
import {
  FetchError,
  JwksValidationError,
  JwkValidationError,
  JwtBaseError,
  JwtInvalidIssuerError,
  KidNotFoundInJwksError,
  WaitPeriodNotYetEndedJwkError,
} from "aws-jwt-verify/error";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";
import { type Dispatcher, getGlobalDispatcher, request } from "undici";
import type { Clock } from "../model/clock.js";
import { withDeadline } from "../model/deadline.js";
import { describeError, type Log } from "../model/log.js";
import { isLoopbackHttp } from "../model/loopback.js";
import type { Claims } from "../model/token-set.js";
import { dispatcherThrough } from "../network/way-out.js";
import { readAtMost } from "./bounded-body.js";
import type { CognitoTime } from "./cognito-time.js";
import { regionalEndpoint } from "./idp-client.js";
import { isEmulatorsIssuer, issuersOf, type TokenOrigin } from "./issuers.js";
import { isBrokenEndpoint } from "./refusals.js";

/** What a token's signature and claims say. */
export type Verdict =
  | { readonly kind: "valid"; readonly claims: Claims }
  /** The keys could not be had: that says nothing about the token. */
  | { readonly kind: "undecidable"; readonly why: string }
  | { readonly kind: "invalid"; readonly why: string };

/** What the library throws when the keys are at fault, not the token: unreachable, unreadable, or not listing this key yet. */
const KEYS_AT_FAULT = [FetchError, JwksValidationError, JwkValidationError, KidNotFoundInJwksError, WaitPeriodNotYetEndedJwkError];

function judgeFailure(error: unknown): Verdict {
  const why = describeError(error).name;
  const ofTheToken = error instanceof JwtBaseError && !KEYS_AT_FAULT.some((kind) => error instanceof kind);
  return { kind: ofTheToken ? "invalid" : "undecidable", why: ofTheToken ? error.constructor.name : why };
}

/** The keys come from the endpoint, too. */
export interface TokenVerifierOptions extends TokenOrigin {
  readonly clientId: string;
  readonly time: CognitoTime;
  /** The HTTP proxy on the way to the keys; absent or null: straight. */
  readonly proxy?: URL | null;
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface TokenVerifier {
  /** Whether Cognito's keys are at hand, fetching them where they were not yet. `misconfigured`: the address they are fetched from is wrong. */
  haveKeys(): Promise<"had" | "unavailable" | "misconfigured">;
  /**
   * Checks signature, `iss`, `token_use`, `aud` or `client_id`, `exp` and `nbf` (RFC 7519; Cognito developer guide, "Verifying JSON web tokens").
   *
   * @param receivedAtMs when Cognito issued it, by our clock: what the two clocks' difference is learned from; null for a token
   *   that may be of any age.
   */
  verify(jwt: string, tokenUse: "id" | "access", receivedAtMs: number | null): Promise<Verdict>;
}

// aws-jwt-verify reads the wall clock: exp and nbf are checked here, with Cognito's time, and its own check is put out of the way.
const NO_OWN_TIME_CHECK_SECONDS = 100 * 365 * 24 * 60 * 60;
// RFC 7519 4.1.5 allows some leeway for nbf.
const NOT_BEFORE_LEEWAY_MS = 60_000;
const LONGEST_JWKS_BYTES = 256 * 1024;

async function fetchKeys(url: string, signal: AbortSignal, dispatcher: Dispatcher): Promise<ArrayBuffer> {
  const { statusCode, body } = await request(url, { dispatcher, signal, headers: { accept: "application/json" } });
  const read = await readAtMost(LONGEST_JWKS_BYTES, body);
  if (read === null) throw new FetchError(url, "the answer is too long");
  if (statusCode !== 200) throw new FetchError(url, `status ${statusCode}`);
  return new Uint8Array(read).buffer;
}

export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { userPoolId, region, clientId, time, log } = options;
  const dispatcher = options.proxy
    ? dispatcherThrough(options.proxy, { clock: options.clock, timeoutMs: options.deadlineMs })
    : getGlobalDispatcher();
  const base = options.endpoint ?? regionalEndpoint(region);
  const jwksUri = `${base}/${userPoolId}/.well-known/jwks.json`;
  const issuers = issuersOf(options);
  const common = { jwksUri, audience: null, graceSeconds: NO_OWN_TIME_CHECK_SECONDS };
  // The library's own fetcher refuses http, which local Cognito speaks.
  const jwksCache = new SimpleJwksCache({ fetcher: { fetch: (uri) => keysFrom(uri) } });
  const verifier = isLoopbackHttp(options.endpoint)
    ? JwtVerifier.create({ ...common, issuer: null, customJwtCheck: ({ payload }) => requireOwnIssuer(payload.iss) }, { jwksCache })
    : JwtVerifier.create(
        issuers.map((issuer) => ({ ...common, issuer })),
        { jwksCache },
      );

  function requireOwnIssuer(iss: string | undefined): void {
    if (issuers.some((issuer) => issuer === iss) || isEmulatorsIssuer(iss, userPoolId)) return;
    throw new JwtInvalidIssuerError("not this pool's issuer", iss);
  }

  async function keysFrom(uri: string): Promise<ArrayBuffer> {
    try {
      return await withDeadline(options.clock, options.deadlineMs, (signal) => fetchKeys(uri, signal, dispatcher));
    } catch (error) {
      // The address is the configuration's, and mostly what is wrong: a name that does not resolve, a way out that is closed.
      log.warn({ operation: "keys", url: uri, error: describeError(error) }, "Cognito's keys cannot be fetched");
      throw error;
    }
  }

  let fetched = false;
  return {
    async haveKeys() {
      if (fetched) return "had";
      try {
        await verifier.hydrate();
        fetched = true;
        return "had";
      } catch (error) {
        return isBrokenEndpoint(error) ? "misconfigured" : "unavailable";
      }
    },

    async verify(jwt, tokenUse, receivedAtMs) {
      try {
        const claims = await verifier.verify(jwt);
        validateCognitoJwtFields(claims, { tokenUse, clientId });
        // Signed by Cognito a moment ago: the only clock its exp can be compared with is the one that wrote it.
        if (receivedAtMs !== null && typeof claims.iat === "number") time.learn(claims.iat * 1000, receivedAtMs);
        const now = time.now();
        if (typeof claims.nbf === "number" && claims.nbf * 1000 > now + NOT_BEFORE_LEEWAY_MS)
          return { kind: "invalid", why: "not yet valid" };
        if (typeof claims.exp !== "number" || claims.exp * 1000 <= now) return { kind: "invalid", why: "expired" };
        return { kind: "valid", claims: claims as Claims };
      } catch (error) {
        return judgeFailure(error);
      }
    },
  };
}
