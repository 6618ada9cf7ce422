import { PROBLEM_HEADER } from "../../wire/headers.js";
import { AUTH_PATHS } from "../../wire/paths.js";
import { REASONS } from "../../wire/reasons.js";
import { described, headerOf, isAnswer, problemIn, reasonOf } from "./answers.js";
import type { ProbeCheck } from "./check.js";
import type { ProbeAnswer } from "./send.js";
import type { Deployment, Outcome, Visits } from "./visits.js";

const STATUSES: ReadonlyMap<string, number> = new Map(Object.entries(REASONS).map(([reason, { status }]) => [reason, status]));

interface Asked {
  readonly name: string;
  /** What the proxy answers. */
  readonly expects: string;
  readonly outcome: Outcome;
}

/** What is answered with a problem document, asked as a page's script asks. */
function documentsOf({ session, missing, crossSite, post }: Visits, { authPrefix }: Deployment): readonly Asked[] {
  const path = `${authPrefix}${AUTH_PATHS.session}`;
  return [
    { name: `GET ${path} without a session`, expects: "401", outcome: session },
    { name: "a path that is none", expects: "404", outcome: missing },
    { name: `GET ${path} from another site`, expects: "403", outcome: crossSite },
    { name: `POST ${path} without a session`, expects: "401", outcome: post },
  ];
}

/** Those that came through as the proxy's in some form. */
function arrived(visits: Visits, deployment: Deployment): readonly (Asked & { readonly answer: ProbeAnswer; readonly reason: string })[] {
  return documentsOf(visits, deployment).flatMap((asked) => {
    const reason = reasonOf(asked.outcome);
    return reason === null || !isAnswer(asked.outcome) ? [] : [{ ...asked, answer: asked.outcome, reason }];
  });
}

function listed(faults: readonly string[]): string | null {
  return faults.length === 0 ? null : faults.join("; ");
}

/** Why an answer is not the first of its kind; null where it is fresh. */
function keptBy(answer: ProbeAnswer): string | null {
  const age = Number(headerOf(answer, "age"));
  if (age > 0) return `Age: ${age}`;
  return (
    ["x-cache", "cf-cache-status", "x-cache-status", "x-proxy-cache"]
      .map((name) => [name, headerOf(answer, name)] as const)
      .filter(([, value]) => /\b(?:refresh)?hit\b/i.test(value))
      .map(([name]) => `${name} says it is a hit`)[0] ?? null
  );
}

function cachedFault(name: string, first: Outcome, second: Outcome): string | null {
  if (!isAnswer(first) || !isAnswer(second)) return null;
  const [one, two] = [problemIn(first), problemIn(second)];
  if (one !== null && two !== null && one.requestId === two.requestId) return `${name}: two requests got one request_id`;
  const kept = keptBy(first) ?? keptBy(second);
  return kept === null ? null : `${name}: ${kept}`;
}

