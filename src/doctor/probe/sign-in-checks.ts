import { cookieNames } from "../../store/cookies.js";
import { AUTH_PATHS } from "../../wire/paths.js";
import { described, headerOf, isAnswer, quoted, reasonOf, type SetCookie, setCookiesOf } from "./answers.js";
import type { ProbeCheck } from "./check.js";
import type { ProbeAnswer } from "./send.js";
import type { Deployment, Outcome } from "./visits.js";

/** Sign-in by redirect is off: COGNITO_DOMAIN is not set. */
const isOff = (login: Outcome) => reasonOf(login) === "not_found";

/** The redirect, as far as it is one. */
function redirectIn(login: Outcome): (ProbeAnswer & { readonly location: string }) | null {
  if (!isAnswer(login) || login.status !== 302) return null;
  const location = headerOf(login, "location");
  return location === "" ? null : { ...login, location };
}

function urlIn(login: Outcome): URL | null {
  const location = redirectIn(login)?.location;
  return location !== undefined && URL.canParse(location) ? new URL(location) : null;
}

/** The sign-in's cookie, whatever became of its name's prefix. */
function loginCookieIn(answer: ProbeAnswer): SetCookie | null {
  return setCookiesOf(answer).find(({ name }) => /bff-login/i.test(name)) ?? null;
}

interface Attribute {
  readonly name: string;
  readonly expected: string | null;
}

function attributesFor(origin: string): readonly Attribute[] {
  return [
    ...(origin.startsWith("https:") ? [{ name: "Secure", expected: "" }] : []),
    { name: "HttpOnly", expected: "" },
    { name: "SameSite", expected: "Lax" },
    { name: "Path", expected: "/" },
    { name: "Domain", expected: null },
  ];
}

function cookieFaults({ name, attributes }: SetCookie, { origin }: Deployment): readonly string[] {
  const prefix = cookieNames(origin).loginPrefix;
  const ofName = name.startsWith(prefix) ? [] : [`it is called ${quoted(name)}, not ${prefix}…`];
  const ofAttributes = attributesFor(origin).flatMap(({ name, expected }) => {
    const value = attributes.get(name.toLowerCase());
    if (expected === null) return value === undefined ? [] : [`${name}=${quoted(value)} was added`];
    if (value === undefined) return [`${name} is missing`];
    return value.toLowerCase() === expected.toLowerCase() ? [] : [`${name} is ${quoted(value)}, not ${expected}`];
  });
  return [...ofName, ...ofAttributes];
}

export const SIGN_IN_CHECKS: readonly ProbeCheck[] = [
  {
    id: "probe-login-not-redirected",
    severity: "error",
    finds: "the redirect of /login does not reach the browser",
    meaning: "Nobody can sign in: Cognito's form has to be opened by the browser itself, with the cookie that this answer sets.",
    fix: "Whoever follows redirects for the browser, or replaces them, must hand them on: nginx without `proxy_intercept_errors` and `error_page 301 302`, no Lambda@Edge that fetches the location.",
    judge({ login }, { authPrefix }) {
      if (isOff(login) || redirectIn(login) !== null) return null;
      return `GET ${authPrefix}${AUTH_PATHS.login}: ${described(login)} in place of the proxy's 302 with a Location`;
    },
  },
  {
    id: "probe-login-off",
    severity: "note",
    finds: "sign-in by redirect is not set up",
    meaning: "People cannot sign in through managed login here.",
    fix: "Set COGNITO_DOMAIN, where it is wanted.",
    judge: ({ login }, { authPrefix }) => (isOff(login) ? `GET ${authPrefix}${AUTH_PATHS.login}: 404 not_found` : null),
  },
  {
    id: "probe-login-location-changed",
    severity: "error",
    finds: "the Location of /login is not the one the proxy wrote",
    meaning: "Cognito refuses the sign-in, or people land somewhere else.",
    fix: "nginx: `proxy_redirect off`, or a rule for the app's own addresses alone. CloudFront and load balancers do not change it; an edge function does.",
    judge({ login }, { origin }) {
      const redirect = redirectIn(login);
      if (redirect === null) return null;
      const url = urlIn(login);
      if (url === null) return `it is no absolute URL: ${quoted(redirect.location)}`;
      const missing = ["client_id", "redirect_uri", "response_type", "state", "code_challenge"].filter(
        (name) => !url.searchParams.has(name),
      );
      if (missing.length > 0) return `it leads to ${quoted(url.origin + url.pathname)} without ${missing.join(", ")}`;
      if (origin.startsWith("https:") && url.protocol !== "https:") return `it leads to ${quoted(url.origin)}, without TLS`;
      return url.origin === origin ? `it leads to the app itself: ${quoted(url.origin + url.pathname)}` : null;
    },
  },
  {
    id: "probe-redirect-uri",
    severity: "error",
    finds: "Cognito is told to send people back to another address than the one that was probed",
    meaning: "The cookie of the sign-in is at this address and the callback at another: every sign-in fails with state_missing.",
    fix: "Set PUBLIC_URL to the origin that the browser shows, and have that callback among the app client's CallbackURLs.",
    judge({ login }, { origin, authPrefix }) {
      const url = urlIn(login);
      const back = url === null ? null : url.searchParams.get("redirect_uri");
      const wanted = `${origin}${authPrefix}${AUTH_PATHS.callback}`;
      return back === null || back === wanted ? null : `redirect_uri is ${quoted(back)}, not ${wanted}`;
    },
  },
  {
    id: "probe-login-cookie-lost",
    severity: "error",
    finds: "the cookie of the sign-in is dropped on its way to the browser",
    meaning: "Every sign-in fails with state_missing once Cognito has sent the person back.",
    fix: "CloudFront: forward cookies in this behaviour, or it takes Set-Cookie away; CachingDisabled and AllViewer. nginx: no `proxy_hide_header Set-Cookie`, no `proxy_ignore_headers` with a cache.",
    judge({ login }) {
      const redirect = redirectIn(login);
      return redirect !== null && loginCookieIn(redirect) === null ? "a 302 of /login without the sign-in's Set-Cookie" : null;
    },
  },
  {
    id: "probe-login-cookie-changed",
    severity: "error",
    finds: "the cookie of the sign-in has other attributes than the proxy gave it",
    meaning:
      "A browser refuses a `__Host-` cookie that is not Secure, has a Domain or another Path (RFC 6265bis 4.1.3), and others of the site may read or set what it takes. The session's cookie fares alike.",
    fix: "nginx: no `proxy_cookie_path`, `proxy_cookie_domain`, `proxy_cookie_flags` for this location. An ALB or gateway that rewrites cookies must leave those beginning with __Host- alone.",
    judge({ login }, deployment) {
      const redirect = redirectIn(login);
      const cookie = redirect === null ? null : loginCookieIn(redirect);
      const faults = cookie === null ? [] : cookieFaults(cookie, deployment);
      return faults.length === 0 ? null : faults.join("; ");
    },
  },
  {
    id: "probe-login-cached",
    severity: "error",
    finds: "two sign-ins get one state",
    meaning: "A cache hands one person's sign-in to others: they fail, or end in each other's session.",
    fix: "CloudFront: CachingDisabled for /auth/*. nginx: no `proxy_cache` there. At once, and change the session keys afterwards.",
    judge({ login, loginAgain }) {
      const states = [login, loginAgain].map((each) => urlIn(each)?.searchParams.get("state") ?? null);
      return states[0] !== null && states[0] === states[1] ? "the state of two requests is the same" : null;
    },
  },
];
