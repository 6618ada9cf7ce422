import { described, headerOf, isAnswer, problemIn, quoted, reasonOf } from "./answers.js";
import type { ProbeCheck } from "./check.js";
import { COOKIE_ROOM_BYTES, isLocal, type Outcome, type Visits } from "./visits.js";

/** The reason of a cookie that arrived and cannot be opened. */
const ARRIVED = "invalid";

/** What a long Cookie header came to; null where it arrived, or where even a short one does not. */
function roomFault({ cookie }: Visits, outcome: Outcome, bytes: number): string | null {
  if (reasonOf(cookie) !== ARRIVED || reasonOf(outcome) === ARRIVED) return null;
  const header = `a Cookie header of ${bytes.toLocaleString("en")} bytes`;
  return reasonOf(outcome) === null ? `${header}: ${described(outcome)}` : `${header} arrives without its last cookie`;
}

function originOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).origin : null;
}

const SKEW_MS = 60_000;
/** Half a year: what browsers' preload list and scanners call enough. */
const SHORTEST_HSTS_SECONDS = 15_552_000;

function hstsSeconds(outcome: Outcome): number {
  if (!isAnswer(outcome)) return 0;
  const [, seconds = "0"] = /\bmax-age="?(\d{1,15})/i.exec(headerOf(outcome, "strict-transport-security")) ?? [];
  return Number(seconds);
}

function isStatus(outcome: Outcome | null, status: string): boolean {
  if (!isAnswer(outcome) || outcome.status !== 200 || outcome.body === null) return false;
  return outcome.body.replaceAll(/\s/g, "") === `{"status":"${status}"}`;
}

