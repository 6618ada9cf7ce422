import type { Need } from "../checks/check.js";
import type { Unseen } from "../cognito-admin.js";
import type { Facts } from "../facts.js";
import { type FailOn, type Finding, SEVERITIES } from "../finding.js";
import { describeLifetime, lifetimeOf, TOKEN_KINDS, type TokenKind } from "../lifetime.js";
import { aligned, counted, painter, printable, shortName, wrapped } from "../text.js";
import type { Examination } from "./examine.js";

type Examined = Extract<Examination, { kind: "examined" }>;

const TOKEN_NAMES: { readonly [kind in TokenKind]: string } = {
  RefreshToken: "refresh token",
  AccessToken: "access token",
  IdToken: "ID token",
};

/** How the fact that a check lacked would become known: by an operation of the API, by a setting; null: nobody misses it who did not ask for it. */
const WAYS: { readonly [need in Need]: { readonly operation: string } | { readonly setting: string } | null } = {
  pool: { operation: "DescribeUserPool" },
  mfa: { operation: "GetUserPoolMfaConfig" },
  domain: { operation: "DescribeUserPoolDomain" },
  poolSessions: { operation: "GetUserPoolSessionConfiguration" },
  clientSessions: { operation: "GetUserPoolClientSessionConfiguration" },
  clockAheadMs: null,
  policy: null,
  replicas: null,
  sampleCookieBytes: null,
  publicUrl: { setting: "PUBLIC_URL (or --public-url)" },
  callbackUrl: { setting: "PUBLIC_URL (or --public-url)" },
  signOutUrl: { setting: "PUBLIC_URL (or --public-url)" },
  managedLogin: { setting: "COGNITO_DOMAIN" },
  scopes: { setting: "COGNITO_SCOPES" },
  refreshApi: { setting: "COGNITO_REFRESH_API" },
  declaredValidityMs: null,
  declaresValidity: { setting: "a whole configuration of the proxy" },
  sessionMaxAgeMs: null,
  store: { setting: "SESSION_STORE" },
  confidential: { setting: "a whole configuration of the proxy" },
  cookieBudgetBytes: { setting: "COOKIE_HEADER_BUDGET" },
};

/** Where a fact comes from, in a word; null: from an option, or from the answers themselves. */
export function sourceOfNeed(need: Need): string | null {
  const way = WAYS[need];
  if (way === null) return null;
  return "operation" in way ? way.operation : way.setting;
}

/** Why something was not seen, in a line for whoever can change it. */
export function unseenInWords(unseen: Unseen): string {
  switch (unseen.kind) {
    case "not_permitted":
      return `not permitted: needs ${unseen.action}`;
    case "not_found":
      return printable(unseen.why);
    case "failed":
      return `${unseen.operation}: ${printable(unseen.why === "" ? unseen.error : unseen.why)}`;
  }
}

/** `1 error, 2 warnings`. */
export function tally(findings: readonly Finding[]): string {
  const counts = SEVERITIES.map((severity) => [severity, findings.filter((finding) => finding.severity === severity).length] as const);
  const named = counts.filter(([, count]) => count > 0).map(([severity, count]) => counted(count, severity));
  return named.length === 0 ? "Nothing found." : `${named.join(", ")}.`;
}

export function findingLines(findings: readonly Finding[], colours: boolean): string[] {
  const paint = painter(colours);
  return findings.flatMap(({ id, severity, what, meaning, fix }) => [
    "",
    `${paint.severity(severity, severity.toUpperCase())}  ${id}`,
    ...wrapped(printable(what), "  "),
    ...wrapped(printable(meaning), "         ", "  means  "),
    ...wrapped(printable(fix), "         ", "  fix    "),
  ]);
}

function isKnown(facts: Facts, need: Need): boolean {
  const values: Readonly<Record<string, unknown>> = { ...facts, ...facts.proxy };
  return values[need] !== null;
}

function operationOf(unseen: Unseen): string {
  return unseen.kind === "not_permitted" ? unseen.action.replace(/^.*:/, "") : unseen.operation;
}

/** Why a check was not made; null where nobody wonders. */
function reasonFor(needs: readonly Need[], facts: Facts, unseen: readonly Unseen[]): string | null {
  for (const need of needs) {
    const way = isKnown(facts, need) ? null : WAYS[need];
    if (way === null) continue;
    if ("setting" in way) return `unknown: ${way.setting}`;
    const cause = unseen.find((each) => operationOf(each) === way.operation);
    if (cause !== undefined) return unseenInWords(cause);
  }
  return null;
}

/** What could not be looked at, each with the checks that were not made for it. */
function notCheckedLines({ facts, judgement, unseen }: Examined): string[] {
  const byReason = new Map<string, string[]>(unseen.map((each) => [unseenInWords(each), []]));
  for (const { id, needs } of judgement.unmade) {
    const reason = reasonFor(needs, facts, unseen);
    if (reason !== null) byReason.set(reason, [...(byReason.get(reason) ?? []), id]);
  }
  if (byReason.size === 0) return [];
  const lines = [...byReason].flatMap(([reason, ids]) =>
    wrapped(ids.length === 0 ? reason : `${reason} (${ids.join(", ")})`, "    ", "  "),
  );
  return ["", "Not checked", ...lines];
}

function sampleRow({ sampleCookieBytes, proxy: { cookieBudgetBytes } }: Facts): readonly (readonly string[])[] {
  if (sampleCookieBytes === null || !Number.isFinite(sampleCookieBytes)) return [];
  const budget = cookieBudgetBytes === null ? "" : ` of ${cookieBudgetBytes.toLocaleString("en")}`;
  return [["  sample cookie", `${sampleCookieBytes.toLocaleString("en")}${budget} bytes`]];
}

/** The examination of one app client as people read it, within 80 columns. */
export function reportText(examined: Examined, colours: boolean): string {
  const { facts, judgement } = examined;
  const { client } = facts;
  const lifetimes = TOKEN_KINDS.map((kind) => [`  ${TOKEN_NAMES[kind]}`, describeLifetime(lifetimeOf(client.settings, kind))]);
  return `${[
    painter(colours).strong(`App client ${client.clientId} (${shortName(client.name)})`),
    `User pool  ${client.poolId}`,
    ...aligned([...lifetimes, ...sampleRow(facts)]),
    ...findingLines(judgement.findings, colours),
    ...notCheckedLines(examined),
    "",
    tally(judgement.findings),
  ].join("\n")}\n`;
}

/** The same for programs. */
export function reportJson({ facts, judgement, unseen }: Examined, failOn: FailOn): object {
  const { client } = facts;
  return {
    user_pool_id: client.poolId,
    client_id: client.clientId,
    client_name: client.name,
    lifetimes: Object.fromEntries(
      TOKEN_KINDS.map((kind) => {
        const { value, unit, seconds, words, byDefault } = lifetimeOf(client.settings, kind);
        return [TOKEN_NAMES[kind].toLowerCase().replace(" ", "_"), { value, unit, seconds, words, by_default: byDefault }];
      }),
    ),
    findings: judgement.findings,
    not_checked: judgement.unmade.map(({ id, needs }) => ({ id, unknown: needs.filter((need) => !isKnown(facts, need)) })),
    could_not_look: unseen.map((each) => ({
      operation: each.kind === "not_permitted" ? each.action : each.operation,
      why: unseenInWords(each),
    })),
    fail_on: failOn,
  };
}
