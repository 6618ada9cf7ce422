import { CHECKS, type Judgement, judgeAll } from "../checks/checks.js";
import type { CognitoAdmin, ListedClient, ListedPool, Looked, Unseen } from "../cognito-admin.js";
import { type Facts, UNKNOWN_PROXY } from "../facts.js";
import type { Finding } from "../finding.js";
import { lifetimeOf } from "../lifetime.js";
import type { LifetimePolicy } from "../policy.js";
import { aligned, counted, painter, shortName, wrapped } from "../text.js";
import { tally, unseenInWords } from "./report.js";

/** One app client of many. */
export type FleetRow = ListedClient & { readonly poolName: string } & (
    | { readonly kind: "examined"; readonly refresh: string; readonly judgement: Judgement }
    | { readonly kind: "blind"; readonly unseen: Unseen }
  );

export interface Fleet {
  readonly rows: readonly FleetRow[];
  /** Lists that could not be read: there may be more clients. */
  readonly unseen: readonly Unseen[];
}

export interface FleetLook {
  readonly admin: CognitoAdmin;
  /** Null: every pool of the account in this Region. */
  readonly poolId: string | null;
  readonly policy: LifetimePolicy | null;
  /** Waits a moment before each call but the first: other programs share the account's few calls a second. */
  readonly pause: () => Promise<void>;
  /** Told after each client, with how many are known so far. */
  readonly progress?: (done: number, known: number) => void;
}

type Page<T> = Looked<{ readonly entries: readonly T[]; readonly next: string | null }>;

/** An endpoint that names a place a second time would be read for ever; what comes behind it is not seen. */
const REPEATED: Unseen = {
  kind: "failed",
  operation: "the list",
  error: "RepeatedNextToken",
  why: "the endpoint names the same next page again: what comes after it could not be read",
};

/** All pages of a list; what was read stays when a later page fails. */
async function everyPage<T>(
  pause: () => Promise<void>,
  read: (from: string | null) => Promise<Page<T>>,
): Promise<{ entries: T[]; unseen: Unseen[] }> {
  const entries: T[] = [];
  const places = new Set<string>();
  let from: string | null = null;
  do {
    await pause();
    const page: Page<T> = await read(from);
    if (page.kind !== "seen") return { entries, unseen: [page] };
    entries.push(...page.value.entries);
    from = page.value.next;
    if (from !== null && places.has(from)) return { entries, unseen: [REPEATED] };
    if (from !== null) places.add(from);
  } while (from !== null);
  return { entries, unseen: [] };
}

async function poolsOf({ admin, poolId, pause }: FleetLook): Promise<{ entries: readonly ListedPool[]; unseen: readonly Unseen[] }> {
  if (poolId !== null) return { entries: [{ poolId, name: "" }], unseen: [] };
  return everyPage(pause, async (from) => {
    const page = await admin.listPools(from);
    return page.kind === "seen" ? { kind: "seen", value: { entries: page.value.pools, next: page.value.next } } : page;
  });
}

/** Which of them stand behind a proxy nobody knows, and apps that run in browsers or phones alone have to be public. */
const FLEET_CHECKS = CHECKS.filter(({ id }) => id !== "public-client");

/** Looks at every app client, one after another. Of a pool the few settings are read that clients share; of the proxies in front nothing is known. */
export async function examineFleet(look: FleetLook): Promise<Fleet> {
  const { admin, policy, pause, progress = () => {} } = look;
  const pools = await poolsOf(look);
  const unseen: Unseen[] = [...pools.unseen];
  const rows: FleetRow[] = [];
  let known = 0;
  for (const listed of pools.entries) {
    const clients = await everyPage(pause, async (from) => {
      const page = await admin.listClients(listed.poolId, from);
      return page.kind === "seen" ? { kind: "seen", value: { entries: page.value.clients, next: page.value.next } } : page;
    });
    unseen.push(...clients.unseen);
    if (clients.entries.length === 0) continue;
    known += clients.entries.length;
    await pause();
    const described = await admin.describePool(listed.poolId);
    const pool = described.kind === "seen" ? described.value : null;
    for (const client of clients.entries) {
      await pause();
      const looked = await admin.describeClient(client);
      const row = { ...client, poolName: pool?.Name ?? listed.name };
      if (looked.kind !== "seen") rows.push({ ...row, kind: "blind", unseen: looked });
      else {
        const facts: Facts = { ...NOTHING_ELSE, client: looked.value, pool, policy };
        const refresh = lifetimeOf(looked.value.settings, "RefreshToken").words;
        rows.push({ ...row, name: looked.value.name, kind: "examined", refresh, judgement: judgeAll(facts, FLEET_CHECKS) });
      }
      progress(rows.length, known);
    }
  }
  return { rows, unseen };
}

