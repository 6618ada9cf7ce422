import { METHODS, type Server } from "node:http";
import fastify, { type FastifyBaseLogger, type FastifyHttpOptions, type FastifyInstance } from "fastify";
import type { Config } from "../config/config.js";
import { spaRoutes } from "../http/app/spa.js";
import { matchCall, refuseBadHandshake, requestIdleLimits } from "../http/calls/matched-call.js";
import { refuseBadMessage } from "../http/connection/bad-message.js";
import { answerBrokenHttp, NO_ANSWER_OF_FASTIFY } from "../http/connection/broken-http.js";
import { followConnections, type OpenConnections } from "../http/connection/open-connections.js";
import { followRequestLines, refuseOtherProtocols } from "../http/connection/request-line.js";
import { serveInTurn } from "../http/connection/turns.js";
import { loadLoginCookies } from "../http/login/login-cookies.js";
import { ProblemError } from "../http/problem/problem.js";
import { answerErrorsAsProblems, sendProblem } from "../http/problem/problem-details.js";
import { requestIdOf } from "../http/problem/request-id.js";
import { declareRequestState, routableUrl } from "../http/problem/request-state.js";
import { type Clock, systemClock } from "../model/clock.js";
import { type ListenSettings, listenFault } from "../model/listen-fault.js";
import { describeError } from "../model/log.js";
import type { OpenStore } from "../store/open-sessions.js";
import { LogOutput } from "../telemetry/log-output.js";
import { createMetrics, type Metrics } from "../telemetry/metrics.js";
import { addAnswerHeaders } from "./answer-headers.js";
import { type Composition, compose, orClose } from "./compose.js";
import { closeInTime, drain } from "./drain.js";
import { openFastPath } from "./fast-path-gate.js";
import { leadLoopbackNamesHome } from "./loopback-names.js";
import { createManagementServer, type NotReady } from "./management.js";
import { trustedPeers } from "./peers.js";
import { observeRequests } from "./request-observer.js";
import { registerRoutes } from "./routes.js";

/** The request observer writes these lines. */
const REQUEST_LOG = { disableRequestLogging: true, requestIdLogLabel: "request_id" };
/** More than any hop in front of us lets through (CloudFront: 20 KiB), so that what arrives can be answered. */
const LONGEST_HEADERS_BYTES = 32 * 1024;
/** The router's limit for what a wildcard may match; the headers' limit is the real one. */
const LONGEST_PATH_PARAMETER = LONGEST_HEADERS_BYTES;

/** What a server takes of its surroundings besides its settings. */
export interface ServerRuntime {
  readonly clock?: Clock;
  /** Where log lines go instead of standard output. */
  readonly logger?: FastifyBaseLogger;
  /** Longest wait for one answer of Cognito, milliseconds: 6,000. Pre token generation triggers may take five seconds themselves. */
  readonly cognitoDeadlineMs?: number;
}

/** For our own tests alone: a store in place of the one that the configuration names. */
export interface BuildRuntime extends ServerRuntime {
  readonly openStore?: OpenStore;
}

/** The whole product, not listening yet. */
export interface BffServer {
  readonly app: FastifyInstance;
  /**
   * Listens on the public and the management address, and says where. Where one of them cannot be had everything is closed again.
   * @throws Error that begins with the setting to change.
   */
  listen(): Promise<{ readonly url: string; readonly managementUrl: string }>;
  close(): Promise<void>;
}

/** One whose start goes by its two steps. */
export interface StartingServer extends BffServer {
  /** Of the session keys, in their order. */
  readonly keyFingerprints: readonly string[];
  /** As `listen`, but before what a first refresh needs is loaded. From here on calls are served, so that `close` has to end them. */
  serve(): ReturnType<BffServer["listen"]>;
  /** Loads it. Nobody waits for it whose token lives. Closes everything and rejects where it cannot be loaded. */
  load(): Promise<void>;
}

/** Builds the server of a configuration. Rejects where the SPA's directory is not one. */
export async function buildServer(config: Config, runtime: BuildRuntime = {}): Promise<StartingServer> {
  await loadLoginCookies();
  const metrics = createMetrics();
  const log = runtime.logger ?? LogOutput.standard();
  const output = log instanceof LogOutput ? log : null;
  const app = createApp(config, log);
  metrics.watchLog(() => output?.lost ?? 0);
  if (output) output.onRecovery = (lines) => app.log.warn({ lines }, "log lines were lost: they could not be written");
  const parts = await compose(config, { ...runtime, log: app.log, metrics });
  return orClose(parts, () => assemble({ app, parts, metrics, output }));
}

