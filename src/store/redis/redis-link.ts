import { createHash } from "node:crypto";
import type { Cancel, Clock } from "../../model/clock.js";
import { Listeners } from "../../model/listeners.js";
import { describeError, type Log } from "../../model/log.js";
import type { Secret } from "../../model/secret.js";

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
  /** Once both are there for the first time. */
  readonly ready: Promise<void>;
  /** Ends both, whatever is under way. */
  close(): void;
}

export interface RedisConnectionsOptions {
  readonly url: Secret;
  readonly channel: string;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
}

const CONNECT_DEADLINE_MS = 2_000;
/** Half-open connections are found by silence: something is asked on each more often than this. */
const SILENCE_MS = { commands: 2_000, subscription: 1_000 };
const PING_EVERY_MS = 500;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;
const LOGGED_EVERY_MS = 10_000;

function clientOptions({ url, random }: RedisConnectionsOptions) {
  return {
    url: url.reveal(),
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: "disabled" as const,
    socket: {
      connectTimeout: CONNECT_DEADLINE_MS,
      // Many replicas come back to one server at the same moment.
      reconnectStrategy: (retries: number) =>
        Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(retries, 10)) * (0.5 + random() / 2),
    },
  };
}

/** Says that a connection is lost, at most every ten seconds. */
function createComplaint({ clock, log }: RedisConnectionsOptions): (error: unknown) => void {
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  return (error) => {
    const nowMs = clock.monotonicMs();
    if (nowMs - loggedAtMs < LOGGED_EVERY_MS) return;
    loggedAtMs = nowMs;
    log.warn({ error: describeError(error) }, "the session store cannot be reached; it is tried again");
  };
}

type Client = ReturnType<typeof import("@redis/client").createClient>;

interface Watched {
  readonly current: () => Client;
  close(): void;
}

/**
 * A client that is replaced once its server is silent: the package's own timeout counts what is sent as a sign of life, and a half-open connection
 * would be kept until the kernel gives it up, a quarter of an hour later.
 */
function watch(create: () => Client, silenceMs: number, clock: Clock, lost: () => void): Watched {
  let client = create();
  let closed = false;
  let cancel = clock.deadline(PING_EVERY_MS, look);

  function look(): void {
    const asked = client;
    const silent = clock.deadline(silenceMs, () => {
      if (closed) return;
      asked.destroy();
      lost();
      client = create();
    });
    const answered = () => {
      silent();
      if (!closed) cancel = clock.deadline(PING_EVERY_MS, look);
    };
    // One without a connection rejects at once; it goes on trying by itself.
    asked.ping().then(answered, answered);
  }

  return {
    current: () => client,
    close() {
      closed = true;
      cancel();
      client.destroy();
    },
  };
}

function createLink(current: () => Client): RedisLink {
  const command = (...args: readonly string[]): Promise<Reply> => current().sendCommand([...args]);
  return {
    command,
    async run({ text, sha }, keys, args) {
      const rest = [String(keys.length), ...keys, ...args];
      try {
        return await command("EVALSHA", sha, ...rest);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
        return command("EVAL", text, ...rest);
      }
    },
  };
}

/**
 * Connects to one server, one connection for commands and one for messages, and goes on trying by itself. Returns at once: until a connection is
 * there commands reject.
 */
export async function connectRedis(options: RedisConnectionsOptions): Promise<RedisConnections> {
  // Later than the file: who keeps sessions in cookies never loads it.
  const { createClient } = await import("@redis/client");
  const complain = createComplaint(options);
  const [onSubscribed, onLost] = [new Listeners<[]>(), new Listeners<[]>()];
  const onMessage = new Listeners<[message: string]>();

  function connect(prepare: (client: Client) => void, lost: (error: unknown) => void): Client {
    const client: Client = createClient(clientOptions(options));
    client.on("error", lost);
    prepare(client);
    // Rejects only where it was closed before it was ready.
    client.connect().catch(() => {});
    return client;
  }

  function listen(client: Client): void {
    let subscribedBefore = false;
    client.on("ready", () => {
      // From the second connection on the client has subscribed again before it is ready.
      if (subscribedBefore) {
        onSubscribed.tell();
        return;
      }
      client
        .subscribe(options.channel, (message) => onMessage.tell(message))
        .then(() => {
          subscribedBefore = true;
          onSubscribed.tell();
        })
        .catch(complain);
    });
  }

  const subscribed = new Promise<void>((resolve) => void onSubscribed.add(resolve));
  let isReady = () => {};
  const commandsReady = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const hearingLost = (error: unknown) => {
    onLost.tell();
    complain(error);
  };
  const commands = watch(
    () => connect((client) => void client.on("ready", isReady), complain),
    SILENCE_MS.commands,
    options.clock,
    () => {},
  );
  const listening = watch(
    () => connect(listen, hearingLost),
    SILENCE_MS.subscription,
    options.clock,
    () => onLost.tell(),
  );

  return {
    link: createLink(commands.current),
    ready: Promise.all([commandsReady, subscribed]).then(() => {}),
    subscription: {
      onSubscribed: (listener) => onSubscribed.add(listener),
      onLost: (listener) => onLost.add(listener),
      onMessage: (listener) => onMessage.add(listener),
      ping: () =>
        listening
          .current()
          .ping()
          .then(() => {}),
    },
    close() {
      commands.close();
      listening.close();
    },
  };
}
