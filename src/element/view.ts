import type { SessionState } from "../client/index.js";
import type { Act, MessageName, NoteName } from "./words.js";

/** How far a sign-in has come. */
export type Step = "offer" | "waiting" | "blocked";

/** What is shown. Its words are looked up by their names. */
export interface View {
  /** The first that there are words for. */
  readonly says: readonly MessageName[];
  readonly note?: NoteName;
  /** The first is the one that is meant. */
  readonly acts: readonly Act[];
  /** What Escape does. Without it there is nothing to be put away. */
  readonly escape?: Act;
  /** `notice`: beside the page, which goes on. `dialog`: before it. `cover`: before it, and it is out of sight. */
  readonly kind: "notice" | "dialog" | "cover";
  /** A limit to count down to. */
  readonly endsAtMs?: number;
}

/** What a page knows beside its state. */
export interface Surroundings {
  readonly step: Step;
  /** Whether somebody was signed in on this page. */
  readonly wasSignedIn: boolean;
  /** Whether calls wait for the sign-in. */
  readonly areCallsWaiting: boolean;
  /** Whether the person has put away what this state shows. */
  readonly isPutAway: boolean;
  /** Whether the page is that of somebody else than who is signed in. */
  readonly isOthers: boolean;
  /** Whether the app itself takes away what is private. */
  readonly keepsPage: boolean;
}

type EndedState = Extract<SessionState, { readonly loginUrl: string }>;

/** What signing in again does not help against at once. */
const NO_WAY_BACK = /^user_d/;

/** A sign-in that has been begun. Nobody can tell whether its window is still open. */
const begun = (step: "waiting" | "blocked", kind: View["kind"]): View => ({
  says: [step],
  note: "reloads",
  acts: ["tryAgain", "useThisWindow", "cancel"],
  escape: "cancel",
  kind,
});

function ended(state: EndedState, kind: View["kind"], wasSignedIn: boolean): View {
  const cause = ("cause" in state && state.cause) || "unknown";
  const says = [cause, "reason" in state ? state.reason : state.status, "expired"] as const;
  if (kind === "cover") return { says, acts: ["signIn"], kind };
  const acts: Act[] = ["signIn", "cancel"];
  if (NO_WAY_BACK.test(cause)) acts.reverse();
  return { says, ...(state.status !== "signed_out" && wasSignedIn && { note: "kept" }), acts, escape: "cancel", kind };
}

/** Null where nothing is shown: a missing network, an outage and what is not known yet are nothing that a person has to answer. */
export function viewOf(state: SessionState, around: Surroundings): View | null {
  const { step, wasSignedIn, areCallsWaiting, isPutAway, isOthers, keepsPage } = around;
  if (isOthers && !keepsPage) return { says: ["other"], acts: ["reload"], kind: "cover" };
  if ("loginUrl" in state) {
    const kind = state.status === "signed_out" && !keepsPage ? "cover" : "dialog";
    const isNeeded = areCallsWaiting || (wasSignedIn && (kind === "cover" || !isPutAway));
    if (!isNeeded) return null;
    return step === "offer" ? ended(state, kind, wasSignedIn) : begun(step, kind);
  }
  if (state.status !== "expiring" || isPutAway) return null;
  const { endsAtMs } = state;
  // A key is a sign of life, Escape like any other.
  if (state.limit === "idle") return { says: ["idle"], acts: ["stay", "signOut"], escape: "stay", kind: "dialog", endsAtMs };
  if (step !== "offer") return begun(step, "notice");
  return { says: ["limit"], acts: ["signIn", "later"], escape: "later", kind: "notice", endsAtMs };
}
