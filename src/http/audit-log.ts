import { createHmac, hkdfSync } from "node:crypto";
import type { Alert, SessionOf, Tell } from "../model/events.js";
import type { Log } from "../model/log.js";
import type { Secret } from "../model/secret.js";
import { sessionPseudonym } from "../model/session.js";

const HASH_CHARACTERS = 16;

/** Our own limit refuses hundreds of calls in one morning: one line a minute says so. */
const SAY_AGAIN_MS = 60_000;

const ALERTS: Readonly<Record<Alert, string>> = {
  refreshes_doubtful: "20 refreshes in 5 minutes got a doubtful answer and none succeeded: sessions are kept; check the app client",
  misconfigured: "a setting is wrong: sessions are kept, and nobody can be served with them until it is mended",
  session_too_large: "a session does not fit into cookies: take claims out of the token, or raise COOKIE_HEADER_BUDGET",
};

/**
 * What may be said of a person: the same for all sessions of one, and not to be found out by hashing known ids, since it is keyed. It changes
 * when the first session key does.
 */
export function createUserPseudonym([key]: readonly Secret<Buffer>[]): (subject: string) => string {
  if (!key) throw new RangeError("at least one session key is needed");
  const hashKey = Buffer.from(hkdfSync("sha256", key.reveal(), "", "cognito-bff 1 audit user", 32));
  return (subject) => createHmac("sha256", hashKey).update(subject).digest("hex").slice(0, HASH_CHARACTERS);
}

/**
 * Writes what happened to sessions as log lines whose `event` is of OWASP's vocabulary
 * (https://cheatsheetseries.owasp.org/cheatsheets/Logging_Vocabulary_Cheat_Sheet.html). One line for every ended session.
 */
export function createAuditLog(log: Log, userPseudonym: (subject: string) => string): Tell {
  const of = ({ id, subject }: SessionOf) => ({ session: sessionPseudonym(id), user: userPseudonym(subject) });
  let saidAtMs = Number.NEGATIVE_INFINITY;
  return (event) => {
    switch (event.kind) {
      case "session_started":
        log.info({ event: "session_created", ...of(event.session), cookie_bytes: event.cookieBytes }, "session started");
        break;
      case "session_renewed":
        log.info({ event: "session_renewed", ...of(event.session) }, "session refreshed");
        break;
      case "session_ended": {
        const { id, ending, known, replaced } = event;
        const session = sessionPseudonym(id);
        const user = known && userPseudonym(known.subject);
        // RFC 9700 4.14.2: somebody else may hold the token.
        if (ending.cause === "refresh_token_reused")
          log.warn({ event: "authn_token_reuse", session, user }, "a rotated refresh token was used again");
        const fields = { event: "session_expired", session, user, ...ending, age_seconds: known ? known.ageSeconds : null };
        log.info(replaced ? { ...fields, replaced } : fields, "session ended");
        break;
      }
      case "refreshed_late":
        log.info({ event: "session_renewed", late: true, ...of(event.session) }, "a refresh landed after its session had ended");
        break;
      case "token_revoked":
        log.info({ event: "authn_token_revoked", ...(event.session ? of(event.session) : {}) }, "refresh token revoked");
        break;
      case "rotation_found":
        log.warn(
          {},
          "the app client rotates refresh tokens: with sessions in cookies run one process, or several end each other's sessions",
        );
        break;
      case "refresh_turn_missed":
        if (performance.now() - saidAtMs < SAY_AGAIN_MS) break;
        saidAtMs = performance.now();
        log.warn(
          {},
          "refreshes wait too long for their turn under REFRESH_RATE_LIMIT: raise it as far as your share of Cognito's quota reaches",
        );
        break;
      case "alert":
        log.error({ alert: event.alert, ...event.details }, ALERTS[event.alert]);
    }
  };
}
