import { PROBLEM_HEADER } from "../../wire/headers.js";
import { printable } from "../text.js";
import type { ProbeAnswer } from "./send.js";
import type { Outcome } from "./visits.js";

const LONGEST_QUOTE = 120;

/** Text of others, short and without what steers a terminal. */
export function quoted(text: string): string {
  return printable(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text);
}

/** A header's values, joined as RFC 9110 5.3 allows; empty where it is missing. */
export function headerOf(answer: ProbeAnswer, name: string): string {
  return (answer.headers.get(name) ?? []).join(", ");
}

export function isAnswer(outcome: Outcome | null): outcome is ProbeAnswer {
  return outcome?.kind === "answer";
}

/** Header and text by which those in front of a deployment are known, the most particular first. */
const HOPS: readonly { readonly name: string; readonly header: string; readonly pattern: RegExp }[] = [
  { name: "CloudFront", header: "server", pattern: /^cloudfront/i },
  { name: "the load balancer (ALB)", header: "server", pattern: /^awselb/i },
  { name: "Cloudflare", header: "server", pattern: /^cloudflare/i },
  { name: "nginx", header: "server", pattern: /^(?:nginx|openresty)/i },
  { name: "Apache", header: "server", pattern: /^apache/i },
  { name: "Envoy", header: "server", pattern: /^(?:envoy|istio)/i },
  { name: "Caddy", header: "server", pattern: /^caddy/i },
  { name: "Varnish", header: "via", pattern: /varnish/i },
  { name: "API Gateway", header: "x-amzn-errortype", pattern: /./ },
  { name: "API Gateway", header: "apigw-requestid", pattern: /./ },
  { name: "CloudFront", header: "x-cache", pattern: /cloudfront/i },
  { name: "CloudFront", header: "via", pattern: /cloudfront/i },
];

/** Who answered, as far as it says so; null where it does not. */
export function hopOf(answer: ProbeAnswer): string | null {
  return HOPS.find(({ header, pattern }) => pattern.test(headerOf(answer, header)))?.name ?? null;
}

/** `200 text/html from nginx`. */
export function described(outcome: Outcome): string {
  if (!isAnswer(outcome)) return `no answer (${quoted(outcome.why)})`;
  const type = headerOf(outcome, "content-type").split(";")[0]?.trim();
  const hop = hopOf(outcome);
  return `${outcome.status}${type ? ` ${quoted(type)}` : ""}${hop === null ? "" : ` from ${hop}`}`;
}

/** A problem document of ours, as far as it has come through. */
export interface ProblemBody {
  readonly reason: string;
  readonly requestId: string;
  readonly status: unknown;
  /** Begins with PUBLIC_URL. */
  readonly type: string;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;

/** The problem document in a body; null where it is none of ours. */
export function problemIn({ body }: ProbeAnswer): ProblemBody | null {
  if (body === null) return null;
  try {
    const value: unknown = JSON.parse(body);
    if (!isRecord(value)) return null;
    const { reason, request_id, status, type } = value;
    if (typeof reason !== "string" || typeof request_id !== "string" || typeof type !== "string") return null;
    return { reason, requestId: request_id, status, type };
  } catch {
    return null;
  }
}

/** The reason of a problem of ours, by header or body; null for what somebody else answered. */
export function reasonOf(outcome: Outcome): string | null {
  if (!isAnswer(outcome)) return null;
  return headerOf(outcome, PROBLEM_HEADER) || (problemIn(outcome)?.reason ?? null);
}

/** One cookie of a Set-Cookie header, its attributes by lower-case names. */
export interface SetCookie {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

export function setCookiesOf(answer: ProbeAnswer): readonly SetCookie[] {
  return (answer.headers.get("set-cookie") ?? []).map((text) => {
    const [pair = "", ...rest] = text.split(";");
    const attributes = rest.map((part): [string, string] => {
      const [name = "", value = ""] = part.split("=", 2);
      return [name.trim().toLowerCase(), value.trim()];
    });
    return { name: pair.split("=", 1)[0]?.trim() ?? "", attributes: new Map(attributes) };
  });
}
