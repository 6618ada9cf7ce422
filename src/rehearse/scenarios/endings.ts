import type { Config } from "../../config/config.js";
import type { DefiniteExpiredCause } from "../../wire/reasons.js";
import { refreshValidityMs, USER } from "../stage/rehearsed-pool.js";
import type { Stage } from "../stage/stage.js";
import { setRotation } from "./app-client.js";
import { type Expected, MINUTE_MS, outliveTokens, type Scenario } from "./scenario.js";

/* Cognito's own verdicts, and our limits: the session is over, the cookie goes, and everybody hears why. */

function ended(cause: DefiniteExpiredCause): Expected {
  const log = { event: "session_expired", reason: "expired", cause };
  return { kind: "problem", reason: "expired", cause, cookie: "cleared", log };
}

const person = ({ config }: Stage) => ({ UserPoolId: config.cognitoUserPoolId, Username: USER.email });

/** With REFRESH_TOKEN_AUTH alone no app client that rotates can be used. */
export function withoutRotation({ cognitoRefreshApi }: Config): string | null {
  return cognitoRefreshApi === "initiate_auth" ? "COGNITO_REFRESH_API=initiate_auth: no client that rotates can be used" : null;
}

const unset = (setting: string, value: number | null) => (value === null ? `${setting} is off` : null);

export const ENDINGS: readonly Scenario[] = [
  {
    name: "expired",
    title: "the refresh token has expired",
    async happens(stage) {
      stage.clock.advance(refreshValidityMs(stage.config) + MINUTE_MS);
    },
    expected: ended("refresh_token_expired"),
    afterwards: "signs_in",
  },
  {
    name: "revoked",
    title: "the refresh token was revoked (GlobalSignOut)",
    async happens(stage) {
      await stage.idp.adminUserGlobalSignOut(person(stage));
      outliveTokens(stage);
    },
    expected: ended("refresh_token_revoked"),
    afterwards: "signs_in",
  },
  {
    name: "reused",
    title: "a rotated refresh token is used again elsewhere",
    without: withoutRotation,
    async happens(stage) {
      await setRotation(stage, { graceSeconds: 0 });
      const elsewhere = await stage.addProxy();
      const copy = stage.browser.copy(elsewhere.addresses);
      outliveTokens(stage);
      // Here the token is rotated; the copy still has the one before.
      await stage.browser.call(`${stage.config.authPrefix}/session`);
      return { browser: copy, proxy: elsewhere };
    },
    expected: ended("refresh_token_reused"),
    afterwards: "signs_in",
  },
  {
    name: "disabled",
    title: "the user was disabled",
    async happens(stage) {
      await stage.idp.adminDisableUser(person(stage));
      outliveTokens(stage);
    },
    expected: ended("user_disabled"),
    async mends(stage) {
      await stage.idp.adminEnableUser(person(stage));
    },
    afterwards: "signs_in",
  },
  {
    name: "deleted",
    title: "the user was deleted",
    async happens(stage) {
      await stage.idp.adminDeleteUser(person(stage));
      outliveTokens(stage);
    },
    expected: ended("user_deleted"),
    afterwards: "over",
  },
  {
    name: "password-reset",
    title: "an administrator reset the password",
    async happens(stage) {
      await stage.idp.adminResetUserPassword(person(stage));
      outliveTokens(stage);
    },
    expected: ended("password_reset_required"),
    async mends(stage) {
      await stage.idp.adminSetUserPassword({ ...person(stage), Password: USER.password, Permanent: true });
    },
    afterwards: "signs_in",
  },
  {
    name: "idle-limit",
    title: "nobody did anything for SESSION_IDLE_TIMEOUT",
    without: ({ sessionIdleTimeoutMs }) => unset("SESSION_IDLE_TIMEOUT", sessionIdleTimeoutMs),
    keepsLimits: true,
    async happens(stage) {
      // Within a tenth (docs/how-it-works.md, "Limits").
      stage.clock.advance(Math.ceil((stage.config.sessionIdleTimeoutMs ?? 0) * 1.2));
    },
    expected: ended("idle_timeout"),
    afterwards: "signs_in",
  },
  {
    name: "session-lifetime",
    title: "the session is older than SESSION_MAX_AGE",
    without: ({ sessionMaxAgeMs, sessionIdleTimeoutMs }) =>
      sessionMaxAgeMs !== null && sessionIdleTimeoutMs !== null && sessionIdleTimeoutMs < sessionMaxAgeMs
        ? "SESSION_IDLE_TIMEOUT is shorter"
        : unset("SESSION_MAX_AGE", sessionMaxAgeMs),
    keepsLimits: true,
    async happens(stage) {
      stage.clock.advance((stage.config.sessionMaxAgeMs ?? 0) + MINUTE_MS);
    },
    expected: ended("session_lifetime"),
    afterwards: "signs_in",
  },
];
