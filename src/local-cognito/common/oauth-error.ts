/** Error codes of the token, revocation and userInfo endpoints (RFC 6749 section 5.2, RFC 7009 section 2.2.1, RFC 6750 section 3.1). */
export type OAuthErrorCode =
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "unauthorized_client"
  | "unsupported_grant_type"
  | "unsupported_token_type";

/** A refusal of an OAuth endpoint. Status 400 throughout, which is what Cognito documents. */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode;
  readonly description: string | null;
  readonly status = 400;

  constructor(code: OAuthErrorCode, description: string | null = null) {
    super(code);
    this.name = "OAuthError";
    this.code = code;
    this.description = description;
  }
}
