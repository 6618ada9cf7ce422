import type { FastifyRequest } from "fastify";
import { AUTH_PATHS, LOGIN_QUERY } from "../../wire/paths.js";
import { type Cause, REASONS, type Reason } from "../../wire/reasons.js";
import type { ProblemDocument } from "../../wire/shapes.js";
import { CAUSES } from "./causes.js";
import { wordsFor } from "./explanations.js";
import { escapeHtml, renderPage } from "./html.js";
import { onwardPage } from "./onward-pages.js";
import type { Problem } from "./problem.js";
import type { ProblemSettings } from "./problem-details.js";
import { againPath, parseReturnPath } from "./return-path.js";
import { loginPath, resumePath } from "./sign-in-paths.js";

interface Button {
  readonly label: string;
  readonly href: string;
}

const START: Button = { label: "To the start page", href: "/" };

/** The page of a problem, for somebody who navigated to it. */
export function problemPage(request: FastifyRequest, problem: Problem, document: ProblemDocument, settings: ProblemSettings): string {
  const { authPrefix } = settings;
  const { signIn } = problem;
  if (signIn?.movesOn)
    return onwardPage({ title: "One moment", says: "Looking after your sign-in.", path: resumePath(problem, signIn, authPrefix) });
  const { reason, cause } = document;
  const offered = signIn
    ? [{ label: tryAgainHelps(reason) ? TRY_AGAIN : signIn.button, href: loginPath(signIn, authPrefix) }]
    : buttonsOf(document, againPath(request, settings), signInPath(request, document, authPrefix));
  const about = (name: string) => `<dd><a href="${authPrefix}${AUTH_PATHS.problems}/${name}">${name}</a></dd>`;
  return renderPage({
    title: document.title,
    body: `<h1>${escapeHtml(document.title)}</h1>${words(problem, document)}
${actions(offered)}
<dl><dt>reason</dt>${about(reason)}${cause ? `<dt>cause</dt>${about(cause)}` : ""}<dt>request</dt><dd>${escapeHtml(document.request_id)}</dd></dl>`,
  });
}

const TRY_AGAIN = "Try again";

/** The server's trouble, or too much at once: the same may work in a moment. */
function tryAgainHelps(reason: Reason): boolean {
  return REASONS[reason].status >= 500 || reason === "rate_limited";
}

/** What a person can do about a problem, what is meant first. `signIn`: where that helps as well. */
export function buttonsOf(
  { reason, cause }: { readonly reason: Reason; readonly cause?: Cause },
  again: string,
  signIn: string | null,
): readonly Button[] {
  const tryAgain = { label: TRY_AGAIN, href: again };
  const withSignIn = signIn === null ? [] : [{ label: "Sign in", href: signIn }];
  const first = cause && CAUSES[cause].offersFirst;
  if (tryAgainHelps(reason) || first === "try_again") return [tryAgain, ...withSignIn];
  return first === "start_page" ? [START, ...withSignIn] : withSignIn;
}

/** The buttons of a page; the way to the start page is among them in any case. */
export function actions(offered: readonly Button[]): string {
  const all = offered.some(({ href }) => href === START.href) ? offered : [...offered, START];
  const links = all.map(
    ({ label, href }, index) => `<a class="${index === 0 ? "button" : "plain"}" href="${escapeHtml(href)}">${label}</a>`,
  );
  return `<div class="actions">${links.join("")}</div>`;
}

/** What happened, and what there is to add. A failed sign-in has its title for the first. */
function words(problem: Problem, { reason }: ProblemDocument): string {
  const general = wordsFor(problem);
  const { detail = general } = problem;
  if (reason === "sign_in_failed" || detail === general) return `<p>${escapeHtml(detail)}</p>`;
  return `<p>${escapeHtml(general)}</p>\n<p class="soft">${escapeHtml(detail)}</p>`;
}

/** Where people sign in from here, and come back to what they wanted to see. */
function signInPath(request: FastifyRequest, document: ProblemDocument, authPrefix: string): string | null {
  if (!document.login_url) return null;
  const wanted = request.method === "GET" ? parseReturnPath(request.raw.url ?? "/", authPrefix) : null;
  const and = document.login_url.includes("?") ? "&" : "?";
  const back = wanted?.kind === "path" ? `${and}${LOGIN_QUERY.returnTo}=${encodeURIComponent(wanted.path)}` : "";
  return `${document.login_url}${back}`;
}
