import type { Finding } from "../finding.js";
import { aligned, counted, wrapped } from "../text.js";
import type { EndedSessions, LogTally, Told } from "./log-tally.js";
import { atOnce, pileInWords, pilesOf } from "./shapes.js";
import { verdictsOf } from "./verdicts.js";
import { ageInWords, timeInWords } from "./words.js";

/** What a log says, for people and for machines. */
export interface LogReport {
  readonly findings: readonly Finding[];
  /** What was read and counted, a few lines. */
  readonly text: string;
  readonly document: object;
}

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

function inOrder({ causes }: LogTally): readonly EndedSessions[] {
  return [...causes.values()].filter(({ sessions }) => sessions > 0).sort((a, b) => b.sessions - a.sessions);
}

function agesInWords({ ages }: EndedSessions): string {
  if (ages.count === 0) return "not known";
  const piles = pilesOf(ages);
  if (piles.length > 0) return piles.map(pileInWords).join(", ");
  if (ages.min === ages.max) return ageInWords(ages.min);
  return `${ageInWords(ages.min)} to ${ageInWords(ages.max)}, half by ${ageInWords(ages.quantile(0.5) ?? ages.min)}`;
}

function causeLines(tally: LogTally): readonly string[] {
  const causes = inOrder(tally);
  if (causes.length === 0) return [];
  const counts = causes.map(({ sessions }) => sessions.toLocaleString("en"));
  const width = Math.max(8, ...counts.map((count) => count.length));
  return [
    "",
    ...aligned([
      ["  cause", "sessions".padStart(width), "age at the end"],
      ...causes.map((of, index) => [`  ${of.cause}`, (counts[index] ?? "").padStart(width), agesInWords(of)]),
    ]),
  ];
}

function headLines(tally: LogTally): readonly string[] {
  const { fromMs, toMs, others, firstOther, toldAgain, people } = tally;
  const span = fromMs === null || toMs === null ? "" : `, ${timeInWords(fromMs)} to ${timeInWords(toMs)}`;
  const persons = people === 0 ? "" : ` of ${people.toLocaleString("en")} ${people === 1 ? "person" : "people"}`;
  const sentences = [
    `${counted(tally.lines, "line")}, ${tally.ours.toLocaleString("en")} of them the proxy's about sessions${span}.`,
    others === 0
      ? ""
      : `${counted(others, "line")} ${others === 1 ? "is" : "are"} no JSON and passed over, the first at line ${(firstOther ?? 0).toLocaleString("en")}.`,
    `${counted(tally.ended, "session")}${persons} ended, ${tally.started.toLocaleString("en")} began.`,
    toldAgain === 0 ? "" : `${counted(toldAgain, "line")} told of an end again, as each process does: counted once.`,
  ];
  return sentences.filter((sentence) => sentence !== "").flatMap((sentence) => wrapped(sentence, ""));
}

function causeDocument(of: EndedSessions): object {
  const { cause, sessions, replaced, ages, times } = of;
  const burst = atOnce(times);
  return {
    cause,
    sessions,
    replaced,
    age_seconds: {
      known: ages.count,
      min: ages.count === 0 ? null : ages.min,
      median: ages.quantile(0.5),
      p90: ages.quantile(0.9),
      max: ages.count === 0 ? null : ages.max,
      resolution: ages.resolution,
      piles: pilesOf(ages),
    },
    at_once: burst === null ? null : { from: iso(burst.from * 1_000), to: iso(burst.to * 1_000), sessions: burst.count },
  };
}

function toldDocument({ name, count, times }: Told): object {
  const [from, to] = times.count === 0 ? [null, null] : [iso(times.min * 1_000), iso(times.max * 1_000)];
  return { name, count, from, to };
}

export function reportOf(tally: LogTally): LogReport {
  const text = [...headLines(tally), ...causeLines(tally)].join("\n");
  const document = {
    lines: tally.lines,
    no_json: tally.others,
    first_no_json: tally.firstOther,
    of_the_proxy: tally.ours,
    from: iso(tally.fromMs),
    to: iso(tally.toMs),
    started: tally.started,
    renewed: tally.renewed,
    ended: tally.ended,
    told_again: tally.toldAgain,
    people: tally.people,
    lines_lost: tally.linesLost,
    causes: inOrder(tally).map(causeDocument),
    problems: [...tally.problems.values()].map(toldDocument),
    alerts: [...tally.alerts.values()].map(toldDocument),
  };
  return { findings: verdictsOf(tally), text, document };
}
