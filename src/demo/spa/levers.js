/**
 * The levers on local Cognito, and what each would do now.
 *
 * @typedef {object} Facts
 * @property {number | null} minutesLeft of the ID token, not above zero once it is dead; null while nobody is signed in
 * @property {boolean} areFaults whether local Cognito has been told to fail
 *
 * @typedef {object} Controls
 * @property {(by: string) => Promise<unknown>} advance
 * @property {(kind: string) => Promise<unknown>} fault
 * @property {() => Promise<unknown>} clearFaults
 * @property {(path: string) => Promise<unknown>} own what only the demo's own server may do: Cognito's admin operations
 *
 * @typedef {object} Lever
 * @property {string} group
 * @property {string} label
 * @property {(facts: Facts) => string} hint
 * @property {string} [marker] in the log, where that is not the label
 * @property {(controls: Controls) => Promise<unknown>} [pull]
 * @property {number} [calls] how many follow (one)
 * @property {true} [isFeltLater] nobody feels it before the next refresh
 */

const AT_ONCE = 50;
/** A refresh is tried this long before the token's end (REFRESH_EARLY). */
const EARLY_MINUTES = 5;

const nobody = ({ minutesLeft }) => minutesLeft === null;
const isAlive = ({ minutesLeft }) => minutesLeft > 0;

/** When the next refresh comes, which is when Cognito is asked. */
function felt(facts) {
  if (nobody(facts)) return "felt when signing in";
  return isAlive(facts) ? `felt in ${Math.max(0, facts.minutesLeft - EARLY_MINUTES)} min` : "felt by the next call";
}

/** @type {readonly Lever[]} */
export const LEVERS = [
  {
    group: "Calls",
    label: "One call",
    hint: (facts) => (nobody(facts) ? "is told why not" : isAlive(facts) ? "GET /api/echo" : "after one refresh"),
    calls: 1,
  },
  {
    group: "Calls",
    label: `${AT_ONCE} at once`,
    hint: (facts) => (nobody(facts) ? "all are told why not" : "2 h later: one refresh"),
    marker: "2 hours pass",
    pull: ({ advance }) => advance("2h"),
    calls: AT_ONCE,
  },
  {
    group: "Time",
    label: "2 hours pass",
    hint: (facts) => (nobody(facts) ? "for nobody" : isAlive(facts) ? "the ID token dies" : "it is dead already"),
    pull: ({ advance }) => advance("2h"),
  },
  {
    group: "Time",
    label: "31 days pass",
    hint: (facts) => (nobody(facts) ? "for nobody" : "the refresh token too"),
    pull: ({ advance }) => advance("31d"),
  },
  { group: "Cognito", label: "Throttle Cognito", hint: felt, pull: ({ fault }) => fault("throttle"), isFeltLater: true },
  { group: "Cognito", label: "Cognito is down", hint: felt, pull: ({ fault }) => fault("html_503"), isFeltLater: true },
  {
    group: "Cognito",
    label: "Lift all faults",
    hint: ({ areFaults }) => (areFaults ? "Cognito is well again" : "there are none"),
    pull: ({ clearFaults }) => clearFaults(),
  },
  { group: "Account", label: "Disable user", hint: felt, pull: ({ own }) => own("/demo/disable-user"), isFeltLater: true },
  { group: "Account", label: "Enable user", hint: () => "may sign in again", pull: ({ own }) => own("/demo/enable-user") },
  {
    group: "Account",
    label: "Revoke all sessions",
    hint: (facts) => (nobody(facts) ? "of other browsers" : felt(facts)),
    pull: ({ own }) => own("/demo/revoke"),
    isFeltLater: true,
  },
];

export const TWO_HOURS = LEVERS.find(({ label }) => label === "2 hours pass");

/** What is said after a lever that shows nothing yet; empty where it does. */
export function nothingYet(lever, facts) {
  if (!lever.isFeltLater || !isAlive(facts)) return "";
  return `Nothing to see yet: the ID token is good for ${facts.minutesLeft} more minutes, and until shortly before its end nobody asks Cognito.`;
}
