/*
 * One process for many quick files: starting one costs more than most of them take. Each still runs by itself, too. That no file is missing, or
 * runs twice, is held by architecture/suites.test.ts.
 */
import "../http/answer-headers.test.js";
import "../http/broken-answers.test.js";
import "../http/another-client.test.js";
import "../http/corpus.test.js";
import "../http/cross-site.test.js";
import "../http/drain.test.js";
import "../http/embedded-wire.test.js";
import "../http/expectations.test.js";
import "../http/handshake-edges.test.js";
import "../http/hashed-name.test.js";
import "../http/hostile.test.js";
import "../http/hostile-length.test.js";
import "../http/loopback-names.test.js";
import "../http/origin-checks.test.js";
import "../http/listen.test.js";
import "../http/pipelining.test.js";
import "../http/repeats.test.js";
import "../http/response.test.js";
import "../http/slow-bodies.test.js";
import "../http/sockets.test.js";
import "../http/spa.test.js";
import "../http/spa-directory.test.js";
import "../http/streams.test.js";
import "../http/translation.test.js";
