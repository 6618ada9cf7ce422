import type { IncomingHttpHeaders } from "node:http";

/** Whether a person is looking at what comes back: a page for a navigation, a document of data for everything else. */
export function isNavigation(method: string, headers: IncomingHttpHeaders): boolean {
  const mode = headers["sec-fetch-mode"];
  if (mode !== undefined) return mode === "navigate";
  // Browsers without Fetch Metadata (Safari before 16.4) ask for HTML by name only when they navigate.
  return (method === "GET" || method === "HEAD") && /\btext\/html\b/i.test(headers.accept ?? "");
}
