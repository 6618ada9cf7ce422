import { fastifyCookie } from "@fastify/cookie";
import fastify from "fastify";
import type { Clock } from "../../model/clock.js";
import { authTimeOf, type Session, type SessionId } from "../../model/session.js";
import type { CookieWriter } from "../../store/cookies.js";
import type { Sealer } from "../../store/sealing.js";
import type { SignInCause } from "../../wire/reasons.js";
import { type LoginState, openState } from "./login-state.js";
import { isAnswerTo, isOfThisTime, type LoginTransaction, openLogin, sealLogin } from "./login-transaction.js";

const MOST_LOGINS = 5;
/** What one takes at most, name included. */
const LONGEST_LOGIN_BYTES = 1024;
/** Whoever fills the Cookie header with names like ours gets no answer many times as long. */
const MOST_CLEARED = 20;
const ID = /^[A-Za-z0-9_-]{1,32}$/;

/** What came of looking for the transaction that a callback answers. */
export type FoundLogin =
  | { readonly kind: "transaction"; readonly transaction: LoginTransaction }
  /** `state`: what it carries, where it bears our seal. */
  | {
      readonly kind: "none";
      readonly cause: SignInCause;
      readonly state: LoginState | null;
      /** When it was begun, where that is why: by a clock too far from this one. */
      readonly begunAtMs?: number;
    };

export interface LoginCookiesOptions {
  readonly cookies: CookieWriter;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly budgetBytes: number;
}

/** The transactions of one browser, in its cookies. What is returned to be set are Set-Cookie values. */
export interface LoginCookies {
  /** Keeps a transaction just begun, and gives up those that have no room beside it. */
  begin(header: string | undefined, transaction: LoginTransaction): string[];
  find(header: string | undefined, state: string | undefined): FoundLogin;
  clear(id: string): string;
  /** The sign-ins under way have to be new ones, now that their person has signed out of a session. */
  demandNew(header: string | undefined, session: Session): string[];
  /** The other tabs' sign-ins under way replace this session now, when they end: they began before it was there. */
  handOver(header: string | undefined, finished: LoginTransaction, previous: SessionId): string[];
}

interface LoginCookie {
  readonly id: string;
  readonly sealed: string;
  readonly bytes: number;
}

let loaded: Promise<void> | null = null;

/**
 * Makes @fastify/cookie's `parse` and `serialize` usable: it loads what they work with when it is registered. The app that embeds us may have
 * registered it with options for its own cookies, or another copy of it, so ours is registered with an app that serves nobody.
 */
export function loadLoginCookies(): Promise<void> {
  loaded ??= Promise.resolve(fastify().register(fastifyCookie, { hook: false }).ready()).then(() => {});
  return loaded;
}

/** @fastify/cookie must be loaded by the time a cookie is read or written: `loadLoginCookies`. */
export function createLoginCookies({ cookies, sealer, clock, budgetBytes }: LoginCookiesOptions): LoginCookies {
  const { names, loginAttributes } = cookies;
  const setLogin = (id: string, sealed: string) => fastifyCookie.serialize(names.loginPrefix + id, sealed, loginAttributes);
  const clearLogin = (id: string) => fastifyCookie.serialize(names.loginPrefix + id, "", { ...loginAttributes, maxAge: 0 });

  /** The login cookies of a header, and how many bytes our other ones take. */
  function read(header = ""): { logins: LoginCookie[]; otherBytes: number } {
    const logins: LoginCookie[] = [];
    let otherBytes = 0;
    for (const [name, value] of Object.entries(fastifyCookie.parse(header))) {
      const bytes = name.length + value.length + 3;
      const id = name.startsWith(names.loginPrefix) ? name.slice(names.loginPrefix.length) : null;
      if (id !== null && ID.test(id)) logins.push({ id, sealed: value, bytes });
      // Not those of another app on localhost, which would leave this one no room.
      else if (name === names.ended || name === names.session || name.startsWith(`${names.session}.`)) otherBytes += bytes;
    }
    return { logins, otherBytes };
  }

  function open({ id, sealed }: LoginCookie): LoginTransaction | null {
    const transaction = openLogin(id, sealed, sealer);
    return transaction && isOfThisTime(transaction, clock.now()) ? transaction : null;
  }

  /** Those that do not open, those beyond the newest few, and those for which the budget has no room beside the ticket. */
  function stale({ logins, otherBytes }: ReturnType<typeof read>): LoginCookie[] {
    let left = budgetBytes - otherBytes - LONGEST_LOGIN_BYTES;
    return logins
      .map((login) => ({ login, begunAtMs: open(login)?.begunAtMs ?? null }))
      .sort((a, b) => (b.begunAtMs ?? 0) - (a.begunAtMs ?? 0))
      .filter(({ login, begunAtMs }, index) => {
        left -= login.bytes;
        return begunAtMs === null || index >= MOST_LOGINS - 1 || left < 0;
      })
      .map(({ login }) => login);
  }

  /** Seals those under way again, each with what has changed. */
  function reseal(header: string | undefined, change: (login: LoginTransaction) => LoginTransaction | null): string[] {
    return read(header).logins.flatMap((login) => {
      const transaction = open(login);
      const changed = transaction && change(transaction);
      return changed ? [setLogin(changed.id, sealLogin(changed, sealer))] : [];
    });
  }

  return {
    begin(header, transaction) {
      const cleared = stale(read(header)).slice(0, MOST_CLEARED);
      return [...cleared.map(({ id }) => clearLogin(id)), setLogin(transaction.id, sealLogin(transaction, sealer))];
    },

    find(header, given) {
      if (given === undefined || given === "") return { kind: "none", cause: "state_missing", state: null };
      const state = openState(given, sealer);
      if (!state) return { kind: "none", cause: "state_mismatch", state };
      for (const login of read(header).logins) {
        const transaction = login.id === state.id ? openLogin(login.id, login.sealed, sealer) : null;
        if (!transaction || !isAnswerTo(transaction, state)) continue;
        if (isOfThisTime(transaction, clock.now())) return { kind: "transaction", transaction };
        return { kind: "none", cause: "transaction_expired", state, begunAtMs: transaction.begunAtMs };
      }
      return { kind: "none", cause: "transaction_expired", state };
    },

    clear: clearLogin,

    demandNew(header, session) {
      const newerThanSeconds = authTimeOf(session);
      return reseal(header, (login) => {
        const { begunAtMs, begunForCognitoMs } = login;
        return { ...login, demand: { newerThanSeconds, begunAtMs, begunForCognitoMs } };
      });
    },

    handOver: (header, finished, previous) => reseal(header, (login) => (login.id === finished.id ? null : { ...login, previous })),
  };
}
