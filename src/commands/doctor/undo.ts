import type { Backup } from "../../doctor/fix/backup.js";
import { readBackup } from "../../doctor/fix/backup-file.js";
import type { ExitCode } from "../../doctor/fix/carry-out.js";
import type { Field } from "../../doctor/fix/fields.js";
import { namedFields, undo } from "../../doctor/fix/undo.js";
import { readProxyFacts } from "../../doctor/proxy-facts.js";
import { UsageError, withOptions } from "./doctor.js";
import { carryOutParts, type ModeSurroundings, runMode, type WriteOptions, withSeenClient } from "./mode.js";

export interface UndoOptions extends WriteOptions {
  readonly field?: readonly string[];
}

function readFields(names: readonly string[]): readonly Field[] {
  const named = namedFields(names);
  if (named.kind === "fault") throw new UsageError(named.why);
  return named.fields;
}

/** The backup says which client it is of. Where environment or options name another one, somebody has mixed up two deployments. */
function requireSameClient({ poolId, clientId }: Backup, { env }: ModeSurroundings, options: UndoOptions): void {
  const given = readProxyFacts(withOptions(env, options));
  const others = [
    ["user pool", poolId, given.poolId],
    ["app client", clientId, given.clientId],
  ].flatMap(([what, its, named]) => (named === null || named === its ? [] : [`of the ${what} ${its}, and ${named} is asked for`]));
  if (others.length > 0) throw new UsageError(`the backup is ${others.join("; ")}`);
}

/** `cognito-bff doctor undo BACKUP`: takes back what a fix wrote, or brings back single fields. Resolves with the exit code. */
export function doctorUndo(file: string, options: UndoOptions, surroundings: ModeSurroundings): Promise<ExitCode> {
  return runMode("undo", surroundings, options, async () => {
    const named = readFields(options.field ?? []);
    const backup = await readBackup(file);
    requireSameClient(backup, surroundings, options);
    const ofBackup = { ...options, userPoolId: backup.poolId, clientId: backup.clientId };
    return withSeenClient(surroundings, ofBackup, async (client) => {
      const { seen, address } = client;
      const parts = await carryOutParts(surroundings, client, options);
      return undo({ backup, backupFile: file, named, seen, address }, parts);
    });
  });
}
