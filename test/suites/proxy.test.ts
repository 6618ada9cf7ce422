/*
 * One process for many quick files: starting one costs more than most of them take. Each still runs by itself, too. That no file is missing, or
 * runs twice, is held by architecture/suites.test.ts.
 */
import "../proxy/cookies.test.js";
import "../proxy/forward-body.test.js";
import "../proxy/forward-failure.test.js";
import "../proxy/forward.test.js";
import "../proxy/headers.test.js";
import "../proxy/keep-alive.test.js";
import "../proxy/path.test.js";
import "../proxy/places.test.js";
import "../proxy/public-address.test.js";
import "../proxy/relay.test.js";
import "../proxy/request-pace.test.js";
import "../proxy/routes.test.js";
import "../proxy/stricter-siblings.test.js";
import "../proxy/strip-headers.test.js";
import "../proxy/tunnel-frames.test.js";
import "../proxy/tunnel-handshake.test.js";
import "../proxy/tunnel.test.js";
