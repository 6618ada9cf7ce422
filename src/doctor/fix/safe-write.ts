import { rm } from "node:fs/promises";
import type { AppClient, ClientSettings } from "../app-client.js";
import type { CognitoAdmin, Unseen } from "../cognito-admin.js";
import { writeBackup } from "./backup-file.js";
import { completeSettings, differingFields, type Field } from "./fields.js";

/** What came of a write. Only `written` is what was wanted. */
export type Written =
  | { readonly kind: "written" }
  /** Nothing was written: somebody else has changed the client meanwhile. `fields` may be none: then only its date has moved. */
  | { readonly kind: "changed_meanwhile"; readonly fields: readonly string[] }
  /** Nothing was written: the client could not be read again. */
  | { readonly kind: "unseen"; readonly unseen: Unseen }
  /** Nothing was written: Cognito refused, or was not reached. */
  | { readonly kind: "refused"; readonly unseen: Unseen }
  /** It was sent, and nobody knows what became of it: it cannot be read. */
  | { readonly kind: "unknown"; readonly unseen: Unseen }
  /** It was written, and these fields are not what was sent. */
  | { readonly kind: "differs"; readonly fields: readonly string[] };

export interface WriteParts {
  readonly admin: Pick<CognitoAdmin, "describeClient" | "updateClient">;
  /** The client as it was when the change was shown. */
  readonly seen: AppClient;
  readonly wanted: ClientSettings;
  readonly backupPath: string;
  readonly takenAt: Date;
}

/** What is not as it was when the change was shown. */
function movedSince(seen: AppClient, again: AppClient): Written | null {
  const fields = [...differingFields(seen.settings, again.settings), ...again.unknownFields];
  const moved = seen.lastModified?.getTime() !== again.lastModified?.getTime();
  return fields.length > 0 || moved ? { kind: "changed_meanwhile", fields } : null;
}

/** What the client says after the write, whatever the write itself was answered. */
function judge(seen: AppClient, sent: ClientSettings, after: AppClient, failure: Unseen | null): Written {
  const wrong: readonly Field[] = differingFields(sent, after.settings);
  if (wrong.length === 0 && after.unknownFields.length === 0) return { kind: "written" };
  const untouched = differingFields(seen.settings, after.settings).length === 0;
  if (failure !== null && untouched) return { kind: "refused", unseen: failure };
  return { kind: "differs", fields: [...wrong, ...after.unknownFields] };
}

/**
 * Writes all of a client's settings with a change in them. Cognito knows no conditional update: so the client is read again right before,
 * and nothing is written when anything has moved since the change was shown; and read again after it, to see that only the change did.
 *
 * @throws BackupFault when there is no backup; then nothing was written
 */
export async function writeSafely({ admin, seen, wanted, backupPath, takenAt }: WriteParts): Promise<Written> {
  const sent = completeSettings(wanted);
  const { poolId, clientId, settings } = seen;
  await writeBackup(backupPath, { takenAt, poolId, clientId, settings, wrote: sent });
  const again = await admin.describeClient();
  const stop = again.kind === "seen" ? movedSince(seen, again.value) : { kind: "unseen" as const, unseen: again };
  if (stop !== null) {
    await rm(backupPath, { force: true });
    return stop;
  }
  const update = await admin.updateClient(sent);
  const failure = update.kind === "seen" ? null : update;
  const after = await admin.describeClient();
  if (after.kind !== "seen") return { kind: "unknown", unseen: failure ?? after };
  const written = judge(seen, sent, after.value, failure);
  if (written.kind === "refused") await rm(backupPath, { force: true });
  return written;
}
