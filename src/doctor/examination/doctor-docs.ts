import type { Check } from "../checks/check.js";
import { CHECK_GROUPS } from "../checks/checks.js";
import { sourceOfNeed } from "./report.js";

/** A cell of a table: one line, with the separators of the table escaped. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function sourceLink(source: string): string {
  return source.startsWith("docs/") ? `[${source.slice("docs/".length)}](${source.slice("docs/".length)})` : `<${source}>`;
}

function needsOf({ needs }: Check): string {
  const named = needs.map(sourceOfNeed).filter((name) => name !== null);
  return named.length === 0 ? "" : `Needs ${[...new Set(named)].join(", ")}. `;
}

function chapter(check: Check): string {
  return [
    `#### \`${check.id}\``,
    "",
    `**${check.severity}**: ${check.finds}.`,
    "",
    `*For people:* ${check.meaning}`,
    "",
    `*Fix:* ${check.fix}`,
    "",
    `${needsOf(check)}Source: ${sourceLink(check.source)}`,
  ].join("\n");
}

const BEGIN = "<!-- Every check: made by `npm run docs` from src/doctor/checks; edit those. -->";
const END = "<!-- End of the checks. -->";

/** Every check, as its table says. */
function renderChecks(): string {
  const overview = CHECK_GROUPS.flatMap(({ checks }) => checks).map(
    ({ id, severity, finds, fixable }) => `| [\`${id}\`](#${id}) | ${severity} | ${cell(finds)} | ${fixable ? "yes" : ""} |`,
  );
  const chapters = CHECK_GROUPS.map(({ title, checks }) => [`### ${title}`, ...checks.map(chapter)].join("\n\n"));
  const head = ["| Id | at most | what it finds | `doctor fix ID` |", "| --- | --- | --- | --- |"];
  return [[...head, ...overview].join("\n"), ...chapters].join("\n\n");
}

/** `docs/doctor.md` with the part about checks as their table says it; what people wrote around it stays. Throws where the page has no such part. */
export function withChecks(page: string): string {
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before === -1 || after < before) throw new Error(`docs/doctor.md lacks the lines between which the checks stand: ${BEGIN} ${END}`);
  return `${page.slice(0, before)}${BEGIN}\n\n${renderChecks()}\n\n${page.slice(after)}`;
}
