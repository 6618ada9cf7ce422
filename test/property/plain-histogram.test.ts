import fc from "fast-check";
import { Histogram, Registry } from "prom-client";
import t from "tap";
import { PlainHistogram } from "../../src/telemetry/plain-histogram.js";

const CONFIGURATION = { name: "x_seconds", help: "How long", buckets: [0.1, 0.5, 2], labelNames: ["route", "status"] as const };

/** Without what is there for OpenMetrics' exemplars, which nobody here makes. */
async function valuesOf(histogram: Histogram<"route" | "status">): Promise<object[]> {
  const { values } = await histogram.get();
  return values.map(({ metricName, labels, value }) => ({ metricName, labels, value }));
}

t.test("a plain histogram exports what prom-client's own would, in a registry, merged and as objects", async (t) => {
  const observation = fc.record({
    route: fc.constantFrom("/a", '/"quoted"\\'),
    status: fc.constantFrom("200", "none"),
    value: fc.oneof(fc.constantFrom(0, 0.1, 0.5, 2, 2.5), fc.double({ min: 0, max: 5, noNaN: true })),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(observation, { maxLength: 30 }), async (observations) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const plain = new PlainHistogram({ ...CONFIGURATION, registers: [ours] });
      const usual = new Histogram({ ...CONFIGURATION, registers: [theirs] });
      for (const { route, status, value } of observations) {
        plain.series({ route, status }).observe(value);
        usual.observe({ route, status }, value);
      }
      t.equal(await ours.metrics(), await theirs.metrics());
      t.equal(await Registry.merge([ours]).metrics(), await Registry.merge([theirs]).metrics());
      t.same(await valuesOf(plain), await valuesOf(usual));
      ours.resetMetrics();
      t.ok((await plain.get()).values.every(({ value }) => value === 0));
    }),
    { numRuns: 30 },
  );
});

t.test("one without labels is there from the start", async (t) => {
  const registry = new Registry();
  const plain = new PlainHistogram({ name: "y_bytes", help: "How many", buckets: [1, 2], registers: [registry] });
  plain.series({});
  t.match(await registry.metrics(), /y_bytes_count 0/);
});
