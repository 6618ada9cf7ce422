import type { RedisAddress } from "../../../network/redis-place.js";
import type { Opened } from "./kept.js";
import { clearly } from "./trouble.js";

export type RedisPackage = typeof import("@redis/client");
export type Client = ReturnType<RedisPackage["createClient"]>;

/** What any connection can be asked, a cluster's node among them. */
export interface Asked {
  sendCommand(args: string[]): Promise<unknown>;
}

export interface Credentials {
  readonly username?: string;
  readonly password?: string;
}

/** How every server of a place is spoken to. */
export interface Access {
  /** False: in the clear. `ca`: PEM of who signs their certificates, in place of Node's own list. */
  readonly tls: false | { readonly ca?: string };
  /** Asked for each connection; null where none are needed. */
  readonly credentials: (() => Promise<Credentials>) | null;
  readonly database?: number;
}

/** RESP3's type `(` (https://redis.io/docs/latest/develop/reference/protocol-spec/), as `RESP_TYPES` has it; the package is loaded later than this file. */
const BIG_NUMBER = 40;
const CONNECT_DEADLINE_MS = 2_000;

/** A client for one connection: who keeps it makes another one when it is lost, elsewhere if need be. Its queue is off: nothing waits for a connection. */
export function clientOptions({ tls, credentials, database = 0 }: Access) {
  return {
    disableOfflineQueue: true,
    disableClientInfo: true,
    // The package reads a number of any length digit by digit, and each digit takes as long as those before it: 300 kB stop a process for 20 s.
    commandOptions: { typeMapping: { [BIG_NUMBER]: String } },
    maintNotifications: "disabled" as const,
    ...(credentials ? { credentialsProvider: { type: "async-credentials-provider" as const, credentials } } : {}),
    ...(database === 0 ? {} : { database }),
    socket: {
      connectTimeout: CONNECT_DEADLINE_MS,
      reconnectStrategy: false as const,
      ...(tls ? { tls: true as const, ...tls } : {}),
    },
  };
}

/** Closes one in whatever state it is. */
export function destroy(client: { destroy(): void }): void {
  try {
    client.destroy();
  } catch {
    // It was closed already.
  }
}

export interface OpenedClient extends Opened {
  readonly client: Client;
}

/** Connects to a server. */
export async function openClient(
  { createClient }: RedisPackage,
  address: RedisAddress,
  access: Access,
  over: AbortSignal,
  lost: (error: unknown) => void,
): Promise<OpenedClient> {
  const options = clientOptions(access);
  const client: Client = createClient({ ...options, socket: { ...options.socket, ...address } });
  // The package forgets a socket that is still connecting when it is destroyed, and would keep it for ever.
  let isConnecting = true;
  client.on("connect", () => {
    isConnecting = false;
    if (over.aborted) destroy(client);
  });
  over.addEventListener("abort", () => !isConnecting && destroy(client), { once: true });
  client.on("error", (error) => lost(clearly(error)));
  if (over.aborted) throw new Error("it is over");
  try {
    await client.connect();
    // One that still loads its data from disk takes connections and refuses all else.
    await client.ping();
  } catch (error) {
    throw clearly(error);
  }
  return { client, look: () => client.ping() };
}
