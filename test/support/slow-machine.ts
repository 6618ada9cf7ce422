import type { Person } from "./person.js";

const CALLS = 3;

/**
 * A limit in the machine's own time, milliseconds, with what a machine that is busy with other things at this moment takes for twenty calls
 * added to it: on a quiet one that is next to nothing.
 */
export async function limitHere(limitMs: number, person: Person): Promise<number> {
  const startedAtMs = performance.now();
  for (let call = 0; call < CALLS; call++) await person.call("/auth/session");
  return limitMs + (20 / CALLS) * (performance.now() - startedAtMs);
}
