import { type Answer, redirectAnswer, withParameters } from "../common/answer.js";
import type { CallContext } from "../common/call-context.js";
import { CognitoException, refusals } from "../common/exceptions.js";
import type { User, UserPool } from "../pools/user-pool.js";
import type { BrowserSession, CognitoState } from "../sign-in/state.js";
import { type AuthorizationRequest, parseAuthorization, type RedirectError } from "./authorization-request.js";
import type { BrowserSessions } from "./browser-session.js";
import { crossSitePage, errorPage, newPasswordPage, signInPage, usernameLabel } from "./pages.js";

/** Five minutes: "the authorization code … can be used once within five minutes" (developer guide, authorize endpoint). */
const CODE_LIFE_MS = 300_000;

/** A browser's request, as far as managed login looks at it. */
export interface BrowserRequest {
  readonly parameters: URLSearchParams;
  readonly cookie: string | undefined;
}

/** The authorize endpoint, and the sign-in form behind it. */
export class Login {
  readonly #state: CognitoState;
  readonly #browserSessions: BrowserSessions;

  constructor(state: CognitoState, browserSessions: BrowserSessions) {
    this.#state = state;
    this.#browserSessions = browserSessions;
  }

  /** `GET /oauth2/authorize`: a code for a browser that is signed in, the form for another, or an error for the app. */
  authorize({ parameters, cookie }: BrowserRequest, call: CallContext): Answer {
    const parsed = parseAuthorization(this.#state, parameters);
    if (parsed.kind !== "valid") {
      return refuse(parsed);
    }
    const { request } = parsed;
    const found = request.prompt === "login" ? null : this.#browserSessions.find(request.pool, cookie);
    if (found !== null) {
      call.identify(request.pool.id, found.user.username);
      return this.#redirectWithCode(request, found.session, {});
    }
    if (request.prompt === "none") {
      const { redirectUri, state } = request;
      return redirectError({ redirectUri, state, error: "login_required", description: "Login is required" });
    }
    return redirectAnswer(withParameters("/login", Object.fromEntries(request.parameters)));
  }

  /** `GET /login`: the form. */
  form({ parameters }: BrowserRequest): Answer {
    const parsed = parseAuthorization(this.#state, parameters);
    return parsed.kind === "valid" ? signInPage(parsed.request, parsed.request.loginHint, null, "ok") : refuse(parsed);
  }

  /** `POST /login`: checks the form and goes back to the app with a code; the form again, with status 200, when something was wrong. */
  submit({ parameters }: BrowserRequest, call: CallContext): Answer {
    const parsed = parseAuthorization(this.#state, parameters);
    if (parsed.kind !== "valid") {
      return refuse(parsed);
    }
    const { request } = parsed;
    const session = parameters.get("session");
    const attempt =
      session === null ? this.#checkPassword(request, parameters, call) : this.#setPassword(request, session, parameters, call);
    if (attempt.kind === "page") {
      return attempt.answer;
    }
    const started = this.#browserSessions.start(request.pool, attempt.user);
    return this.#redirectWithCode(request, started.session, { "set-cookie": started.setCookie });
  }

  #checkPassword(request: AuthorizationRequest, parameters: URLSearchParams, call: CallContext): Attempt {
    const username = parameters.get("username") ?? "";
    const { pool, client } = request;
    try {
      const outcome = this.#state.authentication.checkPassword(pool, client, username, parameters.get("password") ?? "", call);
      if (outcome.next === "signed_in") {
        return { kind: "user", user: outcome.user };
      }
      const pending = { poolId: pool.id, clientId: client.id, username: outcome.user.username };
      const session = this.#state.challenges.put(pending, client.settings.AuthSessionValidity * 60_000);
      return { kind: "page", answer: newPasswordPage(request, session, null, "NEW_PASSWORD_REQUIRED") };
    } catch (error) {
      return { kind: "page", answer: signInPage(request, username, refusalOf(error, pool), nameOf(error)) };
    }
  }

  #setPassword(request: AuthorizationRequest, session: string, parameters: URLSearchParams, call: CallContext): Attempt {
    const { pool, client } = request;
    const pending = this.#state.challenges.peek(session);
    const user = pending.state === "found" && pending.value.clientId === client.id ? pool.users.get(pending.value.username) : undefined;
    if (user === undefined || !user.enabled) {
      return { kind: "page", answer: signInPage(request, "", "This took too long. Please sign in again.", "NotAuthorizedException") };
    }
    call.identify(pool.id, user.username);
    try {
      this.#state.directory.setPassword(pool, user, parameters.get("new_password") ?? "", "CONFIRMED");
    } catch (error) {
      return { kind: "page", answer: newPasswordPage(request, session, messageOf(error), nameOf(error)) };
    }
    this.#state.challenges.forget(session);
    return { kind: "user", user };
  }

  #redirectWithCode(request: AuthorizationRequest, session: BrowserSession, headers: Readonly<Record<string, string>>): Answer {
    const code = this.#state.codes.put(
      {
        poolId: request.pool.id,
        clientId: request.client.id,
        username: session.username,
        redirectUri: request.redirectUri,
        scopes: request.scopes,
        nonce: request.nonce,
        codeChallenge: request.codeChallenge,
        authTimeMs: session.authTimeMs,
      },
      CODE_LIFE_MS,
    );
    return redirectAnswer(withParameters(request.redirectUri, { code, state: request.state }), headers);
  }
}

type Attempt = { readonly kind: "user"; readonly user: User } | { readonly kind: "page"; readonly answer: Answer };

function messageOf(error: unknown): string {
  if (!(error instanceof CognitoException) || error.name === "TooManyRequestsException") {
    throw error;
  }
  return error.message;
}

/** What the form says of a sign-in that was refused. */
function refusalOf(error: unknown, pool: UserPool): string {
  const message = messageOf(error);
  // Which of the two was wrong is nobody's business, whatever PreventUserExistenceErrors says about the API.
  const isEither = message === refusals.credentials().message || nameOf(error) === "UserNotFoundException";
  // The API's text is Cognito's; a person reads what the field before them is called.
  return isEither ? `Incorrect ${usernameLabel(pool).toLowerCase()} or password.` : message;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "error";
}

function redirectError({ redirectUri, state, error, description }: RedirectError): Answer {
  return redirectAnswer(withParameters(redirectUri, { error, error_description: description, state }), {}, error);
}

function refuse(parsed: Exclude<ReturnType<typeof parseAuthorization>, { kind: "valid" }>): Answer {
  return parsed.kind === "page" ? errorPage(parsed.error, parsed.explanation) : redirectError(parsed);
}

/** The 403 for a form that did not come from our own page: it could sign a person in to somebody else's account. Null when it did. */
export function refuseForeignForm(headers: { origin: string | undefined; host: string; secFetchSite: string | undefined }): Answer | null {
  const foreignSite = headers.secFetchSite !== undefined && headers.secFetchSite !== "same-origin" && headers.secFetchSite !== "none";
  const foreignOrigin =
    headers.origin !== undefined && !(URL.canParse(headers.origin) && new URL(headers.origin).host === headers.host.toLowerCase());
  return foreignSite || foreignOrigin ? crossSitePage() : null;
}
