import { createHash } from "node:crypto";
import type { Cancel, Clock } from "../../model/clock.js";
import { Listeners } from "../../model/listeners.js";
import type { Log } from "../../model/log.js";
import type { Secret } from "../../model/secret.js";
import { parseRedisUrl, type RedisPlace } from "../../network/redis-place.js";
import { StoreAway } from "../session-store.js";
import { type OpenedClient, openClient } from "./connection/client.js";
import { commandsTo, type Send } from "./connection/commands.js";
import { accessTo, type IamOptions } from "./connection/credentials.js";
import { keep } from "./connection/kept.js";
import { renewLogins } from "./connection/renewal.js";
import { createStoreState, type StoreState } from "./connection/state.js";
import { clearly } from "./connection/trouble.js";

/** An answer as the server gives it; who asked knows its shape and parses it. */
export type Reply = unknown;

/** A Lua script, which the server knows by its hash once it has run there. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

export function script(text: string): Script {
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

/** Asks the server. Everything rejects at once where there is no connection: nothing waits in a queue for one. */
export interface RedisLink {
  /** In a cluster it goes to whoever has the slot of the key, which is the word behind the command's. */
  command(...args: readonly string[]): Promise<Reply>;
  /** All keys are of one slot. */
  run(what: Script, keys: readonly string[], args: readonly string[]): Promise<Reply>;
}

/** A connection that only listens. */
export interface RedisSubscription {
  /** Once for each connection that messages are heard on, with the first. */
  onSubscribed(listener: () => void): Cancel;
  /** The connection is gone; the next is being made. */
  onLost(listener: () => void): Cancel;
  onMessage(listener: (message: string) => void): Cancel;
  /** An answer has come after all messages of before. */
  ping(): Promise<void>;
}

export interface RedisConnections {
  readonly link: RedisLink;
  readonly subscription: RedisSubscription;
  readonly state: StoreState;
  /** Once all is there for the first time. Rejects where it is closed before. */
  readonly ready: Promise<void>;
  readonly place: RedisPlace["kind"];
  /** The same question to every server that has data of ours. */
  askAll(...args: readonly string[]): Promise<readonly Reply[]>;
  /** Once all that was asked has been answered or has failed, for a second at most. For the end of the process. */
  settled(): Promise<void>;
  /** Ends all, whatever is under way. */
  close(): void;
}

export interface RedisConnectionsOptions {
  /** `redis://` and its kin; docs/configuration.md, SESSION_STORE. */
  readonly url: Secret;
  /** PEM of who signs the servers' certificates; null, or left out: Node's own list. */
  readonly ca?: string | null;
  /** In place of a user and a password in the URL. */
  readonly iam?: IamOptions | null;
  readonly channel: string;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
}

/** A half-open connection is found by silence; until then messages may be lost. */
const SILENCE_MS = 1_000;
/** No command is waited for any longer (guarded-store.ts). */
const LONGEST_SETTLING_MS = 1_000;

function createLink(send: Send): RedisLink {
  return {
    command: (...args) => send(args[1], args),
    async run({ text, sha }, keys, args) {
      const rest = [String(keys.length), ...keys, ...args];
      try {
        return await send(keys[0], ["EVALSHA", sha, ...rest]);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
        return send(keys[0], ["EVAL", text, ...rest]);
      }
    },
  };
}

const first = (listeners: Listeners<[]>) => new Promise<void>((resolve) => void listeners.add(resolve));

/** Follows what nobody may be waiting for: an ending after its answer, a lease given back. */
function followed(link: RedisLink, clock: Clock): { readonly link: RedisLink; settled(): Promise<void> } {
  const onIdle = new Listeners<[]>();
  let asked = 0;
  function follow(answer: Promise<Reply>): Promise<Reply> {
    asked += 1;
    const over = () => {
      asked -= 1;
      if (asked === 0) onIdle.tell();
    };
    answer.then(over, over);
    return answer;
  }
  const passes = (ms: number) => new Promise<void>((resolve) => void clock.deadline(ms, resolve));
  return {
    link: { command: (...args) => follow(link.command(...args)), run: (...args) => follow(link.run(...args)) },
    async settled() {
      const untilMs = clock.monotonicMs() + LONGEST_SETTLING_MS;
      while (asked > 0 && clock.monotonicMs() < untilMs) {
        await Promise.race([first(onIdle), passes(untilMs - clock.monotonicMs())]);
        // Whoever asked may ask for something more.
        await passes(0);
      }
    },
  };
}

function placeOf(url: Secret): RedisPlace {
  const place = parseRedisUrl(url.reveal());
  // Nothing of it is repeated: it may hold a password.
  if (!place) throw new Error("the address of the session store cannot be read");
  return place;
}

/** Connects for commands, and once more for messages, and goes on trying by itself. Returns at once: until a connection is there commands reject. */
export async function connectRedis(options: RedisConnectionsOptions): Promise<RedisConnections> {
  const { channel, ca = null, iam = null, clock, random } = options;
  // Later than the file: who keeps sessions in cookies never loads it.
  const redis = await import("@redis/client");
  const place = placeOf(options.url);
  const access = accessTo(place, ca, iam, clock);
  const state = createStoreState(options);
  const [onThere, onSubscribed, onLost] = [new Listeners<[]>(), new Listeners<[]>(), new Listeners<[]>()];
  const onMessage = new Listeners<[message: string]>();
  const closing = new AbortController();
  const closed = new Promise<never>((_resolve, reject) => {
    closing.signal.addEventListener("abort", () => reject(new Error("closed before the session store was there")));
  });
  const ready = Promise.race([closed, Promise.all([first(onThere), first(onSubscribed)]).then(() => {})]);
  // Nobody may be waiting.
  ready.catch(() => {});
  onThere.add(state.there);
  onSubscribed.add(state.heard);

  const commands = commandsTo(place, {
    redis,
    access,
    clock,
    keepOne: (silenceMs, open) =>
      keep({ open, silenceMs, clock, random, onThere: () => onThere.tell(), onAway: (error) => state.away(clearly(error)) }),
  });
  const listening = keep<OpenedClient>({
    async open(over, lost) {
      const opened = await commands.greet(await openClient(redis, await commands.listenAt(over), access, over, lost));
      await opened.client.subscribe(channel, (message) => onMessage.tell(message));
      return opened;
    },
    silenceMs: SILENCE_MS,
    clock,
    random,
    onThere: () => onSubscribed.tell(),
    onAway(error) {
      onLost.tell();
      state.unheard(clearly(error));
    },
  });
  const listeners = () => [listening.current()].flatMap((opened) => (opened ? [opened.client] : []));
  const all = () => [...commands.clients(), ...listeners()];
  const cancelRenewal = iam && access.credentials ? renewLogins(all, access.credentials, options) : () => {};

  return {
    ...followed(createLink(commands.send), clock),
    place: place.kind,
    state,
    ready,
    subscription: {
      onSubscribed: (listener) => onSubscribed.add(listener),
      onLost: (listener) => onLost.add(listener),
      onMessage: (listener) => onMessage.add(listener),
      async ping() {
        const [client] = listeners();
        if (!client) throw new StoreAway();
        await client.ping();
      },
    },
    askAll: (...args) => Promise.all(commands.clients().map((client): Promise<Reply> => client.sendCommand([...args]))),
    close() {
      cancelRenewal();
      commands.close();
      listening.close();
      closing.abort();
    },
  };
}
