import t from "tap";
import type { SessionState } from "../../src/client/index.js";
import { type Surroundings, type View, viewOf } from "../../src/element/view.js";

const USER = { sub: "1", username: "ada", email: null, groups: [], claims: {} };
const SESSION = { user: USER, server_time: "", started_at: "", token_expires_at: "", idle_ends_at: null, session_ends_at: null };

const ACTIVE: SessionState = { status: "active", session: SESSION };
const ENDED = { status: "expired", reason: "expired", loginUrl: "/auth/login", user: USER } as const;
const EXPIRED: SessionState = { ...ENDED, cause: "refresh_token_expired" };
const SIGNED_OUT: SessionState = { status: "signed_out", cause: "logout", loginUrl: "/auth/login" };
const ANONYMOUS: SessionState = { status: "anonymous", loginUrl: "/auth/login" };
const IDLE: SessionState = { status: "expiring", session: SESSION, limit: "idle", endsAtMs: 1_000 };
const LIMIT: SessionState = { status: "expiring", session: SESSION, limit: "session", endsAtMs: 1_000 };

const PLAIN: Surroundings = {
  step: "offer",
  wasSignedIn: true,
  areCallsWaiting: false,
  isPutAway: false,
  isOthers: false,
  keepsPage: false,
};

/** What is seen in a state, in short. */
function seen(state: SessionState, around: Partial<Surroundings> = {}): string {
  const view: View | null = viewOf(state, { ...PLAIN, ...around });
  if (view === null) return "nothing";
  return `${view.kind}: ${view.says[0]}; ${view.acts.join(", ")}; ${view.note ?? "-"}; ${view.escape ?? "-"}`;
}

const TABLE: readonly (readonly [promise: string, state: SessionState, around: Partial<Surroundings>, seen: string])[] = [
  ["signed in, there is nothing to say", ACTIVE, {}, "nothing"],
  ["what is not known yet is nobody's business", { status: "unknown" }, {}, "nothing"],
  ["an outage is no verdict", { status: "unreachable" }, {}, "nothing"],
  [
    "a session that ended says why, and that the page is as it was",
    EXPIRED,
    {},
    "dialog: refresh_token_expired; signIn, cancel; kept; cancel",
  ],
  ["put away, it stays away", EXPIRED, { isPutAway: true }, "nothing"],
  [
    "but a call that waits brings it back",
    EXPIRED,
    { isPutAway: true, areCallsWaiting: true },
    "dialog: refresh_token_expired; signIn, cancel; kept; cancel",
  ],
  ["a page that nobody was signed in on says nothing by itself", EXPIRED, { wasSignedIn: false }, "nothing"],
  [
    "unless a call waits; what was typed is not promised where nobody has typed",
    EXPIRED,
    { wasSignedIn: false, areCallsWaiting: true },
    "dialog: refresh_token_expired; signIn, cancel; -; cancel",
  ],
  ["nor to a stranger", ANONYMOUS, { wasSignedIn: false }, "nothing"],
  ["a page whose cookie is gone says so", ANONYMOUS, {}, "dialog: unknown; signIn, cancel; kept; cancel"],
  [
    "a disabled account is not led to the sign-in first",
    { ...ENDED, cause: "user_disabled" },
    {},
    "dialog: user_disabled; cancel, signIn; kept; cancel",
  ],
  ["nor a deleted one", { ...ENDED, cause: "user_deleted" }, {}, "dialog: user_deleted; cancel, signIn; kept; cancel"],
  ["signed out, the page is out of sight, and nothing puts that away", SIGNED_OUT, { isPutAway: true }, "cover: logout; signIn; -; -"],
  [
    "unless the app sees to that itself; what was typed is not promised then",
    SIGNED_OUT,
    { keepsPage: true },
    "dialog: logout; signIn, cancel; -; cancel",
  ],
  ["another person is not shown the page", ACTIVE, { isOthers: true }, "cover: other; reload; -; -"],
  ["unless the app sees to that itself", ACTIVE, { isOthers: true, keepsPage: true }, "nothing"],
  [
    "a sign-in that was begun can be begun anew, here or cancelled",
    EXPIRED,
    { step: "waiting" },
    "dialog: waiting; tryAgain, useThisWindow, cancel; reloads; cancel",
  ],
  ["a blocked window is told of", EXPIRED, { step: "blocked" }, "dialog: blocked; tryAgain, useThisWindow, cancel; reloads; cancel"],
  ["a cover stays one meanwhile", SIGNED_OUT, { step: "waiting" }, "cover: waiting; tryAgain, useThisWindow, cancel; reloads; cancel"],
  ["an idle limit can be moved, by Escape too", IDLE, {}, "dialog: idle; stay, signOut; -; stay"],
  ["the session's own end cannot, and is told of beside the page", LIMIT, {}, "notice: limit; signIn, later; -; later"],
  ["and put away", LIMIT, { isPutAway: true }, "nothing"],
  [
    "a sign-in ahead of it stays beside the page",
    LIMIT,
    { step: "waiting" },
    "notice: waiting; tryAgain, useThisWindow, cancel; reloads; cancel",
  ],
];

t.test("what a person sees of a session", async (t) => {
  for (const [promise, state, around, expected] of TABLE) t.equal(seen(state, around), expected, promise);
  t.same(
    viewOf(EXPIRED, PLAIN)?.says,
    ["refresh_token_expired", "expired", "expired"],
    "by its cause, else its reason, else that it ended",
  );
  t.same(viewOf(SIGNED_OUT, PLAIN)?.says, ["logout", "signed_out", "expired"]);
  t.equal(viewOf(IDLE, PLAIN)?.endsAtMs, 1_000, "limits are counted down to");
  t.equal(viewOf(LIMIT, PLAIN)?.endsAtMs, 1_000);
});
