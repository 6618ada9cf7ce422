import { byteSize, integer, orOff } from "./basic-kinds.js";
import { byDefault, open } from "./setting.js";

/** The way to the APIs, and to Cognito. */
export const UPSTREAM_SETTINGS = {
  UPSTREAM_MAX_CONNECTIONS: open({
    group: "proxy",
    kind: orOff(integer({ min: 1, max: 1_000_000, what: "calls at a time" })),
    absence: byDefault("4096"),
    meaning:
      "Calls to one API (scheme, host and port) at a time. WebSockets do not count, nor do event streams once they have begun. Beyond it as " +
      "many calls again wait for their turn, 10 seconds each at most; then 503 `upstream_busy`. Each call takes two open files.",
    example: "512",
  }),
  UPSTREAM_MAX_HEADER_BYTES: open({
    group: "proxy",
    kind: byteSize({ min: 4_096, max: 1_048_576, such: "65536 or 64KiB" }),
    absence: byDefault("64KiB"),
    meaning: "Longest head of an API's answer, its headers taken together; 502 above it.",
    example: "128KiB",
  }),
} as const;
