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

/** On the page that offers to sign in, when the session had ended before it was opened. */
export function gateWords({ reason, cause }) {
  const [title, text] =
    ENDINGS[cause] ??
    (reason === "signed_out"
      ? ["You are signed out", "Your basket waits here."]
      : ["Your session has ended", "Please sign in again to go on."]);
  return `${title}. ${text}`;
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

/** One sentence for an answer that is neither a success nor the session's end. */
export function noticeWords(answer) {
  if (answer.kind === "offline") return "There is no connection.";
  return NOTICES[answer.problem?.reason] ?? "Something went wrong on our side.";
}
