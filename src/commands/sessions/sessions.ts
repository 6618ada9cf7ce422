import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";
import type { Environment } from "../../config/given-settings.js";
import { printable } from "../../model/terminal-text.js";
import { type EndedSession, endedPageOf, type ListedSession, pageOf, sessionOf, summaryOf } from "./answers.js";
import { type ManagementClient, openManagement, SessionsFault } from "./management-client.js";
import { endedText, listText, type Paint, showText, summaryText } from "./tables.js";

/** What the command reads from and writes to. */
export interface SessionsStreams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

export interface SessionsOptions {
  readonly url?: string;
  readonly json?: true;
}

export interface ListOptions extends SessionsOptions {
  readonly user?: string;
  readonly limit?: string;
}

export interface RevokeOptions extends SessionsOptions {
  readonly user?: string;
  readonly all?: true;
  readonly yes?: true;
}

/** Nothing to show or to end; the command did what it could. */
const NONE = 1;
/** The most that one answer holds. */
const PAGE = 100;
const LISTED = 50;

const NO_SESSION =
  "no session lives under this handle: it has ended, or there never was one; `cognito-bff sessions list` shows those that live";

const NOBODY =
  "nobody is signed in with this subject or username; an e-mail address is neither: `aws cognito-idp list-users` finds the attribute `sub`";

/** `cognito-bff sessions …`: each resolves with the exit code, and throws what could not be done. */
export function openSessionsCommand(env: Environment, { url, json = undefined }: SessionsOptions, streams: SessionsStreams) {
  const { stdin, stdout, stderr } = streams;
  const management = openManagement(env, url ?? null);
  const coloured = stdout.isTTY === true && !env["NO_COLOR"];
  const paint: Paint = (style, text) => (coloured ? styleText(style, text, { validateStream: false }) : text);
  const progress = (text: string) => void (stderr.isTTY === true && stderr.write(`\r\u001b[K${text}`));
  /** As a table, or as JSON for whoever asked for it. */
  const write = (document: object, text: () => string) =>
    void stdout.write(json === true ? `${JSON.stringify(document, null, 2)}\n` : text());

  return {
    async list({ user, limit }: ListOptions): Promise<number> {
      const { documents, ...listed } = await pages(management, user ?? null, limitIn(limit));
      const { sessions, more, unreadable } = listed;
      write({ sessions: documents, more, unreadable }, () => listText(listed, paint));
      if (sessions.length > 0) return 0;
      return user === undefined ? NONE : missed([], user);
    },

    async show(handle: string): Promise<number> {
      const answer = await management.ask("GET", pathOf(handle));
      if (answer === null) return missed([handle]);
      const session = sessionOf(answer);
      write(Object(answer), () => showText(session));
      return 0;
    },

    async revoke(handles: readonly string[], { user, all, yes }: RevokeOptions): Promise<number> {
      if ([handles.length > 0, user !== undefined, all === true].filter(Boolean).length !== 1)
        throw new SessionsFault("say what to end: handles, or --user USER, or --all");
      if (all && !yes && !(await agrees())) {
        stderr.write("Nothing was ended.\n");
        return NONE;
      }
      const { documents, ended, unreadable, missing } = all
        ? await revokeAll(management, progress)
        : user === undefined
          ? await revokeEach(management, handles)
          : await revokeOf(management, user);
      write({ ended: documents, unreadable, missing }, () => endedText(ended, unreadable));
      return missing.length > 0 || ended.length + unreadable === 0 ? missed(missing, user) : 0;
    },

    async summary(): Promise<number> {
      const answer = await management.ask("GET", "/sessions/summary");
      const summary = summaryOf(answer);
      write(Object(answer), () => summaryText(summary, paint));
      return 0;
    },
  };

  function missed(handles: readonly string[], user?: string): number {
    for (const handle of handles) stderr.write(`cognito-bff sessions: ${handle}: ${NO_SESSION}\n`);
    // Who was looked for by an address must not be taken for signed out.
    if (user !== undefined) stderr.write(`cognito-bff sessions: ${printable(user)}: ${NOBODY}\n`);
    return NONE;
  }

  /** Asks whoever sits there; where nobody does, an order to end everything has to be written out. */
  async function agrees(): Promise<boolean> {
    if (stdin.isTTY !== true || stderr.isTTY !== true)
      throw new SessionsFault("--all ends every session: add --yes where nobody can be asked");
    const { sessions } = summaryOf(await management.ask("GET", "/sessions/summary"));
    const lines = createInterface({ input: stdin, output: stderr });
    try {
      return (await lines.question(`This signs out everybody: ${sessions} sessions. Type "yes" to go on: `)).trim().toLowerCase() === "yes";
    } finally {
      lines.close();
    }
  }
}

