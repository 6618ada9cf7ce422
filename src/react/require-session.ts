import { createElement, Fragment, type ReactElement, type ReactNode, useState } from "react";
import type { SessionState } from "../client/index.js";
import { useSession } from "./session-provider.js";

/** The properties of `RequireSession`. */
export interface RequireSessionProps {
  /** Shown while nobody is known to be signed in: before the first answer, to strangers, after a sign-out. */
  readonly fallback?: ReactNode;
  readonly children?: ReactNode;
}

/** Whose page is shown, null for nobody's. What is shown already stays through everything but a sign-out: its forms hold somebody's work. */
function ownerOf(state: SessionState, shown: string | null): string | null {
  if ("session" in state) return state.session.user.sub;
  return state.status === "anonymous" || state.status === "signed_out" ? null : shown;
}

/** Shows its children to whoever is signed in, and leaves them there when the session expires. Another person gets them anew. */
export function RequireSession({ fallback, children }: RequireSessionProps): ReactElement {
  const { state } = useSession();
  const [shown, show] = useState<string | null>(null);
  const owner = ownerOf(state, shown);
  // React's way to keep something of an earlier rendering; it renders once more before anything is seen.
  if (owner !== shown) show(owner);
  return owner === null ? createElement(Fragment, null, fallback) : createElement(Fragment, { key: owner }, children);
}
