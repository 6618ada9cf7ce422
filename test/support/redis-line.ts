import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** The line between processes and a Redis, which a test can cut. */
export interface RedisLine {
  readonly url: string;
  /** Whether there is one. */
  reachable(is: boolean): void;
  /** Whether what the server says to subscribers arrives; silent ones are cut once it does again, as a network does that lost something. */
  listening(is: boolean): void;
  /** Whether packets vanish, both ways and without a word; what was connected then is dead for good. */
  vanish(is: boolean): void;
  /** The server is another one, as after a fail-over. */
  moveTo(port: number): void;
  /** What is connected now hears nothing any more and is not told; who connects anew is served. */
  halfOpen(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly near: Socket;
  subscribes: boolean;
  halfOpen: boolean;
}

export async function openRedisLine(firstPort: number): Promise<RedisLine> {
  let port = firstPort;
  const pairs = new Set<Pair>();
  let [reachable, listening, vanishing] = [true, true, false];
  const cut = (which: (pair: Pair) => boolean) => {
    for (const pair of pairs) if (which(pair)) pair.near.destroy();
  };
  const server = createServer((near) => {
    near.on("error", () => {});
    if (!reachable) {
      near.destroy();
      return;
    }
    const far = connect(port, "127.0.0.1").on("error", () => near.destroy());
    const pair: Pair = { near, subscribes: false, halfOpen: false };
    pairs.add(pair);
    near.on("data", (bytes) => {
      if (vanishing) return;
      pair.subscribes ||= /subscribe/i.test(bytes.toString("latin1"));
      far.write(bytes);
    });
    far.on("data", (bytes) => void (!vanishing && !pair.halfOpen && (listening || !pair.subscribes) && near.write(bytes)));
    far.on("close", () => near.destroy());
    near.on("close", () => {
      far.destroy();
      pairs.delete(pair);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reachable(is) {
      reachable = is;
      if (!is) cut(() => true);
    },
    listening(is) {
      listening = is;
      if (is) cut(({ subscribes }) => subscribes);
    },
    vanish(is) {
      vanishing = is;
      // What was lost on the way will not be sent again; the other end finds out when it speaks.
      if (!is) cut(() => true);
    },
    moveTo(next) {
      port = next;
      cut(() => true);
    },
    halfOpen() {
      for (const pair of pairs) pair.halfOpen = true;
    },
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut(() => true);
      return closed;
    },
  };
}
