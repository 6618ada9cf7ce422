/** What Cognito answers instead of a result: `__type`, `message` and an HTTP status. The message never holds a token or a password. */
export class CognitoException extends Error {
  /** HTTP status on the wire. 400 for nearly everything: clients must branch on the name. */
  readonly status: number;

  constructor(name: string, message: string, status: number) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

function exception(name: string, status = 400): (message: string) => CognitoException {
  return (message) => new CognitoException(name, message, status);
}

// Names: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html and each operation's Errors section.
export const aliasExists = exception("AliasExistsException");
export const forbidden = exception("ForbiddenException", 403);
export const groupExists = exception("GroupExistsException");
export const internalError = exception("InternalErrorException", 500);
export const invalidParameter = exception("InvalidParameterException");
export const invalidPassword = exception("InvalidPasswordException");
export const limitExceeded = exception("LimitExceededException");
export const notAuthorized = exception("NotAuthorizedException");
export const passwordResetRequired = exception("PasswordResetRequiredException");
export const refreshTokenReuse = exception("RefreshTokenReuseException");
export const resourceNotFound = exception("ResourceNotFoundException");
export const serialization = exception("SerializationException");
export const tooManyRequests = exception("TooManyRequestsException");
export const unauthorized = exception("UnauthorizedException");
export const unexpectedLambda = exception("UnexpectedLambdaException");
export const unknownOperation = exception("UnknownOperationException");
export const unsupportedOperation = exception("UnsupportedOperationException");
export const unsupportedTokenType = exception("UnsupportedTokenTypeException");
export const userLambdaValidation = exception("UserLambdaValidationException");
export const userNotConfirmed = exception("UserNotConfirmedException");
export const userNotFound = exception("UserNotFoundException");
export const usernameExists = exception("UsernameExistsException");

/**
 * The texts that clients are known to tell apart, as seen on real user pools: Cognito uses one exception name for
 * most of them, so the text is part of its interface. Trailing periods are as inconsistent there as here.
 */
export const refusals = {
  accessTokenExpired: () => notAuthorized("Access Token has expired"),
  accessTokenInvalid: () => notAuthorized("Invalid Access Token"),
  accessTokenRevoked: () => notAuthorized("Access Token has been revoked"),
  accessTokenScopes: () => notAuthorized("Access Token does not have required scopes"),
  challengeExpired: () => notAuthorized("Invalid session for the user, session is expired."),
  challengeInvalid: () => notAuthorized("Invalid session for the user."),
  clientNotFound: (clientId: string) => resourceNotFound(`User pool client ${clientId} does not exist.`),
  clientSecretMissing: (clientId: string) => notAuthorized(`Client ${clientId} is configured for secret but secret was not received`),
  credentials: () => notAuthorized("Incorrect username or password."),
  flowNotEnabled: (flow: string) => invalidParameter(`${flow} flow not enabled for this client`),
  passwordResetRequired: () => passwordResetRequired("Password reset required for the user"),
  poolNotFound: (poolId: string) => resourceNotFound(`User pool ${poolId} does not exist.`),
  rateExceeded: () => tooManyRequests("Rate exceeded"),
  refreshTokenClient: () => notAuthorized("Refresh Token has different Client"),
  refreshTokenExpired: () => notAuthorized("Refresh Token has expired"),
  refreshTokenInvalid: () => notAuthorized("Invalid Refresh Token."),
  refreshTokenReused: () => refreshTokenReuse("Refresh token reuse detected"),
  refreshTokenRevoked: () => notAuthorized("Refresh Token has been revoked"),
  secretHashMissing: (clientId: string) => notAuthorized(`Client ${clientId} is configured with secret but SECRET_HASH was not received`),
  secretHashMismatch: (clientId: string) => notAuthorized(`SecretHash does not match for the client: ${clientId}`),
  secretHashUnverified: (clientId: string) => notAuthorized(`Unable to verify secret hash for client ${clientId}`),
  temporaryPasswordExpired: () => notAuthorized("Temporary password has expired and must be reset by an administrator."),
  tokenValidityRange: () => invalidParameter("Invalid range for token validity."),
  userDisabled: () => notAuthorized("User is disabled."),
  userNotConfirmed: () => userNotConfirmed("User is not confirmed."),
  userNotFound: () => userNotFound("User does not exist."),
} as const;
