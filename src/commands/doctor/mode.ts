import { join } from "node:path";
import type { Environment } from "../../config/given-settings.js";
import type { AppClient } from "../../doctor/app-client.js";
import { type CognitoAdmin, regionOfPool } from "../../doctor/cognito-admin.js";
import { BackupFault } from "../../doctor/fix/backup.js";
import { backupName, type CarryOutParts, type ExitCode, unseenAsSentence } from "../../doctor/fix/carry-out.js";
import type { Console } from "../../doctor/fix/console.js";
import type { ClientAddress } from "../../doctor/fix/equivalents.js";
import { managementHint } from "../../doctor/fix/management.js";
import type { DoctorMode } from "../../doctor/iam.js";
import type { Clock } from "../../model/clock.js";
import { printable } from "../../model/terminal-text.js";
import { type ClientOptions, COULD_NOT_LOOK, iamText, type OpenedClient, openClient, UsageError } from "./doctor.js";

/** Options of whatever reads an app client for more than a look at it. */
export interface ModeOptions extends ClientOptions {
  readonly iam?: boolean;
}

/** Options of whatever writes to it. */
export interface WriteOptions extends ModeOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  /** Where the backup goes. */
  readonly backup?: string;
}

/** What a mode is run with, besides its own options. */
export interface ModeSurroundings {
  readonly env: Environment;
  readonly console: Console;
  readonly err: (text: string) => void;
  /** Where backups go when nobody says. */
  readonly folder: string;
  readonly clock: Clock;
}

/** An app client as it was read first. */
export interface SeenClient extends OpenedClient {
  readonly seen: AppClient;
  readonly address: ClientAddress;
}

/**
 * Runs a mode, or prints its policy; what is missing, or cannot be used, is said in one line.
 *
 * @returns the exit code: 0 it is as wanted, 1 it is not and it was said why, 2 it could not look
 */
export async function runMode(
  mode: DoctorMode,
  { env, console, err }: ModeSurroundings,
  options: ModeOptions,
  run: () => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    if (options.iam !== true) return await run();
    console.say(iamText(mode, env, options).trimEnd());
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof BackupFault)) throw error;
    err(`cognito-bff doctor ${mode}: ${printable(error.message)}\n`);
    return COULD_NOT_LOOK;
  }
}

/** Opens the app client, reads it, and hands it on; it is closed afterwards. */
export async function withSeenClient(
  { env, clock }: ModeSurroundings,
  options: ClientOptions,
  use: (client: SeenClient) => Promise<ExitCode>,
): Promise<ExitCode> {
  const opened = await openClient(env, options, clock);
  try {
    const seen = await opened.admin.describeClient();
    if (seen.kind !== "seen") throw new UsageError(`could not look. ${unseenAsSentence(seen)}`);
    const { poolId, clientId, given } = opened;
    const region = options.region ?? regionOfPool(poolId);
    const address = { poolId, clientId, region, profile: options.profile ?? null, endpoint: given.endpoint };
    return await use({ ...opened, seen: seen.value, address });
  } finally {
    opened.admin.close();
  }
}

/** The pool may not be looked at: then there is no hint, and the question stands without one. */
async function hintOf(admin: CognitoAdmin): Promise<string | null> {
  const pool = await admin.describePool();
  return pool.kind === "seen" ? managementHint(pool.value.UserPoolTags ?? {}) : null;
}

/** What a change is carried out with. */
export async function carryOutParts(
  { console, folder, clock }: ModeSurroundings,
  { admin, clientId }: OpenedClient,
  { yes = false, dryRun = false, backup }: WriteOptions,
): Promise<CarryOutParts> {
  const backupPath = backup ?? join(folder, backupName(clientId, clock));
  return { console, admin, clock, consent: { yes, dryRun }, hint: await hintOf(admin), backupPath };
}
