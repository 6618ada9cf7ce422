import { type Answer, jsonAnswer } from "../common/answer.js";
import { CognitoException } from "../common/exceptions.js";
import type { UserPool } from "../pools/user-pool.js";
import type { CognitoState } from "../sign-in/state.js";

function ofPool(state: Pick<CognitoState, "pools">, poolId: string, document: (pool: UserPool) => Answer): Answer {
  try {
    return document(state.pools.get(poolId));
  } catch (error) {
    if (error instanceof CognitoException) {
      return jsonAnswer(400, { code: "BadRequest", message: error.message }, error.name);
    }
    throw error;
  }
}

/** `GET /<poolId>/.well-known/jwks.json`. */
export function jwks(state: Pick<CognitoState, "pools">, poolId: string): Answer {
  return ofPool(state, poolId, (pool) => jsonAnswer(200, pool.keys.jwks()));
}

/** `GET /<poolId>/.well-known/openid-configuration` (OpenID Connect Discovery 1.0 section 3): the endpoints are this server's. */
export function openidConfiguration(state: Pick<CognitoState, "pools" | "issuer">, poolId: string, publicUrl: string): Answer {
  return ofPool(state, poolId, (pool) =>
    jsonAnswer(200, {
      issuer: state.issuer.issuerOf(pool),
      jwks_uri: `${publicUrl}/${pool.id}/.well-known/jwks.json`,
      authorization_endpoint: `${publicUrl}/oauth2/authorize`,
      token_endpoint: `${publicUrl}/oauth2/token`,
      revocation_endpoint: `${publicUrl}/oauth2/revoke`,
      userinfo_endpoint: `${publicUrl}/oauth2/userInfo`,
      end_session_endpoint: `${publicUrl}/logout`,
      id_token_signing_alg_values_supported: ["RS256"],
      response_types_supported: ["code"],
      scopes_supported: ["openid", "email", "phone", "profile"],
      subject_types_supported: ["public"],
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
      code_challenge_methods_supported: ["S256"],
    }),
  );
}
