import type { ClientSettings } from "../app-client.js";
import { atDefault, differingFields, FIELDS, type Field, saidAlike, sameField, withField } from "./fields.js";

/** The three states that a merge looks at: before a fix, as the fix left it, and as it is now. */
export interface Versions {
  readonly before: ClientSettings;
  /** Null where nothing was written after the backup was taken. */
  readonly wrote: ClientSettings | null;
  readonly live: ClientSettings;
}

export interface UndoPlan {
  /** The live settings with what is restored. */
  readonly settings: ClientSettings;
  /** Fields that get back the value they had. */
  readonly restored: readonly Field[];
  /** Fields that were asked for, or that the fix wrote, and have their old value already. */
  readonly already: readonly Field[];
  /** Fields that the fix wrote and somebody else has written since. */
  readonly writtenSince: readonly Field[];
  /** Other fields that are no longer as they were; they stay so. */
  readonly othersChanged: readonly Field[];
  /** Other fields that have fallen back to AWS's defaults, those included that had the default's value as their own. */
  readonly reset: readonly Field[];
}

/**
 * What an undo may change, as a three-way merge: a field whose live value is still the one the fix wrote. Where fields are named it is
 * those and no others, so that whoever brings back callback URLs does not bring back 30 hours with them.
 */
export function planUndo({ before, wrote, live }: Versions, named: readonly Field[]): UndoPlan {
  const ofFix = wrote === null ? [] : differingFields(before, wrote);
  const asked = named.length > 0 ? FIELDS.filter((field) => named.includes(field)) : ofFix;
  // Who names a field wants it back as it stood; a fix is undone where that changes anything.
  const already = asked.filter((field) => (named.length > 0 ? saidAlike(field, live, before) : sameField(field, live, before)));
  const differing = asked.filter((field) => !already.includes(field));
  const ours = (field: Field) => named.length > 0 || (wrote !== null && sameField(field, live, wrote));
  const restored = differing.filter(ours);
  const reference = wrote ?? before;
  const others = FIELDS.filter((field) => !ofFix.includes(field) && !restored.includes(field));
  return {
    settings: restored.reduce((settings, field) => withField(settings, field, before), live),
    restored,
    already,
    writtenSince: differing.filter((field) => !ours(field)),
    othersChanged: others.filter((field) => !sameField(field, live, reference)),
    reset: others.filter((field) => reference[field] !== undefined && atDefault(field, live) && !saidAlike(field, live, reference)),
  };
}

/** From so many fields at once it was no person who emptied them, but an update that left them out. */
const FIELDS_OF_A_WIPE = 2;

/**
 * Whether it looks as if an update had left fields out, and something was lost by it. A default that was said and is said no longer counts as
 * left out, too: of a client with few settings of its own a single one may be all that there was to lose.
 */
export function looksWiped({ reset, othersChanged }: UndoPlan): boolean {
  return reset.length >= FIELDS_OF_A_WIPE && reset.some((field) => othersChanged.includes(field));
}