export const REQUEST_CHECKS: readonly ProbeCheck[] = [
  {
    id: "probe-cookies-dropped",
    severity: "error",
    finds: "cookies do not reach the proxy",
    meaning: "Nobody can be signed in: every call hears that there is no session.",
    fix: "CloudFront: an origin request policy that forwards cookies (AllViewer), and CachingDisabled. nginx: no `proxy_set_header Cookie`, no `proxy_pass_request_headers off`.",
    judge({ cookie }) {
      return reasonOf(cookie) === "anonymous" ? "a request with a session's cookie is answered as one without" : null;
    },
  },
  {
    id: "probe-header-room",
    severity: "error",
    finds: `somebody refuses a Cookie header of ${COOKIE_ROOM_BYTES.ours.toLocaleString("en")} bytes, which COOKIE_HEADER_BUDGET allows`,
    meaning: "People with many groups or claims cannot use the app at all, from one call to the next, until they delete their cookies.",
    fix: "nginx: `large_client_header_buffers 4 32k`. CloudFront takes 20,480 bytes in all, an ALB 16 K a header; API Gateway 10,240 in all. Or lower COOKIE_HEADER_BUDGET.",
    judge: (visits) => roomFault(visits, visits.cookieOfOurs, COOKIE_ROOM_BYTES.ours),
  },
  {
    id: "probe-app-cookie-room",
    severity: "warning",
    finds: `somebody refuses a Cookie header of ${COOKIE_ROOM_BYTES.all.toLocaleString("en")} bytes: little is left for the app's own cookies`,
    meaning: "A large session and the cookies of analytics together are refused with a bare error page.",
    fix: "nginx: `large_client_header_buffers 4 32k`. API Gateway: 10,240 bytes are its limit. Or lower COOKIE_HEADER_BUDGET.",
    judge: (visits) =>
      roomFault(visits, visits.cookieOfOurs, COOKIE_ROOM_BYTES.ours) === null
        ? roomFault(visits, visits.cookieOfAll, COOKIE_ROOM_BYTES.all)
        : null,
  },
  {
    id: "probe-fetch-metadata-dropped",
    severity: "warning",
    finds: "Sec-Fetch-Site does not reach the proxy",
    meaning:
      "The proxy cannot tell the app's calls from another site's by it, and falls back on Origin and SameSite: one lock in place of three.",
    fix: "CloudFront: AllViewer as origin request policy. nginx and gateways: pass Sec-Fetch-* on as they came.",
    judge({ crossSite }) {
      return reasonOf(crossSite) === "anonymous" ? "a call that says it comes from another site is not refused" : null;
    },
  },
  {
    id: "probe-public-url",
    severity: "error",
    finds: "PUBLIC_URL is another address than the one that was probed",
    meaning: "Cookies, sign-in and cross-site checks belong to PUBLIC_URL: under this address nobody gets in.",
    fix: "Set PUBLIC_URL to the origin that the browser shows, or send people there with a redirect.",
    judge({ session }, { origin }) {
      const type = isAnswer(session) ? (problemIn(session)?.type ?? null) : null;
      const own = type === null ? null : originOf(type);
      return own === null || own === origin ? null : `its problem documents name ${quoted(own)}`;
    },
  },
  {
    id: "probe-metrics-exposed",
    severity: "error",
    finds: "/metrics can be read from outside",
    meaning: "Anybody can see how many people use the app, and when Cognito or the app is in trouble.",
    fix: "Route the public address to PORT alone, never to MANAGEMENT_PORT. ALB: no listener rule to it. Kubernetes: no Ingress for it.",
    judge({ metrics }) {
      return isAnswer(metrics) && metrics.status === 200 && /^# (?:HELP|TYPE) /m.test(metrics.body ?? "") ? "/metrics: 200" : null;
    },
  },
  {
    id: "probe-health-exposed",
    severity: "warning",
    finds: "the management port's probes answer outside",
    meaning: "Where they are, /metrics and the session routes are as well.",
    fix: "Route the public address to PORT alone, and let no firewall or security group open MANAGEMENT_PORT.",
    judge({ readyz, management }) {
      const open = [
        isStatus(readyz, "ready") ? ["/readyz"] : [],
        isAnswer(management) && (isStatus(management, "live") || reasonOf(management) !== null) ? ["port 9000"] : [],
      ].flat();
      return open.length === 0 ? null : `${open.join(", ")} can be reached`;
    },
  },
  {
    id: "probe-livez-public",
    severity: "note",
    finds: "/livez answers outside",
    meaning: "None, where PUBLIC_HEALTH_PATH=/livez is meant; else the management port is open to everybody.",
    fix: "Another PUBLIC_HEALTH_PATH tells the two apart, and ends this.",
    judge: ({ livez }) => (isStatus(livez, "live") ? "/livez: 200" : null),
  },
  {
    id: "probe-plain-http",
    severity: "warning",
    finds: "the same address by http serves something in place of a redirect to https",
    meaning: "The cookies are Secure: who comes by http is not signed in, whatever they do.",
    fix: "CloudFront: `redirect-to-https`. ALB: a listener on port 80 with a redirect action. nginx: `return 301 https://$host$request_uri`.",
    judge({ plain }, { origin }) {
      if (!isAnswer(plain)) return null;
      const location = headerOf(plain, "location");
      const leads = plain.status >= 300 && plain.status < 400 && originOf(location)?.startsWith("https:");
      return leads ? null : `http://${new URL(origin).host}/: ${described(plain)}${location === "" ? "" : ` to ${quoted(location)}`}`;
    },
  },
  {
    id: "probe-hsts",
    severity: "note",
    finds: "Strict-Transport-Security is missing or shorter than half a year",
    meaning: "The first request of a visit may go by http, and whoever is on the way may answer it (RFC 6797).",
    fix: "HSTS_MAX_AGE=365d, or a response headers policy of CloudFront.",
    judge({ session, start }, { origin }) {
      // HSTS_MAX_AGE has no effect there: it would be every port's.
      if (isLocal(new URL(origin))) return null;
      const seconds = Math.max(hstsSeconds(session), hstsSeconds(start));
      if (!origin.startsWith("https:") || !isAnswer(session) || seconds >= SHORTEST_HSTS_SECONDS) return null;
      return seconds === 0 ? "no Strict-Transport-Security" : `max-age is ${seconds.toLocaleString("en")} seconds`;
    },
  },
  {
    id: "probe-clock",
    severity: "warning",
    finds: "the Date of an answer and this machine's clock differ by more than a minute",
    meaning: "Where it is the proxy's clock, its own limits (SESSION_IDLE_TIMEOUT, SESSION_MAX_AGE) end sessions early or late.",
    fix: "Mend the time synchronisation of whichever is wrong; a cached answer has an old Date, too.",
    judge({ session }) {
      if (reasonOf(session) === null || !isAnswer(session)) return null;
      const ms = Date.parse(headerOf(session, "date")) - session.atMs;
      if (Number.isNaN(ms) || Math.abs(ms) <= SKEW_MS) return null;
      return `the answer's clock is ${Math.round(Math.abs(ms) / 1_000).toLocaleString("en")} s ${ms > 0 ? "ahead of" : "behind"} this one`;
    },
  },
  {
    id: "probe-start-cached",
    severity: "note",
    finds: "a cache keeps the app's start page",
    meaning: "After a deployment people get the old page, which names files that are gone.",
    fix: "CloudFront: CachingDisabled for everything but files with a hash in their name (docs/cloudfront.md).",
    judge({ start }) {
      if (!isAnswer(start) || start.status !== 200) return null;
      const age = Number(headerOf(start, "age"));
      return age > 0 ? `/: Age: ${age}` : null;
    },
  },
];
