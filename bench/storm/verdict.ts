import type { Outcome, Scenario } from "./scenario.js";
import { excessOf } from "./tally.js";

/** Requests on their way are bunched by a machine that had no time for them. */
const BUNCHED = 0.2;

const sum = (counts: Iterable<number>) => [...counts].reduce((all, count) => all + count, 0);

function refreshFault({ extraRefreshes }: Scenario, { refreshes, sessions, witnessed }: Outcome): string | null {
  const most = { none: sessions, "in flight": sessions + witnessed.inFlight, any: Number.POSITIVE_INFINITY }[extraRefreshes];
  return refreshes > most ? `${refreshes} refreshes, ${most} at most` : null;
}

function rateFault({ keepsToRate, refreshesPerSecond: rate }: Scenario, { arrivals }: Outcome): string | null {
  if (!keepsToRate) return null;
  const excess = excessOf(arrivals, rate, rate * (1 + BUNCHED));
  return excess > 0 ? `Cognito was asked ${excess} times more than ${rate} a second and one burst allow` : null;
}

function lossFault({ mayLose }: Scenario, { notBack, witnessed }: Outcome): string | null {
  const lost = sum(notBack.values());
  const most = mayLose === "nothing" ? 0 : witnessed.inFlight;
  if (lost <= most) return null;
  const how = [...notBack].map(([answered, count]) => `${count} × ${answered}`).join(", ");
  return `${lost} sessions are not back (${how}), ${most} at most`;
}

/** Answers that nobody may hear in this scenario. */
function answerFaults({ mayHear, mayLose }: Scenario, { tally }: Outcome): readonly string[] {
  const allowed = new Set(["broken", ...mayHear.map((reason) => `503 ${reason}`)]);
  return tally.others
    .filter(([answered]) => !allowed.has(answered) && !(mayLose === "in flight" && answered.startsWith("401 ")))
    .map(([answered, count]) => `${count} × ${answered}`);
}

/** All that is wrong with how it went; none where it passes. */
export function faultsOf(scenario: Scenario, outcome: Outcome): readonly string[] {
  const { dead, letInAgain } = outcome;
  return [
    ...answerFaults(scenario, outcome),
    refreshFault(scenario, outcome),
    rateFault(scenario, outcome),
    lossFault(scenario, outcome),
    dead > 0 ? `${dead} calls reached the API with a token that had ended` : null,
    letInAgain > 0 ? `${letInAgain} who had signed out were let in again` : null,
  ].filter((fault) => fault !== null);
}
