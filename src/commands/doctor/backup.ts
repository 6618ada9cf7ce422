import { writeBackup } from "../../doctor/fix/backup-file.js";
import type { ExitCode } from "../../doctor/fix/carry-out.js";
import { UsageError } from "./doctor.js";
import { type ModeOptions, type ModeSurroundings, runMode, withSeenClient } from "./mode.js";

/** `cognito-bff doctor backup FILE`: what the app client is now, without its secret. Resolves with the exit code. */
export function doctorBackup(file: string, options: ModeOptions, surroundings: ModeSurroundings): Promise<ExitCode> {
  return runMode("backup", surroundings, options, () =>
    withSeenClient(surroundings, options, async ({ seen, poolId, clientId }) => {
      const { unknownFields, settings } = seen;
      if (unknownFields.length > 0) {
        throw new UsageError(`no backup was written: it would lack what this release does not know: ${unknownFields.join(", ")}`);
      }
      const takenAt = new Date(surroundings.clock.now());
      await writeBackup(file, { takenAt, poolId, clientId, settings, wrote: null });
      surroundings.console.say(`Backup: ${file}`);
      return 0;
    }),
  );
}
