/** Says on stderr what is being done and how long everything will still take. */
export interface Progress {
  /** What begins now, and how many seconds it is thought to take. */
  begin(what: string, seconds: number): void;
}

/** From this share on, what it took says how much longer than planned the rest will take. */
const ENOUGH_TO_TELL = 0.1;

/** @param planned the sum of what `begin` will be told. */
export function createProgress(planned: number, now: () => number = () => performance.now() / 1000): Progress {
  const startedAt = now();
  let begun = 0;
  return {
    begin(what, seconds) {
      // What was not foreseen so far will not be foreseen later: starting, warming up, a machine that is busy.
      const slower = begun < planned * ENOUGH_TO_TELL ? 1 : Math.max(1, (now() - startedAt) / begun);
      const left = Math.max(0, planned - begun) * slower;
      begun += seconds;
      process.stderr.write(`${what}; about ${left < 90 ? `${Math.ceil(left)} s` : `${Math.ceil(left / 60)} min`} left\n`);
    },
  };
}
