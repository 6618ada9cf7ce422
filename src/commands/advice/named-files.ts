import { accessSync, constants, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import type { ConfigFault, Environment } from "../../config/given-settings.js";
import { echo } from "../../config/kinds/kind.js";
import { SETTING_NAMES, SETTINGS } from "../../config/settings/settings.js";
import type { ConfigWarning } from "../../config/warnings.js";
import { printable } from "../../model/terminal-text.js";

export interface FilesLook {
  readonly faults: readonly ConfigFault[];
  readonly warnings: readonly ConfigWarning[];
}

export interface LookOptions {
  /** The app's directory as it is in force; null: there is none. */
  readonly spaDir: string | null;
  /** Also looks whether each file of the app can be read. */
  readonly thorough: boolean;
}

/** Far more files than an app has; a directory that was named by mistake, such as `/`, has no end. */
const MOST_FILES = 20_000;
const PAGE = "index.html";

/** What is wrong with the files and folders that variables name, as this user finds them, beside their contents. */
export function lookAtFiles(env: Environment, { spaDir, thorough }: LookOptions): FilesLook {
  const files = SETTING_NAMES.flatMap((name) => {
    const path = env[`${name}_FILE`]?.trim() ?? "";
    const found = path === "" ? null : look(path);
    return found === null ? [] : [{ name: `${name}_FILE`, isSecret: SETTINGS[name].secret, ...found }];
  });
  const app = spaDir === null ? NOTHING : lookAtApp(spaDir, thorough);
  const root = spaDir === null ? null : (look(spaDir)?.realPath ?? null);
  return {
    faults: [
      ...files
        .filter(({ realPath }) => root !== null && realPath.startsWith(root.endsWith(sep) ? root : root + sep))
        .map(({ name }) => ({ name, expected: "a path outside SPA_DIR, whose files everybody can load" })),
      ...app.faults,
    ],
    warnings: [...files.filter(({ stats }) => !stats.isDirectory()).flatMap(modeWarnings), ...app.warnings],
  };
}

const NOTHING: FilesLook = { faults: [], warnings: [] };

interface Found {
  readonly realPath: string;
  readonly stats: Stats;
}

function look(path: string): Found | null {
  try {
    return { realPath: realpathSync(path), stats: statSync(path) };
  } catch {
    return null;
  }
}

function modeWarnings(file: Found & { readonly name: string; readonly isSecret: boolean }): ConfigWarning[] {
  const { name, isSecret, realPath, stats } = file;
  const written = writtenByAll(name, file);
  if (written.length > 0) return written;
  if (!isSecret || (stats.mode & constants.S_IROTH) === 0 || isPlatforms(realPath) || !isReachableByAll(realPath)) return [];
  return [
    {
      warning: "file_read_by_all",
      text: `${name}: every user of this machine can read it (mode ${modeOf(stats)}): chmod 600, or 640 with a group of its own`,
    },
  ];
}

function writtenByAll(name: string, { realPath, stats }: Found): ConfigWarning[] {
  if ((stats.mode & constants.S_IWOTH) === 0 || !isReachableByAll(realPath)) return [];
  return [{ warning: "file_written_by_all", text: `${name}: every user of this machine can write it (mode ${modeOf(stats)}): chmod o-w` }];
}

/** Where Docker and Podman mount secrets, and how Kubernetes lays out its volumes: their modes are the platform's, their readers the container's. */
function isPlatforms(realPath: string): boolean {
  return /^\/(?:var\/)?run\/secrets\//.test(realPath) || realPath.includes("/..");
}

/** Whether every folder above lets everybody through: what lies in one of mode 0700 is nobody else's, whatever its own mode. */
function isReachableByAll(realPath: string): boolean {
  for (let folder = dirname(realPath); ; folder = dirname(folder)) {
    const stats = look(folder)?.stats;
    if (stats === undefined || (stats.mode & constants.S_IXOTH) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

const modeOf = ({ mode }: Stats) => `0${(mode & 0o777).toString(8).padStart(3, "0")}`;

/** Who owns what this user may not read; nothing where the system knows no users, or not of this file. */
export function ownership(path: string): string {
  const stats = look(path)?.stats;
  if (stats === undefined || process.getuid === undefined) return "";
  return `: it belongs to user ${stats.uid}, group ${stats.gid}, with mode ${modeOf(stats)}, and this is user ${process.getuid()}`;
}

const allows = (path: string, mode: number) => {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
};

/** The app's directory: as `start` wants it, which reads its page before it listens. */
function lookAtApp(path: string, thorough: boolean): FilesLook {
  const fault = (why: string): FilesLook => {
    const got = echo(path);
    const expected = `a folder with the built app's ${PAGE}; ${why}`;
    return { faults: [{ name: "SPA_DIR", expected, ...(got === undefined ? {} : { got }) }], warnings: [] };
  };
  const found = look(path);
  if (found === null) return fault("there is no such folder");
  if (!found.stats.isDirectory()) return fault("this is a file");
  if (!allows(path, constants.R_OK | constants.X_OK)) return fault(`this user may not read it${ownership(path)}`);
  const page = join(path, PAGE);
  if (look(page)?.stats.isFile() !== true) return fault(`there is no ${PAGE} in it`);
  if (!allows(page, constants.R_OK)) return fault(`this user may not read that file${ownership(page)}`);
  return { faults: [], warnings: [...writtenByAll("SPA_DIR", found), ...(thorough ? unreadableFiles(path) : [])] };
}

function unreadableFiles(root: string): ConfigWarning[] {
  const unreadable: string[] = [];
  const folders = [""];
  let left = MOST_FILES;
  for (let folder = folders.pop(); folder !== undefined && left > 0; folder = folders.pop()) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      left -= 1;
      // Hidden files are not sent at all.
      if (left < 0 || entry.name.startsWith(".")) continue;
      if (!allows(join(root, path), entry.isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK)) unreadable.push(path);
      else if (entry.isDirectory()) folders.push(path);
    }
  }
  if (unreadable[0] === undefined) return [];
  const first = printable(unreadable[0]);
  const many =
    unreadable.length === 1 ? `this user may not read ${first}` : `this user may not read ${unreadable.length} files, such as ${first}`;
  return [{ warning: "spa_files_unreadable", text: `SPA_DIR: ${many}: chmod -R a+rX, or give them to the user that runs this` }];
}
