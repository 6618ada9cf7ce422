import type { Cause } from "../../wire/reasons.js";

/** What a cause means, to each who may ask. */
export interface CauseWords {
  /** The `detail` of a problem document. */
  readonly detail: string;
  readonly person: string;
  readonly developer: string;
  readonly operator: string;
  /** What its page offers first, where that is not signing in: nothing may be wrong in a moment, or somebody else has to act before. */
  readonly offersFirst?: "try_again" | "start_page";
}

const IDLE = "To keep your account safe, your session was ended after a time in which nothing happened here.";
const KEPT = "The cookie is kept: in a rolling deployment another process may still open it.";
const BEGIN_AGAIN = "Nothing is to be done in the app: the page's button begins anew, with a state of its own.";

/** The one table of causes: problem documents, the pages of people, and `/auth/problems/CAUSE` are made of it. `names` are set as code. */
export const CAUSES: Readonly<Record<Cause, CauseWords>> = {
  refresh_token_expired: {
    detail: "Cognito rejected the refresh token because its lifetime is over. Sign in again.",
    person: "You stayed signed in for as long as this service allows, and that time is over. Please sign in again.",
    developer:
      "Every call answers this 401 and none is forwarded, until somebody signs in. `<session-guard>` and `createSessionClient` ask for that and keep the page as it is.",
    operator:
      "Expected when the app client's refresh token validity has passed. If it comes sooner than you meant, `cognito-bff doctor` compares the validity and its unit with your intention: 30 hours is not 30 days.",
  },
  refresh_token_revoked: {
    detail: "Cognito rejected the refresh token because it was revoked. Sign in again.",
    person: "Your session was ended from elsewhere: by you on another device, or by an administrator. Please sign in again.",
    developer: "Somebody signed out everywhere, or the token was revoked past this service. Treat it as any other end of a session.",
    operator:
      "`GlobalSignOut`, `AdminUserGlobalSignOut` or `RevokeToken` was called for this person or token. AWS CloudTrail knows by whom where it was administrative.",
  },
  refresh_token_reused: {
    detail: "Cognito rejected the refresh token because it had been replaced by a newer one. Sign in again.",
    person: "Your session was used in a way that was not expected, and was ended to be safe. Please sign in again.",
    developer: "Treat it as any other end of a session.",
    operator:
      "Refresh token rotation is on, and a token was used that had been replaced. With the cookie store in several processes two of them can do that: run one process, or a shared store. Otherwise somebody has used a copy of the cookie: the log line `authn_token_reuse` has the session.",
  },
  refresh_token_invalid: {
    detail: "Cognito rejected the refresh token as invalid. Sign in again if this persists.",
    person: "Your session cannot be renewed right now. Please try again in a moment, and sign in again if that does not help.",
    developer: "The cookie is kept, and Cognito is asked again about once a minute: a later call may well succeed.",
    operator:
      "It may be a slip of this service's: mostly device remembering was switched on in the user pool. The log line `a call to Cognito failed` has Cognito's text. When 20 end so in 5 minutes the answer becomes 503, with an alert.",
    offersFirst: "try_again",
  },
  user_disabled: {
    detail: "The account is disabled.",
    person: "Your account is disabled, and so your session was ended. Once it is enabled again, you can sign in.",
    developer: "Do not lead people straight to the sign-in: Cognito refuses it until the account is enabled.",
    operator: "`AdminDisableUser` was called for this person; `AdminEnableUser` lets them sign in again.",
    offersFirst: "start_page",
  },
  user_deleted: {
    detail: "The account does not exist any more.",
    person: "Your account does not exist any more, and so your session was ended.",
    developer: "What the app holds of this person under their `sub` belongs to nobody who could sign in again: a new account has another.",
    operator: "The user was deleted from the user pool, or moved to another one.",
    offersFirst: "start_page",
  },
  password_reset_required: {
    detail: "The password has to be reset. Sign in again to do so.",
    person: "You need a new password, and so your session was ended. You can choose one as you sign in.",
    developer: "Managed login leads people through it: lead them to the sign-in as after any other end.",
    operator: "`AdminResetUserPassword` was called, or the user was imported without a password.",
  },
  user_unconfirmed: {
    detail: "The account is not confirmed yet.",
    person: "Your account is not confirmed yet, and so your session was ended. You can confirm it as you sign in.",
    developer: "Managed login asks for the confirmation code: lead people to the sign-in as after any other end.",
    operator: "The user's status in the user pool is `UNCONFIRMED`; `AdminConfirmSignUp` confirms it without a code.",
  },
  client_replaced: {
    detail: "The service has changed its registration with the sign-in service since you signed in. Sign in again.",
    person: "This service has been moved since you signed in. Please sign in again, once.",
    developer: "Treat it as any other end of a session. It comes once for each person.",
    operator: "The session is of an app client that `COGNITO_PREVIOUS_CLIENT_IDS` names. Expected after a change of the app client.",
  },
  idle_timeout: {
    detail: "Nothing happened for so long that the session was ended. Sign in again.",
    person: `${IDLE} Please sign in again.`,
    developer:
      "`POST /auth/session` counts as activity, and every call does; `GET /auth/session` does not. `idle_ends_at` says when it comes.",
    operator: "`SESSION_IDLE_TIMEOUT` has passed since the last call of this session.",
  },
  session_lifetime: {
    detail: "The session reached the longest time that is allowed here. Sign in again.",
    person: "Your session has reached the longest time that is allowed here. Please sign in again.",
    developer: "`session_ends_at` of `GET /auth/session` says beforehand when it comes.",
    operator: "`SESSION_MAX_AGE` has passed since the sign-in.",
  },
  unknown: {
    detail: "Cognito rejected the refresh for a reason it did not name. Sign in again if this persists.",
    person: "Your session cannot be renewed right now. Please try again in a moment, and sign in again if that does not help.",
    developer: "The cookie is kept, and the question is asked again about once a minute: a later call may well succeed.",
    operator:
      "Cognito said something that nobody has seen yet: the log line `a call to Cognito failed` has its text. With a shared store it is also a session whose record is not there: the store evicted it or lost its data.",
    offersFirst: "try_again",
  },
  logout: {
    detail: "You have signed out.",
    person: "You have signed out in this browser.",
    developer: "`POST /auth/logout` was called with this session, in this tab or another one.",
    operator: "Nothing to do.",
  },
  logout_everywhere: {
    detail: "You have signed out on all devices.",
    person: "You have signed out on all devices.",
    developer: "`POST /auth/logout` was called with `everywhere=true`, in this browser or another one.",
    operator: "Nothing to do. `GlobalSignOut` was called for this person.",
  },
  logout_elsewhere: {
    detail: "You have signed this device out from another one.",
    person: "You have signed this device out from another one.",
    developer: "`DELETE /auth/sessions/HANDLE` was called for this session.",
    operator: "Nothing to do.",
  },
  operator: {
    detail: "An administrator ended your session. Sign in again.",
    person: "An administrator ended your session. Please sign in again.",
    developer: "Treat it as any other end of a session.",
    operator: "`cognito-bff sessions revoke` or the management port ended it; the log has the line.",
  },
  unreadable: {
    detail: "The session cookie is damaged.",
    person: "The sign-in that your browser holds is damaged. Signing in again mends it.",
    developer: "Something between the browser and here cuts or changes cookies, or one was made up.",
    operator: "If there are many: a hop that shortens headers. The cookie is kept until somebody signs in.",
  },
  unknown_key: {
    detail: "The session cookie was sealed with a key that is not known here.",
    person: "The sign-in that your browser holds cannot be read right now. It is nothing you did; signing in again helps.",
    developer: `It is nothing the app can mend. ${KEPT}`,
    operator:
      "This process has none of the keys that sealed it: `SESSION_KEYS` differs between processes, or a key was taken away before its sessions were over. `cognito-bff keygen` says in what order keys are rolled out.",
  },
  unknown_version: {
    detail: "The session cookie was written by another version.",
    person: "The sign-in that your browser holds cannot be read right now. It is nothing you did; please try again in a moment.",
    developer: `It is nothing the app can mend. ${KEPT}`,
    operator: "A newer release wrote it: finish the deployment, or roll all of it back.",
    offersFirst: "try_again",
  },
  state_missing: {
    detail: "The answer of the sign-in service arrived incomplete.",
    person: "The answer of the sign-in service arrived incomplete. Please sign in again.",
    developer: `The callback came without a state: mostly a bookmark or a link to it. ${BEGIN_AGAIN}`,
    operator: "If there are many: a hop that drops the query of `/auth/callback`.",
  },
  state_mismatch: {
    detail: "This answer does not belong to a sign-in that was begun here.",
    person: "This answer does not belong to a sign-in that was begun here. Please sign in again.",
    developer: `The callback came with a state that this service did not make. ${BEGIN_AGAIN}`,
    operator: "Another app uses the same callback address, the processes have different `SESSION_KEYS`, or somebody tries.",
  },
  transaction_expired: {
    detail:
      "This sign-in is over. That happens when it took too long, when it has come back before, when many were begun at once, or when it was begun in another browser.",
    person:
      "This sign-in is over. That happens when it took too long, when it has come back before, when many were begun at once, or when it was begun in another browser. Please sign in again.",
    developer: `Its cookie is gone: more than an hour ago, crowded out by newer sign-ins, begun in another browser, or answered before. ${BEGIN_AGAIN}`,
    operator:
      "If there are many: cookies do not come back from `/auth/login`, or e-mailed links open in another browser than the one that asked.",
  },
  idp_error: {
    detail: "The sign-in service, or another one behind it that you chose, could not complete your sign-in.",
    person: "The sign-in service, or another one behind it that you chose, could not complete your sign-in. Please try again.",
    developer: "Cognito sent an error back in place of a code. Nothing is to be done in the app.",
    operator:
      "An identity provider, an attribute mapping or a Lambda trigger failed: the log line `managed login sent an error back` has what Cognito says of it.",
  },
  access_denied: {
    detail: "The sign-in service did not grant access.",
    person: "The sign-in service did not grant access. You may have refused it, or your organisation has not allowed it.",
    developer: "The person or the identity provider refused (RFC 6749, section 4.1.2.1). Nothing is to be done in the app.",
    operator: "If nobody refused: the assignment of users to this application at the identity provider.",
  },
  login_required: {
    detail: "The sign-in service asks you to sign in there.",
    person: "This takes a new sign-in. Please sign in once more.",
    developer:
      "`prompt=none` found nobody signed in, a sign-in that had to be new was an old one, or the route needs a sign-in of the last minutes: `login_url` leads to one.",
    operator: "Nothing to do. Where a provider behind Cognito ignores `prompt=login`, its own session has to be shorter.",
  },
  code_rejected: {
    detail: "The sign-in code was not accepted: mostly it was used before, or is too old.",
    person: "The sign-in could not be completed: mostly it was used before, or took too long. Please sign in again.",
    developer: `A code works once and for five minutes; reloading the callback uses it twice. ${BEGIN_AGAIN}`,
    operator: "If there are many: a hop that repeats requests, or one that takes minutes.",
  },
};
