import type { IncomingHttpHeaders } from "node:http";
import type { ProxyRoute } from "../../config/kinds/proxy-route.js";
import { CSRF_HEADER } from "../../wire/headers.js";
import { isNavigation } from "../problem/navigation.js";
import { ProblemError } from "../problem/problem.js";

/*
 * Which cross-site requests pass; test/http/cross-site.test.ts has them as a table. Fetch Metadata (W3C) where the browser sends it, Origin
 * (RFC 6454) where it does not, and for browsers that send neither with a GET the Strict cookie is the guard.
 */

export interface CrossSiteSettings {
  readonly publicUrl: string;
  readonly csrfHeader: "off" | "required";
  /** With `lax` a link in an e-mail may lead straight to an API's page: a top-level GET navigation passes from anywhere. */
  readonly cookieSameSite: "strict" | "lax";
}

export type CrossSiteVerdict = "passes" | "refused";

interface Facts {
  /** Node's own requests have it wherever they come from a browser. */
  readonly method?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

const isRead = ({ method }: Facts) => method === "GET" || method === "HEAD";
const header = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join(", ") : value);

/**
 * A page of its own, as far as it can be told. Mode `navigate`, which no script can set (Fetch, section 5.4), is a navigation; what a service worker
 * passes on with `fetch(event.request)` has the destination `empty` then, whether it was for a tab or for a frame.
 */
function isTopLevelNavigation({ headers }: Facts): boolean {
  const dest = headers["sec-fetch-dest"];
  return headers["sec-fetch-mode"] === "navigate" && (dest === "document" || dest === "empty");
}

/** Prefetches and prerenders, which nobody asked for with a click. */
function isSpeculative({ headers }: Facts): boolean {
  const purpose = [headers["sec-purpose"], headers["purpose"], headers["x-moz"]].map((value) => header(value) ?? "").join(" ");
  return /prefetch|prerender|preview/i.test(purpose);
}

/** Proxied calls, session, refresh and sign-out. */
export function judgeCall(facts: Facts, settings: CrossSiteSettings): CrossSiteVerdict {
  const site = header(facts.headers["sec-fetch-site"]);
  const origin = header(facts.headers.origin);
  if (site === "same-origin") return "passes";
  if (site === "none") return isRead(facts) ? "passes" : "refused";
  if (site !== undefined) {
    const linked = settings.cookieSameSite === "lax" && facts.method === "GET" && isTopLevelNavigation(facts) && !isSpeculative(facts);
    return linked && (site === "cross-site" || site === "same-site") ? "passes" : "refused";
  }
  if (origin !== undefined) return origin === settings.publicUrl ? "passes" : "refused";
  return isRead(facts) ? "passes" : "refused";
}

/** A WebSocket upgrade brings an Origin and no Fetch Metadata, and its cookies ignore CORS. */
export function judgeUpgrade({ headers }: Facts, settings: CrossSiteSettings): CrossSiteVerdict {
  return header(headers.origin) === settings.publicUrl ? "passes" : "refused";
}

/** `/auth/login` and `/auth/callback`: top-level navigations by GET, from anywhere; never fetch, a frame or a prefetch. */
export function judgeNavigation(facts: Facts): CrossSiteVerdict {
  if (facts.method !== "GET" || isSpeculative(facts)) return "refused";
  const { "sec-fetch-mode": mode, "sec-fetch-dest": dest } = facts.headers;
  // Browsers without Fetch Metadata send neither.
  const isPage = dest === undefined || dest === "document" || (mode === "navigate" && dest === "empty");
  return (mode === undefined || mode === "navigate") && isPage ? "passes" : "refused";
}

/** A form's post from a browser without Fetch Metadata, as a sign-out by form is; its Origin has been looked at. */
function isForm({ method, headers }: Facts): boolean {
  const type = headers["content-type"] ?? "";
  return method === "POST" && headers["sec-fetch-mode"] === undefined && type.startsWith("application/x-www-form-urlencoded");
}

/** With `CSRF_HEADER=required`, the static header that only same-origin script can send without a CORS preflight. */
export function judgeStaticHeader(facts: Facts, settings: CrossSiteSettings, route: Pick<ProxyRoute, "csrf"> | null): CrossSiteVerdict {
  if (settings.csrfHeader === "off" || route?.csrf === "off" || facts.headers[CSRF_HEADER] === "1") return "passes";
  const isEventSource = facts.method === "GET" && (facts.headers.accept ?? "").includes("text/event-stream");
  const cannotSendIt =
    isNavigation(facts.method ?? "", facts.headers) ||
    isEventSource ||
    (route === null && isForm(facts)) ||
    facts.headers.upgrade !== undefined;
  return cannotSendIt ? "passes" : "refused";
}

/** @throws ProblemError `csrf` unless every verdict passes. */
export function refuseCrossSite(...verdicts: readonly CrossSiteVerdict[]): void {
  if (verdicts.some((verdict) => verdict === "refused")) throw new ProblemError({ reason: "csrf" });
}
