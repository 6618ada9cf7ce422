import type { Cancel, Clock } from "../../../model/clock.js";
import type { Log } from "../../../model/log.js";
import type { Access, Asked } from "./client.js";
import { nameOf } from "./trouble.js";

/**
 * https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html: a connection is closed after twelve hours unless AUTH is sent again with a new
 * token. In half of it, so that there is time to try again.
 */
const RENEW_EVERY_MS = 6 * 60 * 60 * 1000;
const AGAIN_MS = 5 * 60 * 1000;

/** Logs in again on living connections, before the server closes them. */
export function renewLogins(
  clients: () => readonly Asked[],
  credentials: NonNullable<Access["credentials"]>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Cancel {
  let cancel: Cancel = () => {};

  async function renew(): Promise<void> {
    const { username = "default", password = "" } = await credentials();
    await Promise.all(clients().map((client) => client.sendCommand(["AUTH", username, password])));
  }

  function next(delayMs: number): void {
    cancel = clock.deadline(delayMs, () => {
      renew().then(
        () => next(RENEW_EVERY_MS),
        (error: unknown) => {
          // Its text may repeat the token.
          log.warn({ error: nameOf(error) }, "the session store did not take a new IAM token; it is tried again in five minutes");
          next(AGAIN_MS);
        },
      );
    });
  }

  next(RENEW_EVERY_MS);
  return () => cancel();
}
