/*
 * One process for many quick files: starting one costs more than most of them take. Each still runs by itself, too. That no file is missing, or
 * runs twice, is held by architecture/suites.test.ts.
 */
import "../local-cognito/app-clients.test.js";
import "../local-cognito/authorize.test.js";
import "../local-cognito/controls.test.js";
import "../local-cognito/cors.test.js";
import "../local-cognito/discovery.test.js";
import "../local-cognito/faults.test.js";
import "../local-cognito/login.test.js";
import "../local-cognito/logout.test.js";
import "../local-cognito/refresh.test.js";
import "../local-cognito/revocation.test.js";
import "../local-cognito/rotation.test.js";
import "../local-cognito/sign-in.test.js";
import "../local-cognito/token-endpoint.test.js";
import "../local-cognito/tokens.test.js";
import "../local-cognito/users.test.js";
