import type { Facts } from "../facts.js";
import { type Finding, inOrder } from "../finding.js";
import type { Check, Need } from "./check.js";
import { EXPOSURE_CHECKS } from "./exposure.js";
import { LIFETIME_CHECKS } from "./lifetimes.js";
import { REFRESH_CHECKS } from "./refreshing.js";
import { SIGN_IN_CHECKS } from "./sign-in.js";
import { SURROUNDING_CHECKS } from "./surroundings.js";

/** The groups of checks, in the order of the documentation; of findings of one severity the order is this, too. */
export const CHECK_GROUPS: readonly { readonly title: string; readonly checks: readonly Check[] }[] = [
  { title: "How long people stay signed in", checks: LIFETIME_CHECKS },
  { title: "Refreshing", checks: REFRESH_CHECKS },
  { title: "Signing in and out", checks: SIGN_IN_CHECKS },
  { title: "What others could do", checks: EXPOSURE_CHECKS },
  { title: "Around the app client", checks: SURROUNDING_CHECKS },
];

export const CHECKS: readonly Check[] = CHECK_GROUPS.flatMap(({ checks }) => checks);

/** A check that could not be made, and the facts it lacked. */
export interface Unmade {
  readonly id: string;
  readonly needs: readonly Need[];
}

export interface Judgement {
  /** The gravest first. */
  readonly findings: readonly Finding[];
  readonly unmade: readonly Unmade[];
}

/** Whether people sign in with the client at all. One of machines alone has no refresh token (RFC 6749, section 4.4.3). */
function isForPeople({ client }: Facts): boolean {
  const flows = client.settings.AllowedOAuthFlows ?? [];
  return !(flows.length > 0 && flows.every((flow) => flow === "client_credentials"));
}

/** Makes every check. */
export function judgeAll(facts: Facts, checks: readonly Check[] = CHECKS): Judgement {
  const apt = isForPeople(facts) ? checks : checks.filter(({ aboutPeople }) => !aboutPeople);
  const findings: Finding[] = [];
  const unmade: Unmade[] = [];
  for (const each of apt) {
    const found = each.judge(facts);
    if (found === null) unmade.push({ id: each.id, needs: each.needs });
    else findings.push(...found);
  }
  return { findings: inOrder(findings), unmade };
}
