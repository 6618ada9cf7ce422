import { text } from "./basic-kinds.js";

const ONE_LINE = /^[\x20-\x7e]{1,8192}$/;
// A policy begins with a directive's name: with the header's own name before it, browsers would ignore it without a word.
const BEGINNING = /^(?:report-only:)? *[A-Za-z-]+(?:[ ;]|$)/;

/** A policy for the header Content-Security-Policy, or for its Report-Only form. */
export const contentSecurityPolicy = text(
  "a Content-Security-Policy on one line of printable ASCII, perhaps with `report-only:` before it",
  (raw) => ONE_LINE.test(raw) && BEGINNING.test(raw),
);
