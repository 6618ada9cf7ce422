import type { ProbeCheck } from "./check.js";
import { PROBE_CHECKS } from "./probe.js";

const BEGIN = "<!-- Every check of a deployment: made by `npm run docs` from src/doctor/probe; edit those. -->";
const END = "<!-- The checks of a deployment end here. -->";

function chapter({ id, severity, finds, meaning, fix }: ProbeCheck): string {
  return [`#### \`${id}\``, `**${severity}**: ${finds}.`, `*For people:* ${meaning}`, `*Fix:* ${fix}`].join("\n\n");
}

/** `docs/doctor.md` with the checks of a deployment as their tables say them; all else stays. Throws where the page has no place for them. */
export function withProbeChecks(page: string): string {
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before === -1 || after < before) throw new Error(`docs/doctor.md lacks the lines between which they stand: ${BEGIN} ${END}`);
  return `${page.slice(0, before)}${BEGIN}\n\n${PROBE_CHECKS.map(chapter).join("\n\n")}\n\n${page.slice(after)}`;
}
