/** What a person is told. One entry for each cause, or for the reason when the cause adds nothing. */
const ENDINGS = {
  refresh_token_expired: [
    "It has been a while",
    "You stayed signed in for as long as the shop allows, and that time is over. Please sign in once more.",
  ],
  refresh_token_revoked: [
    "You were signed out everywhere",
    "Someone ended all sessions of your account: you, on another device, or the shop. Please sign in again.",
  ],
  refresh_token_reused: ["We ended this session to be safe", "Your session was used in an unexpected way. Please sign in again to go on."],
  user_disabled: ["Your account is on hold", "It was disabled just now. Once the shop has enabled it again, you can sign in and go on."],
  user_deleted: ["This account no longer exists", "It was removed. If that surprises you, please get in touch with the shop."],
  password_reset_required: ["You need a new password", "The shop asked for your password to be changed. You can do that as you sign in."],
  user_unconfirmed: ["Your account needs confirming", "Please confirm it as you sign in again."],
  client_replaced: ["We have moved to a new sign-in", "Please sign in once more to go on."],
  idle_timeout: ["You were away for a while", "To keep your account safe you were signed out. Please sign in again."],
  session_lifetime: ["It is time to sign in again", "Sessions end after a fixed time here, and yours has passed."],
  logout: ["You signed out in another tab", "So you are signed out here as well."],
  logout_everywhere: ["You signed out everywhere", "So you are signed out here as well."],
  operator: ["The shop ended your session", "Please sign in again to go on."],
  anonymous: ["You are not signed in any more", "Please sign in again to go on."],
  invalid: ["We could not read your session", "It is nothing you did. Signing in again puts it right."],
  expired: ["Your session has ended", "Please sign in again to go on."],
};

/** Title and text for the problem with which a session ended. */
export function endingWords({ reason, cause }) {
  const [title, text] = ENDINGS[cause] ?? ENDINGS[reason] ?? ENDINGS.expired;
  return { title, text };
}

/** On the page that offers to sign in, when the session had ended before it was opened. */
export function gateWords(problem) {
  if (problem.reason === "signed_out" && problem.cause !== "operator") return "You are signed out. Your basket waits here.";
  const { title, text } = endingWords(problem);
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
