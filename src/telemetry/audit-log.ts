import { createHmac, hkdfSync } from "node:crypto";
import type { Clock } from "../model/clock.js";
import type { Log } from "../model/log.js";
import type { Secret } from "../model/secret.js";
import { sessionPseudonym } from "../model/session.js";
import type { Alert, SessionOf, Tell } from "./events.js";
import { writeProblemLine } from "./problem-lines.js";
import { createRepeats } from "./repeats.js";
import { suspectOf } from "./suspects.js";

const HASH_CHARACTERS = 16;

const ALERTS: Readonly<Record<Alert, string>> = {
  refreshes_doubtful: "20 refreshes in 5 minutes got a doubtful answer and none succeeded: sessions are kept; check the app client",
  misconfigured: "a setting is wrong: sessions are kept, and nobody can be served with them until it is mended",
  session_too_large: "a session does not fit into cookies: take claims out of the token, or raise COOKIE_HEADER_BUDGET",
};

const LOST =
  "a session was lost: Cognito rotated its refresh token and nobody came back with the answer; a RetryGracePeriodSeconds of 10 or more prevents that";

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
 * (https://cheatsheetseries.owasp.org/cheatsheets/Logging_Vocabulary_Cheat_Sheet.html). One line for every ended session; what befalls many sessions at
 * once (an alert of one kind, our own limit) is one line a minute, with a count.
 */
export function createAuditLog(log: Log, userPseudonym: (subject: string) => string, clock: Clock): Tell {
  const of = ({ id, subject }: SessionOf) => ({ session: sessionPseudonym(id), user: userPseudonym(subject) });
  const repeats = createRepeats(clock);
  return (event) => {
    switch (event.kind) {
      case "session_started":
        log.info({ event: "session_created", ...of(event.session), cookie_bytes: event.cookieBytes }, "session started");
        break;
      case "signed_in":
        log.info({ request_id: event.requestId, event: "authn_login_success" }, "signed in");
        break;
      case "session_renewed":
        log.info({ event: "session_renewed", ...of(event.session) }, "session refreshed");
        break;
      case "session_ended": {
        const { id, ending, known, replaced, lost = false } = event;
        const session = sessionPseudonym(id);
        const user = known && userPseudonym(known.subject);
        // RFC 9700 4.14.2: somebody else may hold the token.
        if (lost) log.warn({ event: "session_lost", session, user }, LOST);
        else if (ending.cause === "refresh_token_reused")
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
      case "signed_out_everywhere":
        log.info(
          { event: "authn_token_revoked", everywhere: true, ...(event.session ? of(event.session) : {}) },
          "all sessions of the person ended at Cognito",
        );
        break;
      case "rotation_found":
        log.warn(
          {},
          "the app client rotates refresh tokens: with sessions in cookies run one process, or several end each other's sessions",
        );
        break;
      case "problem_answered":
        writeProblemLine(event);
        break;
      case "refresh_turn_missed":
        repeats.happened(event.kind, (count) =>
          log.warn(
            { count },
            "refreshes wait too long for their turn under REFRESH_RATE_LIMIT: raise it as far as your share of Cognito's quota reaches",
          ),
        );
        break;
      case "alert": {
        const { alert, details } = event;
        // A wrong secret must not hide that a trigger is wrong as well.
        const named = alert === "misconfigured" ? { setting: suspectOf(details), ...details } : details;
        repeats.happened(`${alert} ${kindOf(details)}`, (count) => log.error({ alert, ...named, count }, ALERTS[alert]));
      }
    }
  };
}

/** What tells alerts of one name apart: each of these comes from a vocabulary, sizes and largest claims do not. */
const TELLING = ["at", "operation", "problem", "cause", "why", "user_pool_id", "client_id"] as const;

function kindOf(details: object): string {
  const fields: { readonly [name: string]: unknown } = { ...details };
  return TELLING.map((name) => fields[name] ?? "").join(" ");
}
