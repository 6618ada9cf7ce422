import type { FastifyInstance } from "fastify";
import { REASONS, type Reason } from "../../wire/reasons.js";
import { REASON_WORDS } from "../../wire/words.js";
import { OPERATOR_WORDS } from "../problem/explanations.js";
import { escapeHtml, pageHeaders, renderPage } from "../problem/html.js";
import { ProblemError } from "../problem/problem.js";
import { AUTH_ROUTES, registrationOf } from "./auth-route-table.js";

/** `GET /problems/NAME`, which a problem's `type` points to: by slug, or by reason. */
export function problemRoute(app: FastifyInstance): void {
  app.route({
    ...registrationOf(AUTH_ROUTES.problem),
    async handler(request, reply) {
      const { name } = request.params as { name: string };
      const found = Object.entries(REASONS).find(([reason, { slug }]) => slug === name || reason === name);
      if (!found) throw new ProblemError({ reason: "not_found" });
      const [reason, { status, title }] = found;
      const { person, signingIn } = REASON_WORDS[reason as Reason];
      // Whoever reads this may be signed in or not.
      const body = `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(signingIn ?? person)}</p>
<h2>For those who run it</h2><p class="soft">${withCode(OPERATOR_WORDS[reason as Reason])}</p>
<div class="actions"><a class="button" href="/">To the start page</a></div>
<dl><dt>reason</dt><dd>${escapeHtml(reason)}</dd><dt>status</dt><dd>${status}</dd></dl>`;
      return reply.headers(pageHeaders()).send(renderPage({ title, body }));
    },
  });
}

/** Text with its `names` set as code. */
function withCode(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}
