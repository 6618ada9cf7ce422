/*
 * One process for many quick files: starting one costs more than most of them take. Each still runs by itself, too. That no file is missing, or
 * runs twice, is held by architecture/suites.test.ts.
 */
import "../architecture/floors.test.js";
import "../architecture/security-docs.test.js";
import "../architecture/suites.test.js";
import "../architecture/supply-chain.test.js";
import "../cognito/cognito-time.test.js";
import "../cognito/managed-login.test.js";
import "../cognito/rejection.test.js";
import "../cognito/secret-hash.test.js";
import "../cognito/token-source.test.js";
import "../cognito/token-verifier.test.js";
import "../config/configuration-docs.test.js";
import "../config/discretion.test.js";
import "../config/duration.test.js";
import "../config/options.test.js";
import "../config/parse-environment.test.js";
import "../config/proxy-routes.test.js";
import "../config/rules.test.js";
import "../contract/cookie-store.test.js";
import "../model/clock.test.js";
import "../model/log.test.js";
import "../model/secret.test.js";
import "../model/session.test.js";
import "../model/token-set.test.js";
import "../session/doubt-guard.test.js";
import "../session/freshness.test.js";
import "../session/limits.test.js";
import "../session/outcome-memory.test.js";
import "../session/refresh-coordinator.test.js";
import "../session/refresh-pacing.test.js";
import "../session/refresh-rate-limiter.test.js";
import "../session/refresh-rejection.test.js";
import "../session/refresh-verification.test.js";
import "../session/revocation.test.js";
import "../session/session-end.test.js";
import "../session/session-start.test.js";
import "../session/session-watch.test.js";
import "../store/byte-string.test.js";
import "../store/cookie-store.test.js";
import "../store/cookies.test.js";
import "../store/sealing.test.js";
import "../store/session-codec.test.js";
import "../store/token-packing.test.js";
import "../support/manual-clock.test.js";
import "../support/redaction.test.js";
