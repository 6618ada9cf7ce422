/*
 * One process for many quick files: starting one costs more than most of them take. Each still runs by itself, too. That no file is missing, or
 * runs twice, is held by architecture/suites.test.ts.
 */
import "../http/callback.test.js";
import "../http/client-network.test.js";
import "../http/clocks.test.js";
import "../http/endings.test.js";
import "../http/issuers.test.js";
import "../http/logs.test.js";
import "../http/main-job.test.js";
import "../http/metrics.test.js";
import "../http/operations.test.js";
import "../http/operations-docs.test.js";
import "../http/rate-limits.test.js";
import "../http/rotation.test.js";
import "../http/session.test.js";
import "../http/sign-in.test.js";
import "../http/sign-in-again.test.js";
import "../http/sign-in-anew.test.js";
import "../http/used-logins.test.js";
