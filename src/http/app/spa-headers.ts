const REPORT_ONLY = /^report-only:\s*/;

/** The header that SPA_CSP asks for: enforced, or only reported on where it begins with `report-only:`. */
export function contentSecurityPolicy(csp: string | null): Readonly<Record<string, string>> {
  if (csp === null) return {};
  if (REPORT_ONLY.test(csp)) return { "content-security-policy-report-only": csp.replace(REPORT_ONLY, "") };
  return { "content-security-policy": csp };
}

/** What every file of the app is sent with. Only what no app can have a reason against: docs/decisions/007-serving-the-app.md. */
export function spaHeaders(csp: string | null): Readonly<Record<string, string>> {
  return {
    "x-content-type-options": "nosniff",
    // Nobody who opened us gets a hold of our window, and the popups we open ourselves keep theirs.
    "cross-origin-opener-policy": "same-origin-allow-popups",
    // The browsers' own default; sign-in reads the path of a same-origin Referer, which a stricter policy would take away.
    "referrer-policy": "strict-origin-when-cross-origin",
    ...contentSecurityPolicy(csp),
  };
}
