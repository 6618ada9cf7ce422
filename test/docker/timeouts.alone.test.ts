import { readFileSync } from "node:fs";
import t from "tap";
import { configWith } from "../config/valid-environment.js";

const read = (path: string) => readFileSync(new URL(`../../../docker/${path}`, import.meta.url), "utf8");

/** The seconds a template gives for something, in milliseconds. */
function millisecondsIn(path: string, pattern: RegExp): number {
  const [found, ...more] = [...read(path).matchAll(pattern)];
  if (!found || more.length > 0) throw new Error(`${path} should have ${pattern} once`);
  return Number(found[1]) * 1_000;
}

const { keepAliveTimeoutMs, proxyRoutes } = configWith({ PROXY_ROUTES: "/api=http://api:8080" });
const waitsForTheApiMs = proxyRoutes[0]?.responseHeaderTimeoutMs ?? Number.NaN;
const balancerIdleMs = millisecondsIn("ecs/cloudformation.yaml", /idle_timeout\.timeout_seconds, Value: "(\d+)"/g);

t.test("behind the load balancer a slow API ends in our 504, and no call meets a connection that we are closing", (t) => {
  t.ok(waitsForTheApiMs < balancerIdleMs, "above responseHeaderTimeout");
  t.ok(balancerIdleMs < keepAliveTimeoutMs, "below KEEP_ALIVE_TIMEOUT");
  t.end();
});

t.test("CloudFront waits longer than the load balancer behind it", (t) => {
  t.ok(balancerIdleMs < millisecondsIn("cloudfront/cloudformation.yaml", /OriginReadTimeout: (\d+)/g));
  t.end();
});

t.test("ECS waits longer for a task to stop than the task may take", (t) => {
  const takesMs = ["DRAIN_DELAY", "SHUTDOWN_TIMEOUT"].map((name) =>
    millisecondsIn("ecs/cloudformation.yaml", new RegExp(`Name: ${name}, Value: (\\d+)s`, "g")),
  );
  const waitsMs = millisecondsIn("ecs/cloudformation.yaml", /StopTimeout: (\d+)/g);
  t.ok(takesMs.reduce((sum, ms) => sum + ms, 1_000) < waitsMs);
  t.end();
});
