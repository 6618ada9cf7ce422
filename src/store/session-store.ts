import type { Session, SessionId } from "../model/session.js";
import type { InvalidCause, SessionEnding } from "../wire/reasons.js";
import type { PresentedCookies } from "./cookies.js";

/** What a request's cookies say, before any limit or refresh is looked at. */
export type Reading =
  /** Nobody is signed in. */
  | { readonly kind: "none" }
  /** The newest session the store knows under the ticket that came. */
  | { readonly kind: "session"; readonly session: Session; readonly presented: Session; readonly sealedWith: "newest" | "older" }
  /** A session that has ended. */
  | {
      readonly kind: "ended";
      readonly id: SessionId;
      readonly ending: SessionEnding;
      readonly known: "here" | "marker";
      readonly superseded: boolean;
      /** When its person had signed in, in seconds of Cognito's clock; null where nobody knows. */
      readonly authTimeSeconds: number | null;
    }
  /** A ticket that cannot be opened: perhaps the server is wrong (a rolling deploy), so it is kept. */
  | { readonly kind: "invalid"; readonly cause: InvalidCause }
  /** Sealed for another user pool or app client: the server's mistake, not the user's end. */
  | { readonly kind: "foreign"; readonly userPoolId: string; readonly clientId: string };

/**
 * Where sessions live. All methods may be called at any time and in any order; an ended session never comes back, as far as the contract's
 * section 4 promises for each store.
 */
export interface SessionStore {
  /** Never throws for what a browser sends. */
  read(presented: PresentedCookies): Reading;
  /** The newest version the store knows of a session it has seen; null where it knows none or the session has ended. */
  newest(id: SessionId): Session | null;
  /** Keeps a version that no request has brought yet. False, and nothing kept, when the session has ended meanwhile. */
  save(session: Session): boolean;
  /**
   * Ends a session for good; its id where no more is known of it. `superseded`: a newer sign-in in that browser took its place, so nobody may
   * touch the browser's cookies.
   */
  end(ended: Session | SessionId, ending: SessionEnding, superseded?: "superseded"): void;
  /** Cognito has confirmed that the refresh token of an ended session is dead: what is left of a copied cookie is the life of its tokens. */
  revoked(id: SessionId): void;
  /** How a session ended; null while it has not. */
  endingOf(id: SessionId): { readonly ending: SessionEnding; readonly superseded: boolean } | null;
  /** The ticket that goes to the browser. */
  seal(session: Session): string;
  /** The marker that tells other tabs why the session ended, and the next sign-in what it has to be newer than. */
  sealEnding(id: SessionId, ending: SessionEnding, authTimeSeconds?: number | null): string;
}