interface Begun {
  readonly app: FastifyInstance;
  readonly parts: Composition;
  readonly metrics: Metrics;
  /** Null where the log is somebody else's. */
  readonly output: LogOutput | null;
}

async function assemble({ app, parts, metrics, output }: Begun): Promise<StartingServer> {
  const { config } = parts;
  answerBrokenHttp(app.server, parts);
  const lines = followRequestLines(app.server);
  const fastPath = openFastPath(app, parts, (request) => connections.isTooLate(request));
  refuseOtherProtocols(app, lines, parts, () => true, fastPath.takes);
  parts.upgrades.listen(app, lines);
  // Behind the line above: both put themselves first, and this one has to know of a connection before anybody serves what came over it.
  const connections = followConnections(app.server);

  parts.expectations.listen(app.server);
  declareRequestState(app);
  leaveLateRequests(app, connections);
  serveInTurn(app);
  observeRequests(app, parts);
  addAnswerHeaders(app, parts.transportSecurity);
  parts.unread.closeBehind(app, requestIdleLimits(parts.routes));
  answerErrorsAsProblems(app, parts);
  refuseBadRequests(app, parts, connections);
  leadLoopbackNamesHome(app, config);
  if (config.publicHealthPath !== null) app.get(config.publicHealthPath, async () => ({ status: "live" }));
  registerRoutes(app, parts, null);
  await spaRoutes(app, parts);
  // All scopes of ours are loaded by then.
  await app.after();
  fastPath.closeAtAdditions();

  return { app, keyFingerprints: parts.keyFingerprints, ...beginningAndEnd({ app, parts, metrics, connections, output }) };
}

interface Built extends Begun {
  readonly connections: OpenConnections;
}

/** So long an outage of the shared store is none: a master that fails over takes less, and all replicas see it. */
const SHORTEST_OUTAGE_MS = 15_000;

function beginningAndEnd({ app, parts, metrics, connections, output }: Built): Omit<StartingServer, "app" | "keyFingerprints"> {
  const { config } = parts;
  let phase: "starting" | "waiting_for_clock" | "waiting_for_store" | "listening" | "stopping" = "starting";
  let closing: Promise<void> | null = null;
  const management = createManagementServer(config, metrics, parts, whyNotReady);
  return {
    serve,
    load,
    async listen() {
      const addresses = await serve();
      await load();
      return addresses;
    },
    close: closeOnce,
  };

  async function serve(): ReturnType<BffServer["listen"]> {
    try {
      // The public address last: nobody is served by a start that fails.
      const managementUrl = await listenAt(management, config.managementHost, config.managementPort, MANAGEMENT_ADDRESS);
      phase = "waiting_for_clock";
      await parts.followedClock?.ready;
      phase = "waiting_for_store";
      await parts.sharedStore?.ready;
      const url = await listenAt(app, config.host, config.port, PUBLIC_ADDRESS);
      phase = "listening";
      return { url, managementUrl };
    } catch (error) {
      closing ??= abandon();
      await closing;
      throw error;
    }
  }

  async function load(): Promise<void> {
    try {
      await parts.load();
    } catch (error) {
      app.log.error({ error: describeError(error) }, "the AWS SDK cannot be loaded: no session could be refreshed");
      await closeOnce();
      throw error;
    }
  }

  function closeOnce(): Promise<void> {
    closing ??= phase === "waiting_for_store" || phase === "waiting_for_clock" ? abandon() : close();
    return closing;
  }

  /** As long as sessions go on here without the store this process is as good as any; then another one may still reach it. */
  function whyNotReady(): NotReady | null {
    if (phase !== "listening") return phase;
    const longestMs = Math.max(SHORTEST_OUTAGE_MS, config.sessionStoreStaleMs);
    return (parts.sharedStore?.state.awayMs() ?? 0) > longestMs ? "store_unavailable" : null;
  }

  async function close(): Promise<void> {
    phase = "stopping";
    await drain({ ...parts, connections, closeServer: () => app.close() });
    await management.close();
    await output?.close();
  }

  /** Closes what never served anybody. */
  async function abandon(): Promise<void> {
    phase = "stopping";
    await management.close();
    await app.close();
    await closeInTime(parts, app.log);
    await output?.close();
  }
}

