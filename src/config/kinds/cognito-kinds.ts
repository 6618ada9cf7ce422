import { Secret } from "../../model/secret.js";
import { entriesOf, text } from "./basic-kinds.js";
import { accepted, type Kind, refused } from "./kind.js";
import { isListOrText } from "./raw.js";

// The form aws-jwt-verify insists on (CognitoJwtVerifier.USER_POOL_ID_REGEX); Cognito allows 55 characters.
const USER_POOL_ID = /^(?:eusc-[a-z]{2}|[a-z]{2})-(?:gov-)?[a-z]+-\d_[A-Za-z0-9]+$/;

// npm's cognito-local has one Region, `local`; a rule asks for the endpoint that goes with it.
const EMULATED_POOL_ID = /^local_[A-Za-z0-9]+$/;

/** Whether no user pool of AWS has this id. */
export function isEmulated(poolId: string): boolean {
  return EMULATED_POOL_ID.test(poolId);
}

export const userPoolId = text(
  "a user pool id, REGION_ID, such as eu-central-1_AbCdEf123",
  (raw) => raw.length <= 55 && (USER_POOL_ID.test(raw) || isEmulated(raw)),
);

// ClientIdType of the user pools API: [\w+]+, 1 to 128 characters.
const CLIENT_ID = /^[\w+]{1,128}$/;

export const clientId = text("an app client id: letters and digits, 1 to 128", (raw) => CLIENT_ID.test(raw));

export const clientIds: Kind<string | string[], readonly string[]> = {
  admits: isListOrText,
  expected: "app client ids, comma separated: letters and digits, 1 to 128 each",
  decode(raw) {
    const ids = [...new Set(entriesOf(raw))];
    return ids.length > 0 && ids.every((id) => CLIENT_ID.test(id)) ? accepted(ids) : refused(this.expected);
  },
  show: (value) => value.join(","),
};

/** One client secret, or two while rotating. */
export const clientSecrets: Kind<string | string[], readonly Secret[]> = {
  admits: isListOrText,
  expected: "the app client's secret, or two different ones, comma separated, while it is being rotated; letters, digits, _ and +",
  decode(raw) {
    const secrets = entriesOf(raw);
    // SecretHashType and ClientSecretType of the user pools API: [\w+]+, 1 to 128 characters.
    const wellFormed = secrets.every((secret) => /^[\w+]{1,128}$/.test(secret));
    const distinct = new Set(secrets).size === secrets.length;
    if (secrets.length < 1 || secrets.length > 2 || !wellFormed || !distinct) return refused(this.expected);
    return accepted(secrets.map((secret) => new Secret(secret)));
  },
  show: showSecrets,
};

/** How many secrets there are, and nothing of them. */
export function showSecrets(secrets: readonly unknown[]): string {
  return secrets.length === 1 ? "present" : `present (${secrets.length})`;
}

// scope-token of RFC 6749, section 3.3.
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** OAuth scopes. */
export const scopes: Kind<string | string[], readonly string[]> = {
  admits: isListOrText,
  expected: "scopes separated by spaces, `openid` among them: without it Cognito issues no ID token",
  decode(raw) {
    const words = typeof raw === "string" ? raw.split(/\s+/) : raw;
    const named = [...new Set(words.filter((word) => word !== ""))];
    return named.includes("openid") && named.every((scope) => SCOPE.test(scope)) ? accepted(named) : refused(this.expected);
  },
  show: (value) => value.join(" "),
};
