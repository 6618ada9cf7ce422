import { carryOut, type ExitCode } from "../../doctor/fix/carry-out.js";
import { sayWrapped } from "../../doctor/fix/console.js";
import { differingFields } from "../../doctor/fix/fields.js";
import { applyFixes, FIXES, type Fix, type Fixed, findFix } from "../../doctor/fix/fixes.js";
import { parseValidity, withValidity } from "../../doctor/fix/refresh-validity.js";
import { UsageError } from "./doctor.js";
import { carryOutParts, type ModeSurroundings, runMode, type SeenClient, type WriteOptions, withSeenClient } from "./mode.js";

export interface FixOptions extends WriteOptions {
  readonly refreshValidity?: string;
}

type Validity = Extract<ReturnType<typeof parseValidity>, { kind: "validity" }>;

function readValidity(text: string | undefined): Validity | null {
  if (text === undefined) return null;
  const asked = parseValidity(text);
  if (asked.kind === "fault") throw new UsageError(`--refresh-validity: ${asked.why}`);
  return asked;
}

function readFixes(ids: readonly string[]): readonly Fix[] {
  return [...new Set(ids)].map((id) => {
    const found = findFix(id);
    if (found.kind === "none") throw new UsageError(found.why);
    return found.fix;
  });
}

/** All that was asked for at once, so that the client is written once; a part that cannot be done means that nothing is. */
function wantedSettings({ seen, given }: SeenClient, fixes: readonly Fix[], validity: Validity | null): Fixed {
  const { callbackUrl, signOutUrl } = given.proxy;
  const app = callbackUrl === null || signOutUrl === null ? null : { callbackUrl, signOutUrl };
  const fixed = applyFixes(seen.settings, fixes, { app, hasSecret: seen.hasSecret });
  return fixed.kind === "impossible" || validity === null ? fixed : withValidity(fixed.settings, validity);
}

/** `cognito-bff doctor fix`: mends findings by their ids, and sets the refresh token validity. Resolves with the exit code. */
export function doctorFix(ids: readonly string[], options: FixOptions, surroundings: ModeSurroundings): Promise<ExitCode> {
  return runMode("fix", surroundings, options, () => {
    const validity = readValidity(options.refreshValidity);
    const fixes = readFixes(ids);
    if (validity === null && fixes.length === 0) {
      throw new UsageError(`what shall be fixed? Give --refresh-validity 30d, or ids of findings: ${FIXES.map(({ id }) => id).join(", ")}`);
    }
    return withSeenClient(surroundings, options, async (client) => {
      const { seen, address } = client;
      const fixed = wantedSettings(client, fixes, validity);
      if (fixed.kind === "impossible") {
        sayWrapped(surroundings.console, `Nothing was written. ${fixed.why}.`);
        return 1;
      }
      const wanted = fixed.settings;
      if (differingFields(seen.settings, wanted).length === 0) {
        sayWrapped(surroundings.console, "The app client is so already. Nothing was written.");
        return 0;
      }
      const parts = await carryOutParts(surroundings, client, options);
      return carryOut({ address, seen, wanted, notes: [] }, parts);
    });
  });
}
