import t from "tap";
import type { RefreshOutcome } from "../../src/session/refresh/refresh-outcome.js";
import { createMetrics } from "../../src/telemetry/metrics.js";

const KINDS: { readonly [kind in RefreshOutcome["kind"]]: true } = {
  refreshed: true,
  rejected: true,
  unavailable: true,
  doubtful: true,
  misconfigured: true,
  denied: true,
};

t.test("metrics count every outcome of a refresh from zero, and know no other", async (t) => {
  const text = await createMetrics().registry.getSingleMetricAsString("bff_refresh_total");
  const results = [...text.matchAll(/result="(\w+)"/g)].map(([, result]) => result);
  t.same(results.sort(), Object.keys(KINDS).sort());
});
