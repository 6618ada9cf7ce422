import type { LivePool } from "./live-pool.js";
import { NAME_PREFIX, startedAtMs } from "./run-name.js";
import type { Undo } from "./undo.js";

/** Something that a rehearsal left behind, and since when. */
export interface Leftover extends Undo {
  readonly startedAtMs: number;
}

/** Everything in the user pool that bears a rehearsal's name: it may be of one that runs. */
export async function findLeftovers(pool: LivePool): Promise<readonly Leftover[]> {
  const found: Leftover[] = [];
  for (const { clientId, name } of await pool.listClients()) {
    const sinceMs = startedAtMs(name);
    if (sinceMs !== null) found.push({ what: `app client ${name}`, startedAtMs: sinceMs, run: () => pool.deleteClient(clientId) });
  }
  const users = new Set([...(await pool.listUsers("email", NAME_PREFIX)), ...(await pool.listUsers("username", NAME_PREFIX))]);
  for (const name of users) {
    const sinceMs = startedAtMs(name);
    if (sinceMs !== null) found.push({ what: `user ${name.replace(/@.*/, "")}`, startedAtMs: sinceMs, run: () => pool.deleteUser(name) });
  }
  return found;
}
