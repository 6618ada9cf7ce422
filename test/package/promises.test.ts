import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { LOG_EVENTS } from "../../src/model/log.js";
import { createAuditLog } from "../../src/telemetry/audit-log.js";
import type { BffEvent } from "../../src/telemetry/events.js";
import { paths, SRC } from "../architecture/source-files.js";
import { collectLog } from "../support/collected-log.js";
import { createManualClock } from "../support/manual-clock.js";
import { runDemo } from "../support/running-demo.js";
import { sessionOf } from "../support/session-fixtures.js";
import { metrics, withPromises } from "./promises.js";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

t.test("docs/compatibility.md lists every name that is promised, and none that is gone; npm run api writes it", async (t) => {
  const page = read("docs/compatibility.md");
  t.same(withPromises(page).split("\n"), page.split("\n"));
});

t.test("the metrics that are promised are those that a server answers", async (t) => {
  const demo = await runDemo(t);
  const text = await (await fetch(`${demo.managementUrl}/metrics`)).text();
  const answered = [...text.matchAll(/^# TYPE ((?:bff|http)_\w+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`);
  t.same(
    metrics().map(({ name, type }) => `${name} ${type}`),
    answered.sort(),
  );
});

t.test("every event that is logged is promised, every promised one is logged, and the operator's page explains it", async (t) => {
  const logged = paths
    .filter((path) => path.endsWith(".ts") && !/^(?:client|local-cognito|element)\//.test(path))
    .flatMap((path) => [...readFileSync(join(SRC, path), "utf8").matchAll(/\bevent: "([a-z_]+)"/g)].map(([, event = ""]) => event));
  t.same([...new Set(logged)].sort(), Object.keys(LOG_EVENTS).sort());
  const page = read("docs/operations.md");
  for (const event of Object.keys(LOG_EVENTS)) t.match(page, `\`${event}\``, event);
});

t.test("lines of the audit log carry the fields that are promised for their event, and no other", async (t) => {
  const log = collectLog();
  const tell = createAuditLog(log, (subject) => `hash of ${subject}`, createManualClock());
  const session = sessionOf({});
  const known = { subject: session.subject, ageSeconds: 1 };
  const ended = { kind: "session_ended", id: session.id, known } as const;
  const events: readonly BffEvent[] = [
    { kind: "session_started", session, cookieBytes: 1 },
    { kind: "signed_in", requestId: "1" },
    { kind: "session_renewed", session },
    { kind: "refreshed_late", session },
    { ...ended, ending: { reason: "expired", cause: "refresh_token_expired" }, replaced: true },
    { ...ended, ending: { reason: "expired", cause: "refresh_token_reused" }, replaced: false },
    { ...ended, ending: { reason: "expired", cause: "refresh_token_reused" }, replaced: false, lost: true },
    { kind: "token_revoked", session },
    { kind: "signed_out_everywhere", session },
  ];
  for (const event of events) tell(event);
  const carried = new Map<string, Set<string>>();
  for (const { fields } of log.lines) {
    const { event, ...rest } = fields;
    carried.set(String(event), new Set([...(carried.get(String(event)) ?? []), ...Object.keys(rest)]));
  }
  t.ok(carried.size > 6);
  for (const [event, fields] of Object.entries(LOG_EVENTS)) {
    const seen = carried.get(event);
    if (seen !== undefined) t.same([...seen].sort(), [...fields].sort(), event);
  }
});