const NOTHING_ELSE = {
  mfa: null,
  domain: null,
  poolSessions: null,
  clientSessions: null,
  clockAheadMs: null,
  proxy: UNKNOWN_PROXY,
  replicas: null,
  sampleCookieBytes: null,
} as const;

export function findingsOf({ rows }: Fleet): readonly Finding[] {
  return rows.flatMap((row) => (row.kind === "examined" ? row.judgement.findings : []));
}

/** Whether everything could be read. */
export function isWhole({ rows, unseen }: Fleet): boolean {
  return unseen.length === 0 && rows.every(({ kind }) => kind === "examined");
}

/** The gravest findings by id, as many as a line holds, and how many more there are. */
function gravest({ findings }: Judgement): string {
  const loud = findings.filter(({ severity }) => severity !== "note");
  const [first] = loud;
  if (first === undefined) return findings.length === 0 ? "" : counted(findings.length, "note");
  return loud.length === 1 ? first.id : `${first.id} +${loud.length - 1}`;
}

function cellsOf(row: FleetRow): readonly string[] {
  if (row.kind === "blind") return [shortName(row.name), "?", row.unseen.kind.replaceAll("_", " ")];
  return [shortName(row.name), row.refresh, gravest(row.judgement)];
}

/** Why not everything was read, each reason once. */
function reasonsOf({ rows, unseen }: Fleet): readonly string[] {
  const blind = rows.flatMap((row) => (row.kind === "blind" ? [row.unseen] : []));
  return [...new Set([...unseen, ...blind].map(unseenInWords))];
}

/** One table for all, a block for each pool, within 80 columns; what it has no room for is in the JSON, or in a look at that client alone. */
export function fleetText(fleet: Fleet, colours: boolean): string {
  const paint = painter(colours);
  const pools = [...new Set(fleet.rows.map(({ poolId }) => poolId))];
  const rows = [["app client", "refresh token", "gravest finding"], ...fleet.rows.map(cellsOf)];
  const [head = "", ...lines] = aligned(rows);
  const blocks = pools.flatMap((poolId) => {
    const own = fleet.rows.flatMap((row, index) => (row.poolId === poolId ? [{ row, line: lines[index] ?? "" }] : []));
    const name = own[0]?.row.poolName ?? "";
    return ["", paint.strong(`${poolId}${name === "" ? "" : ` (${shortName(name)})`}`), ...own.map(({ line }) => `  ${line}`)];
  });
  const reasons = reasonsOf(fleet).flatMap((reason) => wrapped(reason, "    ", "  "));
  return `${[
    `  ${head}`,
    ...blocks,
    ...(reasons.length === 0 ? [] : ["", "Not looked at", ...reasons]),
    "",
    `${counted(fleet.rows.length, "app client")} of ${counted(pools.length, "user pool")}. ${tally(findingsOf(fleet))}`,
  ].join("\n")}\n`;
}

export function fleetJson(fleet: Fleet): object {
  return {
    clients: fleet.rows.map((row) => ({
      user_pool_id: row.poolId,
      client_id: row.clientId,
      client_name: row.name,
      ...(row.kind === "examined"
        ? { refresh_token: row.refresh, findings: row.judgement.findings }
        : { could_not_look: unseenInWords(row.unseen) }),
    })),
    could_not_look: fleet.unseen.map(unseenInWords),
  };
}
