import type { Clock } from "../../model/clock.js";
import type { CognitoAdmin, Unseen } from "../cognito-admin.js";
import { printable } from "../text.js";
import { BackupFault } from "./backup.js";
import { agrees, type Console, sayWrapped } from "./console.js";
import { quoted } from "./equivalents.js";
import { type Proposal, sayProposal } from "./proposal.js";
import { type WriteParts, type Written, writeSafely } from "./safe-write.js";

/** 0: it is as wanted; 1: it is not, and it was said why; 2: Cognito could not be looked at. */
export type ExitCode = 0 | 1 | 2;

export interface Consent {
  /** `--yes`: answers every question. */
  readonly yes: boolean;
  /** `--dry-run`: shows, and writes nothing. */
  readonly dryRun: boolean;
}

export interface CarryOutParts {
  readonly console: Console;
  readonly admin: Pick<CognitoAdmin, "describeClient" | "updateClient">;
  readonly clock: Clock;
  readonly consent: Consent;
  /** What the pool's tags say of who manages it; null: nothing. */
  readonly hint: string | null;
  readonly backupPath: string;
}

/** Why something could not be looked at, and what to do. */
export function unseenAsSentence(unseen: Unseen): string {
  const why = printable(unseen.why);
  switch (unseen.kind) {
    case "not_permitted":
      return `These credentials may not do it; they need ${unseen.action} (--iam prints the policy): ${why}`;
    case "not_found":
      return `There is no such app client here: ${why} Is it the right Region and account?`;
    case "failed":
      return `${unseen.operation} failed (${unseen.error}): ${why}`;
  }
}

/** App clients carry no tags: so it is asked, always, unless --yes has answered. */
async function agreed(console: Console, { yes }: Consent, hint: string | null): Promise<boolean> {
  sayWrapped(
    console,
    "App clients carry no tags, so that nothing tells whether CloudFormation, the CDK or Terraform manages this one." +
      `${hint === null ? "" : ` ${hint}`} If so, change it there too: the next deployment takes this change back.`,
  );
  if (yes) return true;
  if (!console.interactive) {
    sayWrapped(console, "Nothing was written: there is no terminal to ask on. --yes answers.");
    return false;
  }
  const managed = await agrees(console, "Does one of them manage it?");
  const question = managed ? "Write it here all the same, until that is deployed?" : "Write this change?";
  if (await agrees(console, question)) return true;
  sayWrapped(console, "Nothing was written.");
  return false;
}

function sayWritten(console: Console, written: Written, backupPath: string): ExitCode {
  const say = (text: string) => sayWrapped(console, text);
  switch (written.kind) {
    case "written":
      say("Written, and read again: this and nothing else has changed.");
      console.say(`Backup: ${backupPath}`);
      console.say(`Undo:   cognito-bff doctor undo ${quoted(backupPath)}`);
      return 0;
    case "changed_meanwhile": {
      const what = written.fields.length === 0 ? "The client was written to" : `Somebody else has changed ${written.fields.join(", ")}`;
      say(`Nothing was written. ${what} since this change was shown. Run it again to see what it would do now.`);
      return 1;
    }
    case "unseen":
      say(`Nothing was written. ${unseenAsSentence(written.unseen)}`);
      return 2;
    case "refused":
      say(`Nothing was written. ${unseenAsSentence(written.unseen)}`);
      return written.unseen.kind === "failed" ? 1 : 2;
    case "unknown":
      say(`It was sent, and the client could not be read after it: look at it before anything else. ${unseenAsSentence(written.unseen)}`);
      console.say(`Backup: ${backupPath}`);
      return 2;
    case "differs":
      say(`It was sent, and the client is not what was sent, in ${written.fields.join(", ")}: somebody else writes to it at this moment.`);
      console.say(`Backup: ${backupPath}`);
      console.say(`Undo:   cognito-bff doctor undo ${quoted(backupPath)}`);
      return 1;
  }
}

async function write(console: Console, parts: WriteParts): Promise<ExitCode> {
  try {
    return sayWritten(console, await writeSafely(parts), parts.backupPath);
  } catch (error) {
    if (!(error instanceof BackupFault)) throw error;
    sayWrapped(console, `Nothing was written. ${error.message} --backup FILE names another place.`);
    return 1;
  }
}

/** Shows a change, asks for it, and makes it. */
export async function carryOut(proposal: Proposal, parts: CarryOutParts): Promise<ExitCode> {
  const { console, admin, clock, consent, hint, backupPath } = parts;
  const { seen, wanted } = proposal;
  if (seen.unknownFields.length > 0) {
    sayWrapped(
      console,
      `Nothing was written. The client has what this release does not know: ${seen.unknownFields.join(", ")}. An update would take it away; a newer cognito-bff may know it.`,
    );
    return 1;
  }
  sayProposal(console, proposal);
  if (consent.dryRun) {
    sayWrapped(console, "Nothing was written: --dry-run.");
    return 0;
  }
  if (!(await agreed(console, consent, hint))) return 1;
  return write(console, { admin, seen, wanted, backupPath, takenAt: new Date(clock.now()) });
}

/**
 * Where a backup goes when nobody says: beside what else the person works on, under the moment's name. To the
 * millisecond: an undo in the same second as its fix found the name taken.
 */
export function backupName(clientId: string, clock: Pick<Clock, "now">): string {
  const moment = new Date(clock.now()).toISOString().replaceAll(/[:.-]/g, "");
  return `cognito-app-client-${clientId.replaceAll("+", "_")}-${moment}.json`;
}
