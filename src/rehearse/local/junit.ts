import type { ScenarioResult } from "./rehearsal.js";

// XML 1.0, 2.2: no other control character may stand in a document, not even escaped.
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;" };

function escaped(text: string): string {
  return text.replaceAll(FORBIDDEN, "�").replaceAll(/[&<>"\n]/g, (character) => ESCAPES[character] ?? character);
}

/** The results as JUnit XML, which CI systems show by themselves: one test case for each scenario. */
export function junitXml(results: readonly ScenarioResult[], seconds: number): string {
  const count = (outcome: ScenarioResult["outcome"]) => results.filter((result) => result.outcome === outcome).length;
  const totals = `tests="${results.length}" failures="${count("failed")}" errors="0" skipped="${count("skipped")}" time="${seconds.toFixed(3)}"`;
  const cases = results.map((result) => {
    const open = `    <testcase classname="cognito-bff.rehearse" name="${escaped(`${result.name}: ${result.title}`)}" time="${result.seconds.toFixed(3)}"`;
    if (result.outcome === "passed") return `${open}/>`;
    if (result.outcome === "skipped") return `${open}><skipped message="${escaped(result.because)}"/></testcase>`;
    return `${open}><failure message="${escaped(result.faults[0] ?? "")}">${escaped(result.faults.join("\n"))}</failure></testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${totals}>`,
    `  <testsuite name="cognito-bff rehearse" ${totals}>`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}
