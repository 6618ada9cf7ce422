/*
 * Whether a piece of code takes time in proportion to its input. Never by the clock alone, and in time on the processor, or a busy machine would
 * decide: a text of 32 kB is compared with a quarter of it (linear code takes 4 times as long, quadratic code 16), and with a plain scan of the
 * same text.
 */

/** As long as a whole head may be. */
const LONGEST = 32 * 1024;
/** What is not slower than so many plain scans is quick whatever its growth; a quadratic search is slower than ten thousand. */
const QUICK_SCANS = 500;
const MOST_GROWTH = 10;
/** What quadratic code takes for the whole, in times of a quarter; more than quadratic code is slow on a quarter already. */
const QUADRATIC_GROWTH = 16;
const ROUNDS = 3;
/** The engine compiles a regular expression after some runs, and takes a multiple of the time until then. */
const SHORT_RUNS = 8;

/** Hostile text of one kind: a quarter, and the whole. */
export interface Attack {
  readonly short: string;
  readonly long: string;
}

/** @param make a text of about so many characters. */
export function attackOf(make: (length: number) => string): Attack {
  // Flat: what is put together is copied when it is first read, which would count as the parser's time.
  const flat = (length: number) => Buffer.from(make(length), "utf16le").toString("utf16le");
  return { short: flat(LONGEST / 4), long: flat(LONGEST) };
}

function scan(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (sum + text.charCodeAt(i)) | 0;
  return sum;
}

/** What this process has had of a processor: what it waits while others have it does not count. Milliseconds. */
function spent(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The quickest of some runs, milliseconds: whatever disturbs a run makes it slower, never quicker. */
export function quickest(run: () => unknown, runs: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const before = spent();
    run();
    best = Math.min(best, spent() - before);
  }
  return best;
}

const scanned = quickest(() => scan("x".repeat(LONGEST)), 200);

/** What is wrong with a parser's time on texts of a kind; null where nothing is. */
export function growthFault(parse: (text: string) => unknown, { short, long }: Attack): string | null {
  // Nearly all end here, at a quarter of the cost: were it quadratic, it would still be quick.
  if ((quickest(() => parse(short), 1) / scanned) * QUADRATIC_GROWTH <= QUICK_SCANS) return null;
  let growth = Number.POSITIVE_INFINITY;
  let scans = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const took = quickest(() => parse(long), 1);
    scans = Math.min(scans, took / scanned);
    if (scans <= QUICK_SCANS) return null;
    growth = Math.min(growth, took / quickest(() => parse(short), SHORT_RUNS));
    if (growth <= MOST_GROWTH) return null;
  }
  return `${growth.toFixed(0)} times as long for 4 times as much, ${scans.toFixed(0)} times as long as a scan: ${JSON.stringify(long.slice(0, 40))}…`;
}

const RUN_OF = [
  " ",
  "\t",
  "\r\n",
  "a",
  "A",
  "0",
  "f",
  "/",
  ".",
  ";",
  ",",
  "=",
  '"',
  "\\",
  "%",
  "-",
  "_",
  ":",
  "&",
  "?",
  "#",
  "~",
  "+",
  "[",
  "<",
  "é",
  "\u{1f600}",
];
const PAIRS = [
  "a=",
  'a="',
  "; ",
  ", ",
  " ,",
  '\\"',
  "/.",
  "/;",
  "/ ",
  "..;",
  "%2f",
  "%252f",
  "%25",
  "%c3%a9",
  "-a",
  ".a",
  ":1",
  "a b",
  "a, ",
  "=;",
  "a=b;",
  "a=b&",
  "q=0,",
  "1.1.1.1,",
  "::",
  "bff-session=a;",
  "Root=1-",
  "text/html",
  "}{",
];

/** Runs of one piece, alone and between two characters that it does not go on to. */
export const ATTACKS: readonly Attack[] = [...RUN_OF, ...PAIRS].flatMap((piece) => {
  const run = (length: number) => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
  return [attackOf(run), attackOf((length) => `x${run(length)}x`), attackOf((length) => `${run(length)}\u0001`)];
});
