import { type AddressInfo, connect, createServer } from "node:net";

/** What a line waits with: the bytes themselves, or what is answered to them. */
export type HeldPart = "request" | "answer";

export interface Hold {
  /** It has come as far as it is let. */
  readonly reached: Promise<void>;
  release(): void;
}

/** A line to a server on which a test holds single requests or their answers, by a text that stands in the request. */
export interface HeldLine {
  readonly port: number;
  hold(part: HeldPart, ...marks: readonly string[]): Hold;
  close(): Promise<void>;
}

interface Waiting {
  readonly part: HeldPart;
  readonly marks: readonly string[];
  readonly reach: () => void;
  readonly over: Promise<void>;
}

export async function openHeldLine(port: number): Promise<HeldLine> {
  const holds = new Set<Waiting>();
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    let [forward, back] = [Promise.resolve(), Promise.resolve()];
    near.on("data", (bytes) => {
      const text = bytes.toString("latin1");
      const held = [...holds].find(({ marks }) => marks.every((mark) => text.includes(mark)));
      if (held) holds.delete(held);
      const [before, after] = held?.part === "request" ? [held, null] : [null, held];
      forward = forward.then(async () => {
        before?.reach();
        await before?.over;
        far.write(bytes);
      });
      if (!after) return;
      far.once("data", () => after.reach());
      back = back.then(() => after.over);
    });
    far.on("data", (bytes) => {
      back = back.then(() => void near.write(bytes));
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on("error", () => {}).on("close", () => other.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    hold(part, ...marks) {
      let [reach, release] = [() => {}, () => {}];
      const reached = new Promise<void>((resolve) => {
        reach = resolve;
      });
      const over = new Promise<void>((resolve) => {
        release = resolve;
      });
      holds.add({ part, marks, reach, over });
      return { reached, release };
    },
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
