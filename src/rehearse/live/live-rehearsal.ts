import type { UserPoolClientType, UserPoolType } from "@aws-sdk/client-cognito-identity-provider";
import type { Secret } from "../../model/secret.js";
import type { LivePool, LiveTokens, UsableClient } from "./live-pool.js";
import type { LiveTime } from "./live-time.js";
import { answerOf, isExpired, type Recording, verdictOf } from "./recording.js";
import { REFRESH_VALIDITY_MINUTES, rotates, temporaryClient } from "./temporary-client.js";
import { type Undo, type Undone, undoAll } from "./undo.js";

const MINUTE_MS = 60_000;
/** A minute more than the token lives. */
export const WAIT_MINUTES = REFRESH_VALIDITY_MINUTES + 1;
/** When Cognito is throttled just then, or its clocks are a little behind, it is asked again, a minute later. */
const MOST_QUESTIONS = 4;
const LONGEST_PAUSE_MS = 15_000;

export interface LiveRehearsalOptions {
  readonly pool: LivePool;
  readonly original: UserPoolClientType;
  readonly poolSettings: UserPoolType | null;
  readonly refreshApi: "auto" | "initiate_auth" | "get_tokens";
  /** What everything is called that is created. */
  readonly runName: string;
  readonly password: Secret;
  readonly time: LiveTime;
  /** Aborted: nothing more is begun, and what was created is deleted. */
  readonly signal: AbortSignal;
  /** Hears of every step that is done. */
  readonly onStep: (text: string) => void;
  readonly onWait: (waitedMs: number, wholeMs: number) => void;
}

export type LiveOutcome =
  | { readonly kind: "answered"; readonly recording: Recording; readonly asPromised: boolean }
  /** The refresh went on working beyond the token's life. */
  | { readonly kind: "never_expired"; readonly minutes: number }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly why: string };

/** Whether usernames are e-mail addresses in the pool. */
export function isNamedByEmail(pool: UserPoolType | null): boolean {
  return pool?.UsernameAttributes?.includes("email") ?? false;
}

class Stopped extends Error {}

/** Creates a copy of the app client and a user, waits until the refresh token has expired, asks, and deletes both, whatever has happened. */
export async function rehearseLive(
  options: LiveRehearsalOptions,
): Promise<{ readonly outcome: LiveOutcome; readonly undone: readonly Undone[] }> {
  const undos: Undo[] = [];
  let outcome: LiveOutcome;
  try {
    outcome = await play(options, undos);
  } catch (error) {
    outcome =
      error instanceof Stopped ? { kind: "stopped" } : { kind: "failed", why: error instanceof Error ? error.message : String(error) };
  }
  return { outcome, undone: await undoAll(undos) };
}

async function play(options: LiveRehearsalOptions, undos: Undo[]): Promise<LiveOutcome> {
  const { pool, original, time, signal, onStep, runName } = options;
  const step = async <T>(text: string, run: () => Promise<T>): Promise<T> => {
    if (signal.aborted) throw new Stopped();
    const value = await run();
    onStep(text);
    return value;
  };
  const client = await step("app client created", () => createClient(options, undos));
  // A domain for documentation, so nobody's mailbox: RFC 2606 section 3.
  const username = isNamedByEmail(options.poolSettings) ? `${runName}@example.com` : runName;
  await step("user created, without a message", () => createUser(options, username, undos));
  const api = rotates(original) || options.refreshApi === "get_tokens" ? "get_tokens" : "initiate_auth";
  const startedAtMs = await time.now();
  const signedIn = await step("signed in", () => pool.signIn(client, username, options.password));
  const tokens = await step("a first refresh works", () => pool.refresh(client, signedIn, api));
  return untilRefused({ ...options, client, tokens, api, startedAtMs });
}

async function createClient({ pool, original, runName }: LiveRehearsalOptions, undos: Undo[]): Promise<UsableClient> {
  let created: UsableClient | null = null;
  undos.push({
    what: `app client ${runName}`,
    async run() {
      if (created !== null) await pool.deleteClient(created.clientId);
      // An answer may have been lost: then there is one that nobody has heard of, and the SDK's next attempt has made another.
      for (const { clientId, name } of await pool.listClients()) if (name === runName) await pool.deleteClient(clientId);
    },
  });
  created = await pool.createClient(temporaryClient(original, pool.target.poolId, runName));
  return created;
}

async function createUser({ pool, password, runName }: LiveRehearsalOptions, username: string, undos: Undo[]): Promise<void> {
  undos.push({ what: `user ${runName}`, run: () => pool.deleteUser(username) });
  await pool.createUser(username, password);
}

interface Questions extends LiveRehearsalOptions {
  readonly client: UsableClient;
  readonly tokens: LiveTokens;
  readonly api: "initiate_auth" | "get_tokens";
  readonly startedAtMs: number;
}

async function untilRefused(options: Questions): Promise<LiveOutcome> {
  const { pool, client, api, time, signal, startedAtMs, original } = options;
  let tokens = options.tokens;
  for (let question = 0; ; question++) {
    await waitUntil(options, startedAtMs + (WAIT_MINUTES + question) * MINUTE_MS);
    if (signal.aborted) throw new Stopped();
    const minutes = Math.round((await time.now()) - startedAtMs) / MINUTE_MS;
    try {
      tokens = await pool.refresh(client, tokens, api);
    } catch (error) {
      const verdict = verdictOf(error);
      if (verdict.kind === "unavailable" && question < MOST_QUESTIONS - 1) continue;
      const recording: Recording = {
        recorded_at: new Date(await time.now()).toISOString(),
        region: pool.target.region,
        operation: api === "get_tokens" ? "GetTokensFromRefreshToken" : "InitiateAuth",
        rotation: rotates(original),
        confidential_client: client.secret !== null,
        refresh_token_validity_minutes: REFRESH_VALIDITY_MINUTES,
        asked_after_minutes: Math.round(minutes),
        answer: answerOf(error),
        verdict,
      };
      return { kind: "answered", recording, asPromised: isExpired(verdict) };
    }
    if (question >= MOST_QUESTIONS - 1) return { kind: "never_expired", minutes: Math.round(minutes) };
  }
}

async function waitUntil({ time, signal, onWait, startedAtMs }: Questions, untilMs: number): Promise<void> {
  for (;;) {
    const nowMs = await time.now();
    onWait(Math.min(nowMs, untilMs) - startedAtMs, untilMs - startedAtMs);
    if (signal.aborted || nowMs >= untilMs) return;
    await time.pause(Math.min(LONGEST_PAUSE_MS, untilMs - nowMs), signal);
  }
}
