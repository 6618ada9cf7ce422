import type { FastifyRequest } from "fastify";
import { LOGIN_QUERY } from "../../wire/paths.js";
import type { ProblemDocument } from "../../wire/shapes.js";
import { wordsFor } from "./explanations.js";
import { escapeHtml, renderPage } from "./html.js";
import { onwardPage } from "./onward-pages.js";
import type { Problem } from "./problem.js";
import type { ProblemSettings } from "./problem-details.js";
import { parseReturnPath } from "./return-path.js";
import { loginPath, resumePath } from "./sign-in-paths.js";

interface Button {
  readonly label: string;
  readonly href: string;
}

const START: Button = { label: "To the start page", href: "/" };

/** The page of a problem, for somebody who navigated to it. */
export function problemPage(request: FastifyRequest, problem: Problem, document: ProblemDocument, { authPrefix }: ProblemSettings): string {
  const { signIn } = problem;
  if (signIn?.movesOn)
    return onwardPage({ title: "One moment", says: "Looking after your sign-in.", path: resumePath(problem, signIn, authPrefix) });
  const button = signInButton(request, problem, document, authPrefix);
  const actions = button
    ? `<a class="button" href="${escapeHtml(button.href)}">${button.label}</a><a class="plain" href="${START.href}">${START.label}</a>`
    : `<a class="button" href="${START.href}">${START.label}</a>`;
  const cause = document.cause ? `<dt>cause</dt><dd>${escapeHtml(document.cause)}</dd>` : "";
  return renderPage({
    title: document.title,
    body: `<h1>${escapeHtml(document.title)}</h1>${words(problem, document)}
<div class="actions">${actions}</div>
<dl><dt>reason</dt><dd>${escapeHtml(document.reason)}</dd>${cause}<dt>request</dt><dd>${escapeHtml(document.request_id)}</dd></dl>`,
  });
}

/** What happened, and what there is to add. A failed sign-in has its title for the first. */
function words(problem: Problem, { detail, reason }: ProblemDocument): string {
  const general = wordsFor(problem);
  if (reason === "sign_in_failed" || detail === general) return `<p>${escapeHtml(detail)}</p>`;
  return `<p>${escapeHtml(general)}</p>\n<p class="soft">${escapeHtml(detail)}</p>`;
}

/** Where people sign in from here, and come back to what they wanted to see. */
function signInButton(request: FastifyRequest, { signIn }: Problem, document: ProblemDocument, authPrefix: string): Button | null {
  if (signIn) return { label: signIn.button, href: loginPath(signIn, authPrefix) };
  if (!document.login_url) return null;
  const wanted = request.method === "GET" ? parseReturnPath(request.raw.url ?? "/", authPrefix) : null;
  const and = document.login_url.includes("?") ? "&" : "?";
  const back = wanted?.kind === "path" ? `${and}${LOGIN_QUERY.returnTo}=${encodeURIComponent(wanted.path)}` : "";
  const href = `${document.login_url}${back}`;
  return { label: "Sign in", href };
}
