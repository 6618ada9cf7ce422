import type { AppClient } from "../app-client.js";
import type { Backup } from "./backup.js";
import { type CarryOutParts, carryOut, type ExitCode } from "./carry-out.js";
import { sayWrapped } from "./console.js";
import { type ClientAddress, quoted } from "./equivalents.js";
import { FIELDS, type Field } from "./fields.js";
import { looksWiped, planUndo, type UndoPlan } from "./merge.js";

/** Fields by their names, or why those are none. */
export type NamedFields = { readonly kind: "fields"; readonly fields: readonly Field[] } | { readonly kind: "fault"; readonly why: string };

/** Reads the names after `--field`. `TokenValidityUnits` means the lifetimes of the ID and the access token: no unit moves without its value. */
export function namedFields(names: readonly string[]): NamedFields {
  const fields = new Set<Field>();
  for (const name of names) {
    const field = FIELDS.find((known) => known.toLowerCase() === name.toLowerCase());
    if (field !== undefined) fields.add(field);
    else if (name.toLowerCase() === "tokenvalidityunits") fields.add("AccessTokenValidity").add("IdTokenValidity");
    else return { kind: "fault", why: `--field ${JSON.stringify(name)}: expected one of ${FIELDS.join(", ")}` };
  }
  return { kind: "fields", fields: [...fields] };
}

function fieldOptions(fields: readonly Field[]): string {
  return fields.map((field) => `--field ${field}`).join(" ");
}

/** What an undo leaves alone, and how to have it all the same. */
function notesOf({ already, writtenSince, othersChanged }: UndoPlan): readonly string[] {
  return [
    ...(already.length === 0 ? [] : [`As in the backup already: ${already.join(", ")}.`]),
    ...(writtenSince.length === 0
      ? []
      : [
          `Left alone, since somebody has set it anew after the fix: ${writtenSince.join(", ")} (${fieldOptions(writtenSince)} brings the old value back).`,
        ]),
    ...(othersChanged.length === 0
      ? []
      : [`Left alone, though no longer as in the backup: ${othersChanged.join(", ")} (--field NAME brings one back).`]),
  ];
}

function sayWiped(parts: CarryOutParts, { reset, restored }: UndoPlan, backupFile: string): void {
  const { console } = parts;
  sayWrapped(
    console,
    `Nothing was written. Since the fix, ${reset.length} settings have fallen back to AWS's defaults: ${reset.join(", ")}. That is what an update does that leaves them out. Undoing the fix would bring back none of them, and ${restored.join(", ")} to what it was before the fix.`,
    "To bring back what was lost, and leave the fix:",
  );
  console.say(`cognito-bff doctor undo ${quoted(backupFile)} ${fieldOptions(reset)}`);
  sayWrapped(console, `If it is the fix that is to be undone: ${fieldOptions(restored)}`);
}

export interface Undo {
  readonly backup: Backup;
  readonly backupFile: string;
  readonly named: readonly Field[];
  readonly seen: AppClient;
  readonly address: ClientAddress;
}

/** Takes back what a fix wrote, or brings back the fields that are named, and nothing else. */
export async function undo({ backup, backupFile, named, seen, address }: Undo, parts: CarryOutParts): Promise<ExitCode> {
  const { console } = parts;
  const plan = planUndo({ before: backup.settings, wrote: backup.wrote, live: seen.settings }, named);
  if (plan.restored.length === 0) {
    sayWrapped(console, "There is nothing to undo.", ...notesOf(plan));
    return plan.writtenSince.length > 0 ? 1 : 0;
  }
  if (named.length === 0 && looksWiped(plan)) {
    sayWiped(parts, plan, backupFile);
    return 1;
  }
  return carryOut({ address, seen, wanted: plan.settings, notes: notesOf(plan) }, parts);
}