const PUBLIC_ADDRESS: ListenSettings = { host: "HOST", port: "PORT" };
const MANAGEMENT_ADDRESS: ListenSettings = { host: "MANAGEMENT_HOST", port: "MANAGEMENT_PORT" };

async function listenAt(server: FastifyInstance, host: string, port: number, settings: ListenSettings): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    throw listenFault(error, settings);
  }
}

/** A person reads the hour; a program reads milliseconds since 1970, which is pino's own form. */
function timeOfLines({ logTime }: Config, { isTerminal }: LogOutput): { timestamp?: () => string } {
  if ((logTime ?? (isTerminal ? "iso" : "epoch")) === "epoch") return {};
  return { timestamp: () => `,"time":"${new Date(systemClock.now()).toISOString()}"` };
}

function createApp(config: Config, log: FastifyBaseLogger | LogOutput): FastifyInstance {
  const options: FastifyHttpOptions<Server, FastifyBaseLogger> = {
    ...(log instanceof LogOutput
      ? { logger: { level: config.logLevel, stream: log, ...timeOfLines(config, log) } }
      : { loggerInstance: log }),
    // Fastify before 5.10 knows no log controller, and later ones warn about the options of before.
    ...("LogController" in fastify ? { logController: new fastify.LogController(REQUEST_LOG) } : REQUEST_LOG),
    genReqId: ({ headers }) => requestIdOf(headers),
    trustProxy: trustedPeers(config.trustProxy),
    keepAliveTimeout: config.keepAliveTimeoutMs,
    // What still arrives while closing is served.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    // Node's own answer to a missing Host has no reason in it: the hook below gives one.
    http: { maxHeaderSize: LONGEST_HEADERS_BYTES, requireHostHeader: false },
    routerOptions: { maxParamLength: LONGEST_PATH_PARAMETER },
    rewriteUrl: routableUrl,
    // Nothing comes here that is known; its own words would repeat the target.
    frameworkErrors: (_error, request, reply) => void sendProblem(request, reply, { reason: "bad_request" }, { config, tell: () => {} }),
    ...NO_ANSWER_OF_FASTIFY,
  };
  const app = fastify(options);
  // Beyond 2,000 headers Node would leave the rest out without a word, a body's length among them; their size has its limit already.
  app.server.maxHeadersCount = 0;
  // An API may be spoken to in any method; CONNECT has no target that could be forwarded.
  for (const method of METHODS)
    if (method !== "CONNECT" && !app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: true });
  return app;
}

/** Before anything else, counting included: what came behind the last answer of its connection is neither served nor answered. */
function leaveLateRequests(app: FastifyInstance, connections: OpenConnections): void {
  app.addHook("onRequest", (request, reply, done) => {
    if (!connections.isTooLate(request.raw)) {
      done();
      return;
    }
    reply.hijack();
    // A body nobody reads would make the system reset the connection, and the answer under way would go with it.
    request.raw.resume();
  });
}

/** Before any route: a message whose end is doubtful, a target that does not parse, and one that belongs to an API although the router thinks otherwise. */
function refuseBadRequests(
  app: FastifyInstance,
  parts: Pick<Composition, "config" | "routes" | "upgrades">,
  connections: OpenConnections,
): void {
  app.addHook("onRequest", (request, reply, done) => {
    try {
      refuseBadMessage(request, reply);
    } catch (error) {
      connections.refuseBehind(request.raw);
      throw error;
    }
    const call = matchCall(request.raw, parts.routes);
    // Fastify's router and our table must agree on what is an API's: nothing may slip past the session to the SPA's handler or back.
    if (call && request.is404) throw new ProblemError({ reason: "bad_request", detail: "The request target is ambiguous." });
    // Sockets lead to APIs alone, or to the development server, whose paths are the ones nobody else has.
    if (parts.upgrades.isHandshake(request.raw)) {
      if (!call && !(parts.config.spa?.kind === "url" && request.is404)) throw new ProblemError({ reason: "not_found" });
      refuseBadHandshake(request);
    }
    done();
  });
}
