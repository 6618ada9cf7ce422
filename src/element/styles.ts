/**
 * How it looks. Light or dark as the page's `color-scheme` says; `session-guard { color-scheme: dark }` says otherwise. To be set on the element or above it:
 *
 * - `--session-guard-accent`, `--session-guard-on-accent`: the button that is meant, and what stands on it
 * - `--session-guard-surface`, `--session-guard-text`: ground and type; `--session-guard-cover`: before a page that is to be out of sight, opaque
 * - `--session-guard-font`, `--session-guard-radius`
 *
 * Parts: `dialog`, `title`, `text`, `countdown`, `note`, `actions`, `button`, `primary`.
 */
// What was signed out shows its dialog a moment late: a page that has done so by itself is being left.
export const STYLES = `
:host { display: contents }
dialog {
  --accent: var(--session-guard-accent, light-dark(#3a3fd4, #aab0ff));
  box-sizing: border-box;
  width: min(29rem, 100vw - 2rem);
  max-height: calc(100dvh - 2rem);
  overflow: auto;
  padding: 2rem;
  border: 1px solid color-mix(in srgb, currentcolor 20%, #0000);
  border-radius: var(--session-guard-radius, 16px);
  background: var(--session-guard-surface, light-dark(#fff, #181a2c));
  color: var(--session-guard-text, light-dark(#17192c, #eef0fb));
  font: 1rem/1.55 var(--session-guard-font, system-ui);
  text-align: start;
  box-shadow: 0 24px 80px #05061459;
}
dialog::backdrop { background: var(--session-guard-backdrop, #0d0e1880) }
.cover::backdrop { background: var(--session-guard-cover, light-dark(#eef0f6, #0c0d17)) }
.notice {
  position: fixed;
  inset-block: auto 1rem;
  inset-inline: auto 1rem;
  z-index: 2147483647;
  margin: 0;
  width: min(24rem, 100vw - 2rem);
  padding: 1.25rem 1.5rem 1.5rem;
}
.notice.above { inset-block: 1rem auto }
dialog p:empty { display: none }
h2, p { margin: 0; unicode-bidi: plaintext }
h2 { font-size: 1.4rem; line-height: 1.2; outline: none }
.notice h2 { font-size: 1.1rem }
p { margin-block-start: .6rem; opacity: .8 }
[part=note] {
  padding: .65rem 1rem;
  border-radius: 9px;
  background: color-mix(in srgb, var(--accent) 12%, #0000);
  opacity: 1;
}
[part=countdown] { font-size: 1.75rem; font-weight: 600; opacity: 1 }
div { display: flex; flex-wrap: wrap; gap: .6rem; margin-block-start: 1.5rem }
button {
  padding: .65rem 1.25rem;
  border: 1px solid color-mix(in srgb, currentcolor 55%, #0000);
  border-radius: 99px;
  background: none;
  color: inherit;
  font: inherit;
  font-weight: 600;
}
[part~=primary] {
  border-color: var(--accent);
  background: var(--accent);
  color: var(--session-guard-on-accent, light-dark(#fff, #12132b));
}
button:hover { filter: brightness(.92) }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
[part=voice] { position: fixed; clip-path: inset(50%) }
@media (max-width: 34rem) {
  dialog { padding: 1.5rem }
  :modal { margin-block-end: 1rem }
  button { flex-grow: 1 }
}
@keyframes arrive { from { opacity: 0 } }
@media (prefers-reduced-motion: no-preference) {
  dialog { animation: arrive .2s }
}
.signed_out { animation: arrive 1s step-end }
`;
