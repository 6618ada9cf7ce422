import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContestantName } from "../contestants.js";
import type { MixName } from "../mixes.js";
import { outcomeOf, TARGETS, type Target, verdictOn } from "../targets.js";
import { spread } from "./figures.js";
import type { Machine } from "./machine.js";
import { type Row, type Section, sectionText, tableOf } from "./section.js";

/** One run of the bench. */
export interface Report {
  /** YYYY-MM-DD */
  readonly date: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  /** The API that stood behind everybody. */
  readonly upstream: string;
  readonly sections: readonly Section[];
  /** Who or what was not measured, and why. */
  readonly skipped: Skipped;
}

/** By mix, by contestant, or by one contestant in one mix, as `inMix` names it. */
export type Skipped = ReadonlyMap<string, string>;

export function inMix(name: ContestantName, mix: MixName): string {
  return `${name} in ${mix}`;
}

const UNITS = { times: "", plus: " kB" } as const;

function bound({ of, against, compared }: Target, most: number): string {
  return compared === "times" ? `${of} ≤ ${most} × ${against}` : `${of} ≤ ${against} + ${most} kB`;
}

function whyNot({ mix, of, against }: Target, skipped: Skipped): string {
  const causes = [mix, inMix(of, mix), inMix(against, mix), of, against].map((cause) => skipped.get(cause));
  return causes.find((why) => why !== undefined) ?? "this run left it out";
}

function verdictOf(target: Target, sections: readonly Section[], skipped: Skipped): Row {
  const { mix, against, most, stretch, compared } = target;
  const what = { Mix: mix, Target: bound(target, most) };
  const outcome = outcomeOf(target, sections.find((section) => section.mix === mix)?.figures ?? {});
  switch (outcome.kind) {
    case "absent":
      return { ...what, Measured: "", Verdict: `not measured: ${whyNot(target, skipped)}`, Stretch: "" };
    case "uneven": {
      const why = `the machine ran so unevenly that ${against} seemed to take nothing in ${outcome.without} of ${outcome.rounds} rounds`;
      return { ...what, Measured: "", Verdict: `not measured: ${why}`, Stretch: "" };
    }
    case "measured": {
      const { quartiles } = outcome;
      const beyond = stretch === undefined ? "" : `≤ ${stretch}: ${verdictOn(stretch, quartiles)}`;
      return { ...what, Measured: spread(quartiles) + UNITS[compared], Verdict: verdictOn(most, quartiles), Stretch: beyond };
    }
  }
}

/** Each target with what it came to. */
export function verdicts(sections: readonly Section[], skipped: Skipped): readonly Row[] {
  return TARGETS.map((target) => verdictOf(target, sections, skipped));
}

export function verdictsText(sections: readonly Section[], skipped: Skipped): string {
  return `## Targets\n\nA target holds where the upper quartile of its rounds does.\n\n${tableOf(verdicts(sections, skipped))}\n`;
}

export function skippedText(skipped: Skipped): string {
  return [...skipped].map(([name, why]) => `- skipped: ${name}, since ${why}\n`).join("");
}

/** For people. */
export function reportText({ date, machine, versions, upstream, sections, skipped }: Report): string {
  const { cpu, cores, memoryGib, system, pinned } = machine;
  const cpus = pinned ? "proxies pinned to one core, everything else to another" : "nothing pinned to a core";
  return [
    `# ${date}\n`,
    `${cpu}, ${cores} cores, ${memoryGib} GiB, ${system}; ${cpus}. The API behind everybody: ${upstream}.\n`,
    "Ratios are those of one round each, given as median (lower quartile to upper quartile); see [the bench](../README.md).\n",
    verdictsText(sections, skipped),
    ...sections.map(sectionText),
    ...(skipped.size === 0 ? [] : [`## Skipped\n\n${skippedText(skipped)}`]),
    `## Versions\n\n${tableOf(Object.entries(versions).map(([name, version]) => ({ Name: name, Version: version })))}\n`,
  ].join("\n");
}

/** For programs. */
function reportJson({ skipped, sections, ...rest }: Report): string {
  const measured = sections.map(({ mix, title, how, unit, figures, rounds }) => ({ mix, title, how, unit, figures, rounds }));
  const all = { ...rest, verdicts: verdicts(sections, skipped), skipped: Object.fromEntries(skipped), sections: measured };
  return `${JSON.stringify(all, (_key, value) => (typeof value === "number" ? Number(value.toPrecision(6)) : value), 2)}\n`;
}

/** Writes DATE.json and DATE.md. @returns their paths. */
export function saveReport(report: Report, directory: string): readonly string[] {
  mkdirSync(directory, { recursive: true });
  const files = { json: reportJson(report), md: reportText(report) };
  return Object.entries(files).map(([type, text]) => {
    const path = join(directory, `${report.date}.${type}`);
    writeFileSync(path, text);
    return path;
  });
}
