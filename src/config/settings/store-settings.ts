import { duration } from "../kinds/basic-kinds.js";
import { cacheLogin, certificates, sessionStore } from "../kinds/session-kinds.js";
import { byDefault, nothing, open, secret } from "./setting.js";

const DAY_MS = 86_400_000;

/** Where sessions live, part of the table in settings.ts. */
export const STORE_SETTINGS = {
  // Secret because the addresses of shared stores carry passwords.
  SESSION_STORE: secret({
    group: "session",
    kind: sessionStore,
    absence: byDefault("cookie"),
    meaning:
      "Where sessions live: in the browser's cookie, or in a Redis (6 and newer) or Valkey that all processes share: one server, the master that " +
      "Sentinels name, or a cluster, such as ElastiCache Serverless. User and password are percent-encoded.",
    example: "rediss://bff:PASSWORD@sessions.example.com:6379",
  }),
  SESSION_STORE_CA: open({
    group: "session",
    kind: certificates,
    absence: nothing("Node.js's list of authorities"),
    meaning: "Who signs the certificates of the shared store, as PEM; in place of all others. In most cases `SESSION_STORE_CA_FILE`.",
    example: "(the file that your provider offers for download)",
  }),
  SESSION_STORE_IAM: open({
    group: "session",
    kind: cacheLogin,
    absence: nothing("user and password of `SESSION_STORE`, if any"),
    meaning:
      "Logs in to ElastiCache by IAM, with the credentials that AWS's SDK finds: `rediss://` or `rediss-cluster://` without user and password. " +
      "The connections log in again every six hours.",
    example: "bff@sessions/eu-central-1",
  }),
  SESSION_STORE_STALE: open({
    group: "session",
    kind: duration({ minMs: 0, maxMs: DAY_MS }),
    absence: byDefault("1m"),
    meaning:
      "While a shared store is away, sessions of which it has said so lately to this process go on, as long as their token lives; one that is " +
      "revoked meanwhile elsewhere can go on for so long. All others hear 503. `0s`: all of them do.",
    example: "10m",
  }),
} as const;
