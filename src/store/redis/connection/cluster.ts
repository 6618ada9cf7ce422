import type { Clock } from "../../../model/clock.js";
import { withDeadline } from "../../../model/deadline.js";
import type { RedisAddress } from "../../../network/redis-place.js";
import { type Access, type Asked, clientOptions, destroy, type RedisPackage } from "./client.js";
import type { Opened } from "./kept.js";
import { clearly } from "./trouble.js";

type Cluster = ReturnType<typeof createClient>;

/** How long a node may take for an answer before its connection is given up: longer than to connect, since one that still connects cannot be. */
const NODE_SILENCE_MS = 2_500;

export interface OpenedCluster extends Opened {
  /** Where its masters are, as far as is known. */
  masters(): readonly RedisAddress[];
  /** Sends a command to whoever has the slot of a key; MOVED and ASK are followed. */
  send(key: string | undefined, args: readonly string[]): Promise<unknown>;
  /** The connections that are there. */
  clients(): readonly Asked[];
}

interface ClusterOptions {
  readonly redis: RedisPackage;
  /** Whom to ask for the others. */
  readonly nodes: readonly RedisAddress[];
  readonly access: Access;
  readonly clock: Clock;
}

function createClient({ redis, nodes, access }: ClusterOptions) {
  return redis.createCluster({
    rootNodes: nodes.map((socket) => ({ socket })),
    defaults: clientOptions(access),
    minimizeConnections: true,
  });
}

type Node = Cluster["masters"][number];

/** A connection that was closed is no node's any more: the next command makes another, instead of being refused for ever. */
function forgetClosed(cluster: Cluster): void {
  for (const node of cluster.nodeByAddress.values()) if (node.client && !node.client.isOpen) delete node.client;
}

/** Asks a node something; its connection is given up where it is silent. */
async function ping(cluster: Cluster, node: Node, clock: Clock): Promise<void> {
  try {
    await withDeadline(clock, NODE_SILENCE_MS, async () => (await cluster.nodeClient(node)).ping());
  } catch (error) {
    if (node.client) destroy(node.client);
    delete node.client;
    throw clearly(error);
  }
}

/**
 * Connects to a cluster by the package's client for one. Each node has one connection, made when it is needed; where one is lost, refused or silent, the
 * others go on, and the cluster is asked again for its nodes twice a second.
 */
export async function openCluster(options: ClusterOptions, over: AbortSignal, lost: (error: unknown) => void): Promise<OpenedCluster> {
  const cluster = createClient(options);
  let trouble: unknown = null;
  /** What is being asked: meanwhile nodes may be connecting, whose sockets the package would forget (client.ts). */
  let asking: Promise<unknown> = Promise.resolve();
  over.addEventListener("abort", () => void asking.finally(() => destroy(cluster)), { once: true });
  cluster.on("error", (error) => {
    trouble = error;
  });
  for (const event of ["node-error", "node-disconnect"]) cluster.on(event, () => forgetClosed(cluster));

  function pingAll() {
    const answers = Promise.allSettled(cluster.masters.map((node) => ping(cluster, node, options.clock)));
    asking = answers;
    return answers;
  }

  async function look(): Promise<void> {
    const answers = await pingAll();
    const refused = answers.filter((answer) => answer.status === "rejected");
    if (refused.length === 0 && answers.length > 0) return;
    if (refused.length === answers.length) lost(refused[0]?.reason ?? new Error("the cluster has no nodes"));
    // Another may have taken its slots over.
    else await cluster._slots.rediscover().catch(() => {});
  }

  try {
    const connecting = cluster.connect();
    asking = connecting.catch(() => {});
    await connecting;
  } catch (error) {
    // The package says that none could be reached; why is in what it told before.
    throw clearly(trouble ?? error);
  }
  const answers = await pingAll();
  const [first] = answers;
  if (!answers.some(({ status }) => status === "fulfilled"))
    throw first?.status === "rejected" ? first.reason : new Error("no node has slots");
  return {
    look,
    masters: () => cluster.masters.map(({ host, port }) => ({ host, port })),
    send: (key, args) => cluster.sendCommand(key, false, [...args]),
    clients: () => [...cluster.nodeByAddress.values()].flatMap(({ client }) => (client?.isReady ? [client] : [])),
  };
}
