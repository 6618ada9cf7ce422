import { createHash } from "node:crypto";

/** The style sheet of every page of managed login. System fonts and colours only: nothing is loaded from anywhere. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f3f4f8; --glow: #dfe4fb; --card: #ffffff; --text: #191c27; --muted: #5b6275; --line: #858ca0; --edge: #e0e3ec;
  --accent: #3c4fd8; --accent-strong: #2e3eb4; --on-accent: #ffffff; --error: #a8201d; --error-page: #fdeeed; --error-edge: #efb9b6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1118; --glow: #1c2342; --card: #191c26; --text: #eceef6; --muted: #a3a9bc; --line: #6d7489; --edge: #2b3040;
    --accent: #93a1ff; --accent-strong: #b0baff; --on-accent: #10132a; --error: #ffb4ae; --error-page: #35191a; --error-edge: #6d3331;
  }
}
* { box-sizing: border-box; }
html { background: var(--page); font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; line-height: 1.5; }
body {
  margin: 0; min-height: 100vh; min-height: 100dvh; padding: 1.5rem 1rem; display: flex; flex-direction: column; align-items: center;
  justify-content: center; gap: 1.5rem; color: var(--text);
  background: radial-gradient(60rem 32rem at 50% -8rem, var(--glow), transparent) no-repeat var(--page);
}
main {
  width: 100%; max-width: 25.5rem; padding: 2.25rem; border: 1px solid var(--edge); border-radius: 1rem; background: var(--card);
  box-shadow: 0 1px 2px rgb(16 20 40 / 6%), 0 18px 48px -12px rgb(16 20 40 / 18%);
}
.mark { display: block; width: 2.75rem; height: 2.75rem; margin-bottom: 1.25rem; color: var(--accent); }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; letter-spacing: -0.015em; text-wrap: balance; }
.lead { margin: 0.375rem 0 0; color: var(--muted); overflow-wrap: anywhere; }
.lead strong { color: var(--text); font-weight: 600; }
form + .lead { margin-top: 1.25rem; font-size: 0.9375rem; }
form + .lead code { user-select: all; color: var(--text); }
form { margin-top: 1.5rem; display: grid; gap: 1.125rem; }
label { display: block; margin-bottom: 0.375rem; font-size: 0.9375rem; font-weight: 600; }
input {
  width: 100%; min-height: 2.875rem; padding: 0.5rem 0.75rem; border: 1px solid var(--line); border-radius: 0.5rem; color: inherit;
  background: transparent; font: inherit; font-size: 1rem;
}
input[aria-invalid="true"] { border-color: var(--error); }
button {
  width: 100%; min-height: 2.875rem; margin-top: 0.375rem; border: 0; border-radius: 0.5rem; color: var(--on-accent);
  background: var(--accent); font: inherit; font-weight: 600; cursor: pointer;
}
button:hover { background: var(--accent-strong); }
input:focus-visible, button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.error {
  margin: 1.25rem 0 0; padding: 0.75rem 0.875rem; border: 1px solid var(--error-edge); border-radius: 0.5rem; color: var(--error);
  background: var(--error-page); font-size: 0.9375rem;
}
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 0.9375em; overflow-wrap: anywhere; }
footer { color: var(--muted); font-size: 0.8125rem; text-align: center; }
@media (max-width: 30rem) {
  body { justify-content: flex-start; }
  main { padding: 1.5rem; }
}
`;

/** The CSP source that allows exactly this style sheet inline. */
export const STYLE_SOURCE = `'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`;
