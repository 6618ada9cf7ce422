import { randomUUID } from "node:crypto";
import { link, open, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readAtMost } from "../../cognito/bounded-body.js";
import { type Backup, BackupFault, parseBackup, renderBackup } from "./backup.js";

/** For its owner alone: no secret is in it, but which addresses an app trusts is nobody else's concern. */
const MODE = 0o600;

/** A backup takes some kilobytes; reading stops long before a file that is none fills the memory. */
const MOST_BYTES = 1_048_576;

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

const REASONS: { readonly [code: string]: string } = {
  EEXIST: "it exists, and a backup never replaces a file",
  ENOENT: "there is no such folder",
  EACCES: "not permitted",
  EROFS: "the file system is read-only",
  EISDIR: "it is a folder",
  ENOSPC: "the disk is full",
};

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return REASONS[code] ?? (code || "unknown error");
}

/** Writes a file that is not there yet, down to the disk: nothing is changed before. */
async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", MODE);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What a file system answers that knows no hard links (exFAT, some mounts of containers). */
const NO_LINKS: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** Gives the written file its name. A link is refused where the name is taken, which a rename is not. */
async function publish(aside: string, path: string, text: string, linkTo: typeof link): Promise<void> {
  try {
    await linkTo(aside, path);
  } catch (error) {
    if (!NO_LINKS.has(codeOf(error))) throw error;
    await writeNew(path, text);
  }
}

/**
 * Writes a backup: whole or not at all, readable by its owner alone, and never over a file that is there.
 *
 * @throws BackupFault
 */
export async function writeBackup(path: string, backup: Backup, linkTo: typeof link = link): Promise<void> {
  const aside = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  const text = renderBackup(backup);
  try {
    await writeNew(aside, text);
    await publish(aside, path, text, linkTo);
  } catch (error) {
    throw new BackupFault(`The backup ${path} cannot be written: ${reasonOf(error)}.`);
  } finally {
    await rm(aside, { force: true });
  }
}

/** @throws BackupFault for a file that cannot be read or is no backup */
export async function readBackup(path: string): Promise<Backup> {
  const text = await readText(path);
  try {
    return parseBackup(text);
  } catch (error) {
    throw error instanceof BackupFault ? new BackupFault(`${path} cannot be used: ${error.message}.`) : error;
  }
}

async function readText(path: string): Promise<string> {
  try {
    const file = await open(path, "r");
    try {
      // By what it gives, not by its size: devices and pipes have none.
      const bytes = await readAtMost(MOST_BYTES, file.createReadStream({ autoClose: false }));
      if (bytes === null) throw new BackupFault(`${path} cannot be used: it is larger than any backup.`);
      return bytes.toString("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof BackupFault) throw error;
    const reason = codeOf(error) === "ENOENT" ? "there is no such file" : reasonOf(error);
    throw new BackupFault(`${path} cannot be read: ${reason}.`);
  }
}
