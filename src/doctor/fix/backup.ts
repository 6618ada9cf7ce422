import { type ClientSettings, MUTABLE_FIELDS, parseAppClient } from "../app-client.js";

/** What a client was, and what was made of it. The client secret has no place in it. */
export interface Backup {
  readonly takenAt: Date;
  readonly poolId: string;
  readonly clientId: string;
  readonly settings: ClientSettings;
  /** What was written right after; null for a backup that stands by itself. */
  readonly wrote: ClientSettings | null;
}

const FORMAT = "cognito-bff app client backup";
const VERSION = 1;

/** Why a text is no backup, for people. */
export class BackupFault extends Error {}

/** The backup as a file holds it. Members have a fixed order, so that two files can be compared. */
export function renderBackup({ takenAt, poolId, clientId, settings, wrote }: Backup): string {
  const document = {
    format: FORMAT,
    version: VERSION,
    taken_at: takenAt.toISOString(),
    user_pool_id: poolId,
    client_id: clientId,
    settings: inOrder(settings),
    wrote: wrote === null ? null : inOrder(wrote),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function inOrder(settings: ClientSettings): Record<string, unknown> {
  return Object.fromEntries(MUTABLE_FIELDS.flatMap((field) => (settings[field] === undefined ? [] : [[field, settings[field]]])));
}

type Structure = Readonly<Record<string, unknown>>;

function isStructure(value: unknown): value is Structure {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const MEMBERS: readonly string[] = ["format", "version", "taken_at", "user_pool_id", "client_id", "settings", "wrote"];

/** As Cognito makes them; what is no such thing would end up in a request and in a command line. */
const POOL_ID = /^[\w-]{1,40}_[0-9a-zA-Z]{1,55}$/;
const CLIENT_ID = /^[\w+]{1,128}$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** @throws BackupFault for whatever `renderBackup` would not have written */
export function parseBackup(text: string): Backup {
  const document = structureOf(text);
  const stranger = Object.keys(document).find((name) => !MEMBERS.includes(name));
  if (stranger !== undefined) throw new BackupFault(`it has a member ${JSON.stringify(stranger)}, which no backup has`);
  const takenAt = new Date(textOf(document, "taken_at", MOMENT));
  if (Number.isNaN(takenAt.getTime())) throw new BackupFault("its taken_at is no moment in time");
  return {
    takenAt,
    poolId: textOf(document, "user_pool_id", POOL_ID),
    clientId: textOf(document, "client_id", CLIENT_ID),
    settings: settingsOf(document["settings"], "settings"),
    wrote: document["wrote"] === null ? null : settingsOf(document["wrote"], "wrote"),
  };
}

function structureOf(text: string): Structure {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new BackupFault("it is not JSON");
  }
  if (!isStructure(document) || document["format"] !== FORMAT) {
    throw new BackupFault("it is no backup of `cognito-bff doctor`");
  }
  if (document["version"] !== VERSION) {
    throw new BackupFault(`its version is ${JSON.stringify(document["version"] ?? null)}, and this release reads version ${VERSION}`);
  }
  return document;
}

function textOf(document: Structure, name: string, form: RegExp): string {
  const value = document[name];
  if (typeof value !== "string" || !form.test(value)) throw new BackupFault(`its ${name} is missing or malformed`);
  return value;
}

function settingsOf(value: unknown, name: string): ClientSettings {
  if (!isStructure(value)) throw new BackupFault(`its ${name} are missing`);
  const mutable: readonly string[] = MUTABLE_FIELDS;
  const strangers = Object.keys(value).filter((field) => !mutable.includes(field));
  const { settings, unknownFields } = parseAppClient(value);
  const [first] = [...strangers, ...unknownFields];
  if (first !== undefined) throw new BackupFault(`its ${name} hold ${first}, which this release does not know, or of another type`);
  if (settings.ClientName === undefined) throw new BackupFault(`its ${name} have no ClientName`);
  return settings;
}
