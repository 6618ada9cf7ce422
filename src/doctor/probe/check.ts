import type { Severity } from "../finding.js";
import type { Deployment, Visits } from "./visits.js";

/** A row of the tables: what the documentation says of a check of a deployment, and its judgement. */
export interface ProbeCheck {
  readonly id: string;
  readonly severity: Severity;
  /** What it finds, for the documentation. */
  readonly finds: string;
  readonly meaning: string;
  readonly fix: string;
  /** What was found, in one sentence; null where nothing was, or where it cannot be told. */
  judge(visits: Visits, deployment: Deployment): string | null;
}
