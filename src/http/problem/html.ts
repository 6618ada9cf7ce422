import { createHash } from "node:crypto";

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

// The same greys and one accent as the demo's shop, so that nothing looks out of place there, and nothing that would clash with an app's own.
const STYLE = `
:root{color-scheme:light dark;--ground:#f3f4f8;--card:#fff;--ink:#17192c;--soft:#565b76;--line:#dcdfea;--accent:#3a3fd4;--accent-strong:#2a2eb0;--on-accent:#fff}
@media (prefers-color-scheme:dark){:root{--ground:#0d0e18;--card:#161829;--ink:#eef0fb;--soft:#a7adca;--line:#2b2f4a;--accent:#aab0ff;--accent-strong:#c5c9ff;--on-accent:#12132b}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;min-height:100dvh;display:grid;place-items:center;padding:1.25rem;background:var(--ground);color:var(--ink);font:1rem/1.6 "Avenir Next","Segoe UI Variable Text","Segoe UI",system-ui,-apple-system,Roboto,sans-serif}
main{width:100%;max-width:33rem;background:linear-gradient(var(--accent) 4px,var(--card) 4px);border:1px solid var(--line);border-radius:14px;padding:clamp(1.5rem,6vw,2.5rem);box-shadow:0 18px 48px -16px #0506142e}
h1{font-size:1.6rem;line-height:1.2;letter-spacing:-.015em;margin:0 0 .6rem;text-wrap:balance}
h2{font-size:1rem;margin:0}
p{margin:.5rem 0;text-wrap:pretty}
.soft{color:var(--soft)}
.actions{display:flex;flex-wrap:wrap;align-items:center;gap:.75rem 1.25rem;margin:1.75rem 0 0}
.behind{margin:2rem 0 0;border-top:1px solid var(--line);font-size:.9375rem;color:var(--soft)}
.behind h2{margin:1.25rem 0 .25rem;color:var(--ink)}
.behind ul{margin:.25rem 0 0;padding:0;list-style:none}
.behind li{margin:.5rem 0}
code{overflow-wrap:anywhere}
a{color:var(--accent)}
a.button{display:inline-block;padding:.7rem 1.5rem;border-radius:999px;background:var(--accent);color:var(--on-accent);text-decoration:none;font-weight:600;line-height:1.4}
a.button:hover{background:var(--accent-strong)}
a.plain{display:inline-block;padding:.7rem 0}
a:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:4px}
a.button:focus-visible{border-radius:999px}
code,dd{font-family:ui-monospace,"SF Mono","Cascadia Code",Menlo,Consolas,monospace;font-size:.95em}
dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.2rem 1.25rem;margin:2rem 0 0;padding-top:1.1rem;border-top:1px solid var(--line);font-size:.8125rem;color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere;user-select:all}
@media (max-width:30rem){.actions .button{flex:1 1 auto;text-align:center}}
`;

function hashSource(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

const STYLE_SOURCE = hashSource(STYLE);

/** Headers of every page of ours: nothing may be loaded, framed or run but what the page itself carries. */
export function pageHeaders(script?: string): Record<string, string> {
  const scripts = script === undefined ? "" : ` script-src ${hashSource(script)};`;
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": `default-src 'none'; style-src ${STYLE_SOURCE};${scripts} base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
  };
}

export interface Page {
  readonly title: string;
  /** HTML, already escaped. */
  readonly body: string;
  /** HTML for the head, already escaped. */
  readonly head?: string;
  /** Runs at the end of the page; its hash goes into `pageHeaders(script)`. */
  readonly script?: string;
}

export function renderPage({ title, body, head = "", script }: Page): string {
  const scripts = script === undefined ? "" : `<script>${script}</script>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(title)}</title>${head}<style>${STYLE}</style></head>
<body><main>${body}</main>${scripts}</body></html>
`;
}
