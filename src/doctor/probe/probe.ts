import { type Finding, inOrder } from "../finding.js";
import { described, isAnswer, quoted, reasonOf } from "./answers.js";
import type { ProbeCheck } from "./check.js";
import { PROBLEM_CHECKS } from "./problem-checks.js";
import { REQUEST_CHECKS } from "./request-checks.js";
import type { NoAnswer, Send } from "./send.js";
import { SIGN_IN_CHECKS } from "./sign-in-checks.js";
import { type Deployment, type Visits, visit } from "./visits.js";

/** Every check of a deployment, in the order in which one would mend what they find. */
export const PROBE_CHECKS: readonly ProbeCheck[] = [...PROBLEM_CHECKS, ...SIGN_IN_CHECKS, ...REQUEST_CHECKS];

export type Probing =
  | { readonly kind: "probed"; readonly findings: readonly Finding[]; readonly passed: readonly string[] }
  /** Nothing there is a cognito-bff, or nothing answers. */
  | { readonly kind: "blind"; readonly why: string };

/** Whether any answer has something of ours. */
function isOurs(visits: Visits): boolean {
  const { session, sessionAgain, missing, crossSite, post, page, cookie, login } = visits;
  if ([session, sessionAgain, missing, crossSite, post, page, cookie].some((outcome) => reasonOf(outcome) !== null)) return true;
  return isAnswer(login) && (login.headers.get("set-cookie") ?? []).some((text) => /bff-login/i.test(text));
}

function inWords({ why }: NoAnswer): string {
  const isUntrusted = /CERT|ISSUER|SIGNATURE/.test(why);
  return `${quoted(why)}${isUntrusted ? ": its certificate is not trusted here (NODE_EXTRA_CA_CERTS takes a CA of your own)" : ""}`;
}

/** What is wrong with a running deployment as its visitors see it. */
export async function probeDeployment(deployment: Deployment, send: Send): Promise<Probing> {
  const visits = await visit(deployment, send);
  const { origin, authPrefix } = deployment;
  if (!isAnswer(visits.session)) return { kind: "blind", why: `${origin} does not answer: ${inWords(visits.session)}` };
  if (!isOurs(visits)) {
    const location = visits.session.headers.get("location")?.[0] ?? "";
    const leads =
      URL.canParse(location) && new URL(location).origin !== origin ? `, which leads to ${quoted(new URL(location).origin)}` : "";
    return { kind: "blind", why: `${origin}${authPrefix}/session is no cognito-bff: ${described(visits.session)}${leads}` };
  }
  if (reasonOf(visits.session) === "not_found")
    return {
      kind: "blind",
      why: `a cognito-bff answers at ${origin}, but not at ${authPrefix}/session: set AUTH_PREFIX as it is set there`,
    };
  const judged = PROBE_CHECKS.map(({ id, severity, meaning, fix, judge }) => ({
    id,
    severity,
    meaning,
    fix,
    what: judge(visits, deployment),
  }));
  const findings = judged.flatMap(({ what, ...rest }) => (what === null ? [] : [{ ...rest, what }]));
  return { kind: "probed", findings: inOrder(findings), passed: judged.filter(({ what }) => what === null).map(({ id }) => id) };
}
