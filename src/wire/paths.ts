/** Where our routes are, and what their queries and bodies may hold. */

/** Unless AUTH_PREFIX says otherwise. */
export const DEFAULT_AUTH_PREFIX = "/auth";

// Those that browsers need, apart: the rest of a table would be loaded with them.
export const LOGIN_PATH = "/login";
export const SESSION_PATH = "/session";
export const LOGOUT_PATH = "/logout";
export const RETURN_TO = "return_to";
export const DISPLAY = "display";

/** Paths below the prefix. */
export const AUTH_PATHS = {
  login: LOGIN_PATH,
  callback: "/callback",
  resume: "/resume",
  session: SESSION_PATH,
  /** Followed by `/` and a session's handle. */
  sessions: "/sessions",
  refresh: "/refresh",
  logout: LOGOUT_PATH,
  /** The client for browsers, built. */
  client: "/client.js",
  /** `<session-guard>`, built. */
  element: "/element.js",
  /** What it says: followed by a language and `.js`. */
  words: "/words.",
  /** Followed by `/` and a problem's slug or reason. */
  problems: "/problems",
} as const;

/** Names of parameters of `/login`'s query. */
export const LOGIN_QUERY = {
  /** Where to go afterwards: a path of the app. */
  returnTo: RETURN_TO,
  identityProvider: "identity_provider",
  loginHint: "login_hint",
  prompt: "prompt",
  /** `logout`: by way of Cognito's own sign-out, so that its form is shown. */
  through: "through",
  /** `popup`: in a window of its own, which tells its opener over the channel and closes. */
  display: DISPLAY,
} as const;

/** The `through` of a sign-in that leads through Cognito's sign-out. */
export const THROUGH_LOGOUT = "logout";

/** Names of parameters of `/resume`'s query: where to go and how, as for `/login`, and why the callback was not completed. */
export const RESUME_QUERY = { returnTo: RETURN_TO, display: DISPLAY, cause: "cause" } as const;

/** The `display` of a window of its own (OpenID Connect Core 3.1.2.1). */
export const POPUP_DISPLAY = "popup";

/** The field of `/logout`'s body that ends all of the person's sessions. */
export const LOGOUT_EVERYWHERE = "everywhere";
