import { choice, duration } from "../kinds/basic-kinds.js";
import { byDefault, nothing, open } from "./setting.js";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;

/** The settings of the process itself, part of the table in settings.ts. */
export const PROCESS_SETTINGS = {
  DRAIN_DELAY: open({
    group: "process",
    kind: duration({ minMs: 0, maxMs: HOUR_MS }),
    absence: byDefault("0s"),
    meaning:
      "After SIGTERM, how long to go on serving while `/readyz` already says no and every answer closes its connection; longer than the load balancer takes to notice.",
    example: "15s",
  }),
  SHUTDOWN_TIMEOUT: open({
    group: "process",
    kind: duration({ minMs: 0, maxMs: HOUR_MS }),
    absence: byDefault("8s"),
    meaning: "Then how long running calls may take to finish; what runs longer is refused or cut.",
    example: "12s",
  }),
  KEEP_ALIVE_TIMEOUT: open({
    group: "process",
    kind: duration({ minMs: SECOND_MS, maxMs: HOUR_MS }),
    absence: byDefault("75s"),
    meaning: "How long an idle connection stays open; longer than the load balancer's idle timeout, which is 60s on AWS's ALB.",
    example: "125s",
  }),
  LOG_LEVEL: open({
    group: "process",
    kind: choice("fatal", "error", "warn", "info", "debug", "trace", "silent"),
    absence: byDefault("info"),
    meaning: "The least severe log lines that are written.",
    example: "debug",
  }),
  LOG_TIME: open({
    group: "process",
    kind: choice("epoch", "iso"),
    absence: nothing("`iso` on a terminal, `epoch` elsewhere"),
    meaning: "How log lines say when: milliseconds since 1970, which programs read fastest, or `2026-11-26T17:00:00.000Z`.",
    example: "iso",
  }),
} as const;
