import type { Denied, Doubtful, Misconfigured, RefusalOf, Rejected } from "../../cognito/answers.js";
import type { Secret } from "../../model/secret.js";
import type { Session } from "../../model/session.js";
import type { KeptToken } from "../../model/token-set.js";
import type { Sessions } from "../../store/sessions.js";
import type { UnavailableReason } from "../../wire/reasons.js";

/* What a session makes of Cognito's answers: what became of its refresh, and of its last one. */

/** Why a session could not be refreshed, although it has not ended. */
export type Hindrance =
  | {
      readonly kind: "unavailable";
      readonly reason: UnavailableReason | "store_unavailable";
      readonly retryAfterSeconds: number;
    }
  | Doubtful
  | Misconfigured
  | Denied;

/** What became of a refresh. Never a boolean: an outage is not a verdict. */
export type RefreshOutcome = { readonly kind: "refreshed"; readonly session: Session } | Rejected | Hindrance;

/** `access`: the access token, verified, or why the one that came cannot be used; the refresh token beside it is the newest either way. */
export type LastRefresh =
  | { readonly kind: "issued"; readonly refresh: Secret; readonly access: KeptToken | RefusalOf["session"] }
  | RefusalOf["session"];

/** What a session that has ended hears, whatever else went wrong; null while it lives. */
export function endedOutcome(sessions: Pick<Sessions, "endingOf">, { id }: Session): Rejected | null {
  const known = sessions.endingOf(id);
  return known && { kind: "rejected", ending: known.ending };
}

/** What is heard while the session store cannot be asked. */
export function storeAway(retryAfterSeconds: number): Hindrance {
  return { kind: "unavailable", reason: "store_unavailable", retryAfterSeconds };
}
