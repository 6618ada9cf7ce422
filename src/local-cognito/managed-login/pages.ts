import type { Answer } from "../common/answer.js";
import type { UserPool } from "../pools/user-pool.js";
import type { AuthorizationRequest } from "./authorization-request.js";
import { STYLE, STYLE_SOURCE } from "./page-style.js";

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/**
 * `form-action` also governs where the answer to a form may redirect, so the app's origin must be in it. Custom schemes have no origin:
 * the scheme stands for them.
 */
function formTarget(redirectUri: string): string {
  const { origin, protocol } = new URL(redirectUri);
  return origin === "null" ? protocol : origin;
}

function page(given: { status: number; title: string; content: string; formTargets: readonly string[]; outcome: string }): Answer {
  return {
    status: given.status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": `default-src 'none'; style-src ${STYLE_SOURCE}; form-action 'self' ${given.formTargets.join(" ")}; frame-ancestors 'none'; base-uri 'none'`,
      // As Cognito's pages: a popup's opener loses sight of it.
      "cross-origin-opener-policy": "same-origin",
      // Not no-referrer: with that the browser sends `Origin: null` from the form, and the Origin check below could not tell it from others.
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    },
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(given.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<svg class="mark" viewBox="0 0 44 44" fill="none" aria-hidden="true"><rect width="44" height="44" rx="12" fill="currentColor" opacity=".14"/><path d="M22 10l10 4v8c0 6-4.2 10.2-10 12-5.8-1.8-10-6-10-12v-8z" stroke="currentColor" stroke-width="2.5" stroke-linejoin="round"/><path d="M17.5 22l3.3 3.3 6-6.3" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"/></svg>
${given.content}
</main>
<footer>Local Cognito – for development</footer>
</body>
</html>
`,
    outcome: given.outcome,
  };
}

function hiddenFields(fields: Iterable<readonly [string, string]>): string {
  return [...fields].map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`).join("\n");
}

function alert(error: string | null): string {
  return error === null ? "" : `<p class="error" id="error" role="alert">${escapeHtml(error)}</p>`;
}

/** What a pool's users sign in with, as the form calls it. */
export function usernameLabel({ usernameAttributes }: UserPool): string {
  return usernameAttributes.includes("email") ? "Email address" : "Username";
}

function shownUser({ shownUser: shown }: UserPool): string {
  if (shown === null) return "";
  return `<p class="lead">Demo account: <code>${escapeHtml(shown.username)}</code> with <code>${escapeHtml(shown.password)}</code></p>`;
}

/** The sign-in form. `error` says why the last attempt failed. */
export function signInPage(request: AuthorizationRequest, username: string, error: string | null, outcome: string): Answer {
  const invalid = error === null ? "" : ' aria-invalid="true" aria-describedby="error"';
  const focusPassword = username !== "";
  return page({
    status: 200,
    title: "Sign in",
    formTargets: [formTarget(request.redirectUri)],
    outcome,
    content: `<h1>Sign in</h1>
<p class="lead">to continue to <strong>${escapeHtml(request.client.settings.ClientName)}</strong></p>
${alert(error)}
<form method="post" action="/login">
${hiddenFields(request.parameters)}
<div>
<label for="username">${usernameLabel(request.pool)}</label>
<input id="username" name="username" type="text" value="${escapeHtml(username)}" autocomplete="username" autocapitalize="none" spellcheck="false" required${focusPassword ? "" : " autofocus"}${invalid}>
</div>
<div>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${focusPassword ? " autofocus" : ""}${invalid}>
</div>
<button type="submit">Sign in</button>
</form>
${shownUser(request.pool)}`,
  });
}

/** The form for a user who must replace a temporary password. */
export function newPasswordPage(request: AuthorizationRequest, session: string, error: string | null, outcome: string): Answer {
  const invalid = error === null ? "" : ' aria-invalid="true" aria-describedby="error"';
  return page({
    status: 200,
    title: "Choose a new password",
    formTargets: [formTarget(request.redirectUri)],
    outcome,
    content: `<h1>Choose a new password</h1>
<p class="lead">Your temporary password has been accepted. Choose one of your own to go on.</p>
${alert(error)}
<form method="post" action="/login">
${hiddenFields([...request.parameters, ["session", session]])}
<div>
<label for="new_password">New password</label>
<input id="new_password" name="new_password" type="password" autocomplete="new-password" required autofocus${invalid}>
</div>
<button type="submit">Save and sign in</button>
</form>`,
  });
}

/** The page for a request that cannot be answered by a redirect. */
export function errorPage(error: string, explanation: string): Answer {
  return page({
    status: 400,
    title: "This link does not work",
    formTargets: [],
    outcome: error,
    content: `<h1>This link does not work</h1>
<p class="lead">${escapeHtml(explanation)}</p>
<p class="error"><code>${escapeHtml(error)}</code></p>`,
  });
}

/** The page for a form that another site has sent. */
export function crossSitePage(): Answer {
  return { ...errorPage("cross_site_form", "The form was sent from another site. Please start again from the app."), status: 403 };
}
