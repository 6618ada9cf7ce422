/** Processes that run side by side for some rounds. */
export interface Heat<P> {
  readonly players: ReadonlyMap<string, P>;
  stop(): Promise<void>;
}

export interface Match<P, T> {
  readonly rounds: number;
  start(): Promise<Heat<P>>;
  /** Before the first round of each process. */
  warmUp(player: P): Promise<unknown>;
  /** @param count how many take their turn. */
  roundBegins(round: number, count: number): void;
  turn(player: P): Promise<T>;
}

/** Everybody's turns, by name; what failed is told, and has no turns. */
export interface Turns<T> {
  readonly rounds: Readonly<Record<string, readonly T[]>>;
  readonly failed: ReadonlyMap<string, string>;
}

/**
 * Everybody is started anew after so many rounds: two processes of one program may differ by a tenth for as long as they live, by what was compiled
 * when and how large the heap has grown, and a verdict must not hang on one process's luck.
 */
export const ROUNDS_OF_A_PROCESS = 3;

/**
 * Lets everybody take a turn in each round, beginning with another one each time, so that nobody always comes after the same. Who fails once has no
 * figures: those of fewer rounds than the others' would be of another weather.
 */
export async function takeTurns<P, T>({ rounds, start, warmUp, roundBegins, turn }: Match<P, T>): Promise<Turns<T>> {
  const taken = new Map<string, T[]>();
  const failed = new Map<string, string>();
  const attempt = async (name: string, action: () => Promise<unknown>) => {
    if (failed.has(name)) return;
    await action().catch((error: unknown) => failed.set(name, error instanceof Error ? error.message : String(error)));
  };
  for (let begun = 0; begun < rounds; begun += ROUNDS_OF_A_PROCESS) {
    const { players, stop } = await start();
    try {
      for (const [name, player] of players) await attempt(name, () => warmUp(player));
      for (let round = begun; round < Math.min(rounds, begun + ROUNDS_OF_A_PROCESS); round++) {
        roundBegins(round, players.size);
        const order = [...players];
        for (let place = 0; place < order.length; place++) {
          const [name, player] = order[(place + round) % order.length] ?? [];
          if (name === undefined || player === undefined) continue;
          await attempt(name, async () => taken.set(name, [...(taken.get(name) ?? []), await turn(player)]));
        }
      }
    } finally {
      await stop();
    }
  }
  // Who did not start for every heat has fewer, too.
  const whole = [...taken].filter(([name, each]) => !failed.has(name) && each.length === rounds);
  return { rounds: Object.fromEntries(whole), failed };
}
