import type { IssuedTokens, RefreshAnswer, RefusalOf } from "../../cognito/answers.js";
import type { TokenVerifier } from "../../cognito/token-verifier.js";
import type { Clock } from "../../model/clock.js";
import type { Secret } from "../../model/secret.js";
import type { Session, SessionId } from "../../model/session.js";
import { expiryOf, type KeptToken } from "../../model/token-set.js";
import { verifyIssued } from "./issued-tokens.js";
import type { LastRefresh } from "./refresh-outcome.js";

/**
 * The last refresh, of a session that has ended, for an access token to sign out everywhere with. A refresh under way is waited for and what it
 * brings is used: with rotation two uses of one refresh token are reuse. Several at once are one.
 *
 * @param session its newest version; `refreshToken` may be newer still.
 */
export type RefreshLast = (session: Session, refreshToken: Secret) => Promise<LastRefresh>;

/** A refresh under way, which may land after its session has ended. */
export interface Landing {
  readonly outcome: Promise<unknown>;
  /** A call waits for it now. */
  promote(): void;
  /** Whether what arrives after the end is still of use, for a last refresh; it is revoked otherwise. */
  awaited: boolean;
  late: IssuedTokens | null;
}

export interface LastRefreshOptions {
  readonly verifier: Pick<TokenVerifier, "verify">;
  readonly clock: Clock;
  /** The refresh of the session under way; undefined where none is. */
  readonly landing: (id: SessionId) => Landing | undefined;
  /** Asks Cognito, once. */
  readonly ask: (session: Session, refreshToken: Secret) => Promise<RefreshAnswer>;
}

export function createLastRefresh({ verifier, clock, landing, ask }: LastRefreshOptions): RefreshLast {
  const underWay = new Map<SessionId, Promise<LastRefresh>>();

  async function run(session: Session, refreshToken: Secret): Promise<LastRefresh> {
    const answer = (await landed(landing(session.id))) ?? (await ask(session, refreshToken));
    if (answer.kind !== "issued") return answer;
    return { kind: "issued", refresh: answer.refresh ?? refreshToken, access: await usable(session, answer) };
  }

  async function landed(under: Landing | undefined): Promise<IssuedTokens | null> {
    if (!under) return null;
    under.awaited = true;
    under.promote();
    await under.outcome.catch(() => null);
    return under.late;
  }

  /** Another person's access token would sign out another person. */
  async function usable(session: Session, { id, access }: IssuedTokens): Promise<KeptToken | RefusalOf["session"]> {
    const verdict = await verifyIssued(verifier, { id, access }, session.subject, clock.now());
    if (verdict.kind === "undecidable") return { kind: "unavailable", reason: "cognito_unavailable", answerLost: false };
    if (verdict.kind === "invalid" || !access || !verdict.accessClaims) return { kind: "misconfigured", problem: "settings" };
    return { jwt: access, expiresAtMs: expiryOf(verdict.accessClaims) };
  }

  return (session, refreshToken) => {
    const last = underWay.get(session.id) ?? run(session, refreshToken).finally(() => underWay.delete(session.id));
    underWay.set(session.id, last);
    return last;
  };
}
