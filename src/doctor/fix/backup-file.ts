import { randomUUID } from "node:crypto";
import { link, open, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
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

/** Writes it whole, under a name beside its own, and on the disk before anything is changed. */
async function writeAside(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", MODE);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Writes a backup: whole or not at all, readable by its owner alone, and never over a file that is there (a link is refused where the name
 * is taken, which a rename is not).
 *
 * @throws BackupFault
 */
export async function writeBackup(path: string, backup: Backup): Promise<void> {
  const aside = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    await writeAside(aside, renderBackup(backup));
    await link(aside, path);
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
      const { size } = await file.stat();
      if (size > MOST_BYTES) throw new BackupFault(`${path} cannot be used: it is larger than any backup.`);
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof BackupFault) throw error;
    const reason = codeOf(error) === "ENOENT" ? "there is no such file" : reasonOf(error);
    throw new BackupFault(`${path} cannot be read: ${reason}.`);
  }
}
