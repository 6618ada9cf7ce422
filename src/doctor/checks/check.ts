import type { Facts, ProxyFacts } from "../facts.js";
import type { Finding, Severity } from "../finding.js";

/** What a check needs to know besides the app client: facts of Facts, and of ProxyFacts. */
export type PoolNeed = Exclude<keyof Facts, "client" | "proxy">;
export type ProxyNeed = Exclude<keyof ProxyFacts, "faults">;
export type Need = PoolNeed | ProxyNeed;

/** Facts with those that a check needs known. */
export type Known<N extends Need> = Facts & {
  readonly [need in Extract<N, PoolNeed>]: NonNullable<Facts[need]>;
} & { readonly proxy: { readonly [need in Extract<N, ProxyNeed>]: NonNullable<ProxyFacts[need]> } };

/** What a check saw; what it does not say itself is what the check's row says of all such. */
export interface Seen {
  readonly what: string;
  readonly meaning?: string;
  readonly fix?: string;
  /** Where it is less grave than the check says. */
  readonly severity?: Severity;
}

/** A row of the table: what the documentation says of a check, and its judgement. */
export interface Check {
  readonly id: string;
  /** At most. */
  readonly severity: Severity;
  /** What it finds, for the documentation: "the refresh token lives below a day". */
  readonly finds: string;
  readonly meaning: string;
  readonly fix: string;
  /** Where the rule comes from. */
  readonly source: string;
  readonly needs: readonly Need[];
  /** Whether `doctor fix ID` mends it. */
  readonly fixable: boolean;
  /** Whether it is about people who sign in; a client of machines alone (client_credentials) has none. */
  readonly aboutPeople: boolean;
  /** The findings, or null where a fact is missing that it needs. */
  judge(facts: Facts): readonly Finding[] | null;
}

interface Row<N extends Need> {
  readonly id: string;
  readonly severity: Severity;
  readonly finds: string;
  readonly meaning: string;
  readonly fix: string;
  readonly source: string;
  readonly needs: readonly N[];
  readonly fixable?: boolean;
  readonly aboutPeople?: boolean;
  readonly judge: (facts: Known<N>) => Seen | null;
}

function isProxyNeed(need: Need, facts: Facts): need is ProxyNeed {
  return need in facts.proxy;
}

function knows<N extends Need>(facts: Facts, needs: readonly N[]): facts is Known<N> {
  return needs.every((need: Need) => (isProxyNeed(need, facts) ? facts.proxy[need] : facts[need]) !== null);
}

/** A text of the documentation without its marks; a command has no full stop that one would copy with it. */
function plain(text: string): string {
  return text.replace(/`\.$/, "`").replaceAll("`", "");
}

/** A check of the table. Its judgement is pure: facts in, what was seen out. */
export function check<const N extends Need>({ judge, fixable = false, aboutPeople = true, ...row }: Row<N>): Check {
  return {
    ...row,
    fixable,
    aboutPeople,
    judge(facts) {
      if (!knows(facts, row.needs)) return null;
      const seen = judge(facts);
      if (seen === null) return [];
      const { id, severity, meaning, fix } = { ...row, ...seen };
      return [{ id, severity, what: seen.what, meaning: plain(meaning), fix: plain(fix) }];
    },
  };
}

/** The part of AWS's documentation that most rules come from. */
export const API = "https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference";
export const GUIDE = "https://docs.aws.amazon.com/cognito/latest/developerguide";