export const PROBLEM_CHECKS: readonly ProbeCheck[] = [
  {
    id: "probe-problem-replaced",
    severity: "error",
    finds: "a problem document of the proxy is replaced by somebody in front of it",
    meaning: "The app reads a page where it expects why the session ended: people see a broken app, or are signed in and out in a loop.",
    fix: "CloudFront: no custom error responses in this distribution (docs/cloudfront.md). nginx: no `proxy_intercept_errors`, no `error_page` here. ALB: no fixed-response or authenticate rule before these paths. A web application firewall: let 401, 403 and 404 of the origin pass.",
    judge(visits, deployment) {
      const replaced = documentsOf(visits, deployment).filter(({ outcome }) => outcome !== visits.post && reasonOf(outcome) === null);
      return listed(replaced.map(({ name, expects, outcome }) => `${name}: ${described(outcome)} in place of the proxy's ${expects}`));
    },
  },
  {
    id: "probe-method-refused",
    severity: "error",
    finds: "calls that write do not reach the proxy",
    meaning: "People cannot sign out, sessions are not refreshed by the app, and every write of the app fails.",
    fix: "CloudFront: allow all seven methods in this behaviour. nginx: no `limit_except`. ALB: no rule by method. A web application firewall: let POST without a body pass.",
    judge({ session, post }, { authPrefix }) {
      if (reasonOf(session) === null || reasonOf(post) !== null) return null;
      return `POST ${authPrefix}${AUTH_PATHS.session} without a session: ${described(post)} in place of the proxy's 401`;
    },
  },
  {
    id: "probe-status-changed",
    severity: "error",
    finds: "a problem document arrives with another status",
    meaning: "The app takes an ended session for an answer, or an outage for the session's end.",
    fix: "CloudFront: custom error responses with a response code of their own. nginx: `error_page … =200`. Take them out.",
    judge(visits, deployment) {
      const changed = arrived(visits, deployment).filter(
        ({ answer, reason }) => STATUSES.has(reason) && STATUSES.get(reason) !== answer.status,
      );
      return listed(changed.map(({ name, answer, reason }) => `${name}: ${answer.status} for ${reason}, which is ${STATUSES.get(reason)}`));
    },
  },
  {
    id: "probe-bff-problem-lost",
    severity: "error",
    finds: "the header BFF-Problem is dropped on the way",
    meaning: "The app cannot tell the proxy's 401 from one of its API: calls that were never forwarded are not repeated after a sign-in.",
    fix: "nginx: no `proxy_hide_header`. CloudFront: no response headers policy that removes it. API gateways: map it through.",
    judge(visits, deployment) {
      return listed(arrived(visits, deployment).flatMap(({ name, answer }) => (headerOf(answer, PROBLEM_HEADER) === "" ? [name] : [])));
    },
  },
  {
    id: "probe-body-changed",
    severity: "error",
    finds: "a problem document's body is not the proxy's JSON any more",
    meaning: "The app knows that something is wrong, and neither why nor where to sign in.",
    fix: "Whoever rewrites bodies or replaces error pages: nginx `sub_filter`, `error_page`; CloudFront custom error responses and edge functions.",
    judge(visits, deployment) {
      return listed(
        arrived(visits, deployment)
          .filter(({ answer }) => answer.body !== null && problemIn(answer) === null)
          .map(({ name, answer }) => `${name}: ${described(answer)}`),
      );
    },
  },
  {
    id: "probe-content-type-changed",
    severity: "warning",
    finds: "a problem document does not arrive as application/problem+json",
    meaning: "Clients that choose by the type (RFC 9457) do not read the reason.",
    fix: "nginx: no `default_type` or `more_set_headers` for it. CloudFront: no response headers policy that sets Content-Type.",
    judge(visits, deployment) {
      const changed = arrived(visits, deployment).filter(
        ({ answer }) => problemIn(answer) !== null && !/^application\/problem\+json\b/i.test(headerOf(answer, "content-type")),
      );
      return listed(changed.map(({ name, answer }) => `${name}: ${described(answer)}`));
    },
  },
  {
    id: "probe-www-authenticate-lost",
    severity: "warning",
    finds: "WWW-Authenticate: Session is dropped from a 401, or another in its place",
    meaning: "A browser that is offered Basic or Negotiate instead asks people for a password that nobody has (RFC 9110 11.6.1).",
    fix: "API Gateway renames it to x-amzn-remapped-www-authenticate: put a load balancer there. nginx: no `auth_basic`, no `proxy_hide_header`.",
    judge(visits, deployment) {
      const lost = arrived(visits, deployment).filter(
        ({ answer }) => answer.status === 401 && headerOf(answer, "www-authenticate") !== "Session",
      );
      return listed(
        lost.map(({ name, answer }) => (answer.headers.has("x-amzn-remapped-www-authenticate") ? `${name}: renamed by API Gateway` : name)),
      );
    },
  },
  {
    id: "probe-no-store-lost",
    severity: "error",
    finds: "Cache-Control: no-store is taken from a problem document",
    meaning: "A browser or a cache may keep that nobody is signed in, and show it to who is.",
    fix: "CloudFront: no response headers policy that overrides Cache-Control. nginx: no `expires`, no `proxy_hide_header Cache-Control`, no `proxy_ignore_headers`. Cloudflare: browser cache TTL “respect existing headers”.",
    judge(visits, deployment) {
      const lost = arrived(visits, deployment).filter(({ answer }) => !/\bno-store\b/i.test(headerOf(answer, "cache-control")));
      return listed(lost.map(({ name, answer }) => `${name}: ${headerOf(answer, "cache-control") || "no Cache-Control"}`));
    },
  },
  {
    id: "probe-answer-cached",
    severity: "error",
    finds: "a cache answers for the proxy",
    meaning: "One person's answer is everybody's: signed in people hear that they are not, and an outage lasts as long as the cache.",
    fix: "CloudFront: CachingDisabled for these paths, and Error Caching Minimum TTL 0 for every code (docs/cloudfront.md). nginx: no `proxy_cache` here, no `proxy_ignore_headers Cache-Control`.",
    judge({ session, sessionAgain, missing, missingAgain }, { authPrefix }) {
      return listed(
        [
          cachedFault(`GET ${authPrefix}${AUTH_PATHS.session}`, session, sessionAgain),
          cachedFault("a path that is none", missing, missingAgain),
        ].filter((fault) => fault !== null),
      );
    },
  },
  {
    id: "probe-compression",
    severity: "error",
    finds: "an answer cannot be uncompressed as it says",
    meaning: "Browsers show an error of their own in place of every such answer.",
    fix: "Two in front of the proxy compress, or one changes Content-Encoding and not the body: let one do it (nginx `gzip`, CloudFront's cache policy).",
    judge({ session, sessionAgain }, { authPrefix }) {
      if (reasonOf(session) === null || !isAnswer(sessionAgain) || sessionAgain.body !== null) return null;
      return `GET ${authPrefix}${AUTH_PATHS.session} with Accept-Encoding: gzip, br: Content-Encoding is ${headerOf(sessionAgain, "content-encoding")}, the body is not`;
    },
  },
  {
    id: "probe-page-not-html",
    severity: "warning",
    finds: "a navigation gets no page",
    meaning: "People who open a link of the app without a session read JSON where a page with a button to sign in would be.",
    fix: "CloudFront: AllViewer as origin request policy, so that Accept and Sec-Fetch-* arrive. nginx: no `proxy_set_header Accept`, no `proxy_pass_request_headers off`.",
    judge({ page, session }, { authPrefix }) {
      if (reasonOf(session) === null || (isAnswer(page) && /^text\/html\b/i.test(headerOf(page, "content-type")))) return null;
      return `a navigation to ${authPrefix}${AUTH_PATHS.session}: ${described(page)} in place of the proxy's 401 text/html`;
    },
  },
];