interface Revoked {
  /** As the proxy said it. */
  readonly documents: readonly unknown[];
  readonly ended: readonly EndedSession[];
  /** How many more, of which nobody can say whose they were. */
  readonly unreadable: number;
  readonly missing: readonly string[];
}

async function revokeEach(management: ManagementClient, handles: readonly string[]): Promise<Revoked> {
  const [documents, ended, missing]: [unknown[], EndedSession[], string[]] = [[], [], []];
  let unreadable = 0;
  for (const handle of handles) {
    const answer = await management.ask("DELETE", pathOf(handle));
    if (answer === null) {
      missing.push(handle);
      continue;
    }
    const page = endedPageOf(answer);
    documents.push(...page.documents);
    ended.push(...page.ended);
    unreadable += page.unreadable;
  }
  return { documents, ended, unreadable, missing };
}

async function revokeOf(management: ManagementClient, user: string): Promise<Revoked> {
  return { ...endedPageOf(await management.ask("DELETE", "/sessions", { user })), missing: [] };
}

async function revokeAll(management: ManagementClient, progress: (text: string) => void): Promise<Revoked> {
  const [documents, ended]: [unknown[], EndedSession[]] = [[], []];
  let [unreadable, cursor]: [number, string | null] = [0, null];
  do {
    const parameters = { all: "true", limit: String(PAGE), ...(cursor === null ? {} : { cursor }) };
    const page = endedPageOf(await management.ask("DELETE", "/sessions", parameters));
    documents.push(...page.documents);
    ended.push(...page.ended);
    unreadable += page.unreadable;
    cursor = page.next;
    progress(cursor === null ? "" : `${ended.length + unreadable} ended`);
  } while (cursor !== null);
  return { documents, ended, unreadable, missing: [] };
}

function limitIn(limit: string | undefined): number {
  if (limit === undefined) return LISTED;
  if (!/^[1-9]\d{0,6}$/.test(limit)) throw new SessionsFault("--limit: expected how many sessions to list, from 1 to 9999999");
  return Number(limit);
}

function pathOf(handle: string): string {
  if (!/^[0-9a-f]{16}$/.test(handle))
    throw new SessionsFault("a handle is 16 hexadecimal digits, as `cognito-bff sessions list` and `session` in the log have them");
  return `/sessions/${handle}`;
}

/** As many sessions as asked for, page after page. */
async function pages(management: ManagementClient, user: string | null, limit: number) {
  const documents: unknown[] = [];
  const sessions: ListedSession[] = [];
  let [asOfMs, unreadable, cursor]: [number, number, string | null] = [0, 0, null];
  do {
    // Whole pages: what ended a moment ago leaves gaps in them.
    const parameters = { limit: String(PAGE), ...(user === null ? {} : { user }), ...(cursor === null ? {} : { cursor }) };
    const page = pageOf(await management.ask("GET", "/sessions", parameters));
    documents.push(...page.documents);
    sessions.push(...page.sessions);
    unreadable += page.unreadable;
    [asOfMs, cursor] = [page.asOfMs, page.next];
  } while (cursor !== null && sessions.length < limit);
  const more = cursor !== null || sessions.length > limit;
  return { documents: documents.slice(0, limit), sessions: sessions.slice(0, limit), asOfMs, more, unreadable };
}
