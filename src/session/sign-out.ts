import type { RefusalOf, RevokeAnswer } from "../cognito/answers.js";
import type { AskTurn } from "../cognito/api-call.js";
import type { CognitoTime } from "../cognito/cognito-time.js";
import type { TokenSource } from "../cognito/token-source.js";
import { newestRefreshToken, type Session } from "../model/session.js";
import type { KeptToken } from "../model/token-set.js";
import type { Sessions } from "../store/sessions.js";
import type { SessionEnding } from "../wire/reasons.js";
import type { RefreshCoordinator } from "./refresh/refresh-coordinator.js";
import type { ErrandResult, Revocation } from "./revocation.js";
import type { SessionLifecycle } from "./session-lifecycle.js";

export interface SignOutOptions {
  readonly sessions: Pick<Sessions, "endAllOf">;
  readonly lifecycle: Pick<SessionLifecycle, "end">;
  readonly coordinator: Pick<RefreshCoordinator, "refreshLast" | "takeUnsaved">;
  readonly source: Pick<TokenSource, "signOutEverywhere">;
  readonly revocation: Revocation;
  readonly turn: AskTurn;
  readonly time: CognitoTime;
}

/** Ends sessions on purpose, here and at Cognito. */
export interface SignOut {
  /** Ends the session here before it returns, whatever Cognito says, and revokes its tokens; resolves after the first attempt. */
  here(session: Session): Promise<ErrandResult>;
  /** The same for another session of the person, who asks for it in this one. */
  elsewhere(session: Session): Promise<ErrandResult>;
  /** The same for all sessions of the person: `done` where Cognito has ended them, `failed` where it will not. */
  everywhere(session: Session): Promise<ErrandResult>;
}

export function createSignOut({ sessions, lifecycle, coordinator, source, revocation, turn, time }: SignOutOptions): SignOut {
  async function endOne(session: Session, ending: SessionEnding): Promise<ErrandResult> {
    // A refresh may have landed since it was read.
    const newest = await lifecycle.end(session, ending);
    return revocation.revoke(newestRefreshToken(newest), newest);
  }

  return {
    here: (session) => endOne(session, { reason: "signed_out", cause: "logout" }),
    elsewhere: (session) => endOne(session, { reason: "signed_out", cause: "logout_elsewhere" }),

    async everywhere(session) {
      const ending: SessionEnding = { reason: "signed_out", cause: "logout_everywhere" };
      // Before it ends: GlobalSignOut needs an access token, which only the newest refresh token brings.
      const unsaved = coordinator.takeUnsaved(session.id);
      const newest = await lifecycle.end(session, ending);
      // Beside Cognito, which a store that is away must not hold up.
      const others = sessions.endAllOf(newest.subject, ending);
      let { access } = newest.tokens;
      let refreshToken = unsaved ?? newestRefreshToken(newest);
      let answerLost = false;

      /** GlobalSignOut takes a living access token, which the session may not keep: then a last refresh brings one. */
      async function livingAccess(): Promise<KeptToken | RefusalOf["session"]> {
        if (access && access.expiresAtMs > time.now()) return access;
        const last = await coordinator.refreshLast(newest, refreshToken);
        if (last.kind !== "issued") return last;
        refreshToken = last.refresh;
        if (!("kind" in last.access)) access = last.access;
        return last.access;
      }

      const result = await revocation.run({
        operation: "GlobalSignOut",
        session: newest,
        async attempt(): Promise<RevokeAnswer> {
          const living = await livingAccess();
          if ("kind" in living) return living;
          const answer = await source.signOutEverywhere(living.jwt, turn);
          // A token that is revoked now is what an earlier attempt came for whose answer was lost.
          if (answer.kind === "rejected" && answerLost) return { kind: "revoked" };
          answerLost ||= answer.kind === "unavailable" && answer.answerLost;
          return answer;
        },
        // Not before: RevokeToken ends the access tokens that were issued with the refresh token as well, and GlobalSignOut needs one.
        over: () => revocation.revoke(refreshToken, newest),
      });
      await others;
      return result;
    },
  };
}
