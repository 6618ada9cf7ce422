import { byteSize, integer, orOff, text } from "../kinds/basic-kinds.js";
import { httpProxy } from "../kinds/url-kinds.js";
import { byDefault, nothing, open, secret } from "./setting.js";

/** The way to the APIs, and to Cognito. */
export const UPSTREAM_SETTINGS = {
  // Secret: it may hold a user and a password.
  HTTPS_PROXY: secret({
    group: "proxy",
    kind: httpProxy,
    absence: nothing("straight"),
    meaning:
      "The HTTP proxy (CONNECT) on the way to Cognito, and to the APIs whose route says `proxy: true`: http:// or https://, user and password " +
      "in the URL. Cognito on this machine is never asked through it. `https_proxy` is read as well.",
    example: "http://proxy.internal:3128",
  }),
  NO_PROXY: open({
    group: "proxy",
    kind: text("names, addresses and CIDR blocks, comma separated, or `*`", (raw) => /^[\w.:*[\]/,\s-]*$/.test(raw)),
    absence: nothing("no exceptions"),
    meaning: "What `HTTPS_PROXY` is not for, as curl reads it: a name stands for all below it, too. `no_proxy` is read as well.",
    example: "localhost,.internal,10.0.0.0/8",
  }),
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
