/** Says on stderr what is being done and how long everything will still take. */
export interface Progress {
  /** What begins now, and how many seconds it is thought to take. */
  begin(what: string, seconds: number): void;
}

interface Surroundings {
  /** Seconds. */
  readonly now: () => number;
  readonly say: (line: string) => void;
}

const ownSurroundings: Surroundings = {
  now: () => performance.now() / 1000,
  say: (line) => process.stderr.write(`${line}\n`),
};

/** From this share on, what it took says how much longer than planned the rest will take. */
const ENOUGH_TO_TELL = 0.1;
const SECONDS_PER_MINUTE = 60;
/** Above this, minutes say enough. */
const LONG_SECONDS = 90;

/** @param planned the sum of what `begin` will be told. */
export function createProgress(planned: number, { now, say }: Surroundings = ownSurroundings): Progress {
  const startedAt = now();
  let begun = 0;
  return {
    begin(what, seconds) {
      // What was not foreseen so far will not be foreseen later, such as a machine that is busy with something else.
      const slower = begun < planned * ENOUGH_TO_TELL ? 1 : Math.max(1, (now() - startedAt) / begun);
      const left = Math.max(0, planned - begun) * slower;
      begun += seconds;
      say(`${what}; about ${left < LONG_SECONDS ? `${Math.ceil(left)} s` : `${Math.ceil(left / SECONDS_PER_MINUTE)} min`} left`);
    },
  };
}
