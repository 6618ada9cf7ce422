/** What the shop says in its own words where a session has ended: by its cause, or by its reason. <session-guard> knows the rest. */
export const ENDINGS = {
  refresh_token_expired: [
    "Your session has ended",
    "You stayed signed in for as long as the shop allows, and that time is over. Please sign in once more.",
  ],
  refresh_token_revoked: [
    "You were signed out everywhere",
    "Someone ended all sessions of your account: you, on another device, or the shop. Please sign in again.",
  ],
  user_disabled: ["Your account is on hold", "It was disabled just now. Once the shop has enabled it again, you can sign in and go on."],
  user_deleted: ["This account no longer exists", "It was removed. If that surprises you, please get in touch with the shop."],
  operator: ["The shop ended your session", "Please sign in again to go on."],
};

const GATE = {
  anonymous: ["Sign in to check out", "Your basket waits here. Signing in takes you to Amazon Cognito and straight back."],
  signed_out: ["You are signed out", "Your basket waits here."],
};

/** On the page that offers to sign in, when the session had ended before it was opened: a title, and a text. */
export function gateWords({ reason, cause }) {
  return ENDINGS[cause] ?? GATE[reason] ?? ["Your session has ended", "Please sign in again to go on."];
}

/** Cognito would refuse it before somebody else has acted. */
export function mayNotSignIn({ cause }) {
  return cause === "user_disabled" || cause === "user_deleted";
}

const NOTICES = {
  cognito_throttled: "The sign-in service is busy.",
  cognito_unavailable: "The sign-in service does not answer.",
  cognito_blocked: "The sign-in service does not answer.",
  store_unavailable: "The sign-in service does not answer.",
  rate_limited: "That was a lot at once.",
  upstream_unreachable: "The shop’s service cannot be reached.",
  upstream_timeout: "The shop’s service takes too long.",
  denied: "The sign-in service refused to renew your session.",
};

/** What became of an order that was not placed, until it is sent again. */
export function orderWords(answer) {
  if (answer.kind === "ended") return "Your order has not been placed yet. Once you are signed in, send it again.";
  const unsure = answer.kind === "offline" || answer.problem?.reason === "upstream_timeout";
  const [said, next] = unsure
    ? ["We cannot tell whether your order arrived.", "Please send it again only if no confirmation comes."]
    : ["Your order has not been placed yet.", "What you typed is still here: send it again in a moment."];
  return `${said} ${noticeWords(answer)} ${next}`;
}

/** One sentence for an answer that is neither a success nor the session's end. */
export function noticeWords(answer) {
  if (answer.kind === "offline") return "There is no connection.";
  return NOTICES[answer.problem?.reason] ?? "Something went wrong on our side.";
}
