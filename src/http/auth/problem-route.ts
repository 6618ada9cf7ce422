import type { FastifyInstance } from "fastify";
import { AUTH_PATHS } from "../../wire/paths.js";
import { type Cause, ENDING_CAUSES, INVALID_CAUSES, REASONS, type Reason, SIGN_IN_CAUSES } from "../../wire/reasons.js";
import { REASON_WORDS } from "../../wire/words.js";
import { CAUSES } from "../problem/causes.js";
import { EXPLANATIONS } from "../problem/explanations.js";
import { escapeHtml, pageHeaders, renderPage } from "../problem/html.js";
import { ProblemError } from "../problem/problem.js";
import { actions, buttonsOf } from "../problem/problem-page.js";
import { AUTH_ROUTES, registrationOf } from "./auth-route-table.js";

/** The causes of a reason; `denied` has one of a sign-in's, too, which is explained there. */
const CAUSES_OF: { readonly [R in Reason]?: readonly Cause[] } = {
  ...ENDING_CAUSES,
  invalid: INVALID_CAUSES,
  sign_in_failed: SIGN_IN_CAUSES,
};

/** A reason, or one of its causes. */
interface Topic {
  readonly reason: Reason;
  readonly cause?: Cause;
}

/** By a reason's slug or name, or by a cause's, with hyphens or underscores. */
const TOPICS: ReadonlyMap<string, Topic> = new Map(
  (Object.keys(REASONS) as Reason[]).flatMap((reason) => {
    const topic: Topic = { reason };
    const causes = CAUSES_OF[reason] ?? [];
    return [
      [REASONS[reason].slug, topic] as const,
      [reason, topic] as const,
      ...causes.flatMap((cause) => [cause, cause.replaceAll("_", "-")].map((name) => [name, { reason, cause }] as const)),
    ];
  }),
);

/** `GET /problems/NAME`, which a problem's `type` points to: what it means to people, and below to those behind the app. */
export function problemRoute(app: FastifyInstance, { authPrefix }: { readonly authPrefix: string }): void {
  app.route({
    ...registrationOf(AUTH_ROUTES.problem),
    async handler(request, reply) {
      const { name } = request.params as { name: string };
      const topic = TOPICS.get(name);
      if (!topic) throw new ProblemError({ reason: "not_found" });
      return reply.headers(pageHeaders()).send(renderPage({ title: REASONS[topic.reason].title, body: bodyOf(topic, authPrefix) }));
    },
  });
}

function bodyOf(topic: Topic, authPrefix: string): string {
  const { reason, cause } = topic;
  const { status, title } = REASONS[reason];
  const { person, signingIn } = REASON_WORDS[reason];
  const { developer, operator } = cause ? CAUSES[cause] : EXPLANATIONS[reason];
  const signIn = status === 401 || reason === "sign_in_failed" ? `${authPrefix}${AUTH_PATHS.login}` : null;
  const link = (name: string) => `<a href="${authPrefix}${AUTH_PATHS.problems}/${name}"><code>${name}</code></a>`;
  const causes = cause ? [] : (CAUSES_OF[reason] ?? []);
  // Whoever reads this may be signed in or not.
  return `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(cause ? CAUSES[cause].person : (signingIn ?? person))}</p>
${actions(buttonsOf(topic, "/", signIn))}
<section class="behind"><h2>For the app’s developers</h2><p>${withCode(developer)}</p>
<h2>For those who run it</h2><p>${withCode(operator)}</p>${
    causes.length === 0
      ? ""
      : `\n<h2>Its causes</h2><ul>${causes.map((each) => `<li>${link(each)} ${escapeHtml(CAUSES[each].detail)}</li>`).join("")}</ul>`
  }</section>
<dl><dt>reason</dt><dd>${cause ? link(reason) : reason}</dd>${cause ? `<dt>cause</dt><dd>${cause}</dd>` : ""}<dt>status</dt><dd>${status}</dd></dl>`;
}

/** Text with its `names` set as code. */
function withCode(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}
