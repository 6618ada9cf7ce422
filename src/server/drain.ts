import type { IncomingMessage } from "node:http";
import type { Config } from "../config/config.js";
import type { OpenCalls } from "../http/calls/open-calls.js";
import type { OpenConnections } from "../http/connection/open-connections.js";
import type { Upgrades } from "../http/connection/upgrade.js";
import type { Problem } from "../http/problem/problem.js";
import { type RawProblemOptions, rawProblem } from "../http/problem/problem-details.js";
import { type Clock, sleep } from "../model/clock.js";
import type { Log } from "../model/log.js";
import type { Forwarder } from "../proxy/forward.js";
import type { RefreshCoordinator } from "../session/refresh/refresh-coordinator.js";
import { SERVICE_RESTART_CODE } from "../wire/close-codes.js";

/** Of SHUTDOWN_TIMEOUT, what is kept back for what comes after the last call: refusals going out, tokens being revoked. At most a quarter. */
const LONGEST_RESERVE_MS = 1_000;
/** How long a refusal may take to reach a client that reads. Of the system's own time: no clock of a test. */
const REFUSAL_MS = 200;

const LATE =
  "Cognito or the session store did not answer in time: what a refresh, a revocation or the writing of an ending under way would have done is lost";

interface LongCalls {
  readonly upgrades: Pick<Upgrades, "closeAll">;
  readonly forwarder: Pick<Forwarder, "endEventStreams">;
}

/** What is let go of last of all. */
interface Closing {
  readonly config: Pick<Config, "shutdownTimeoutMs">;
  readonly clock: Clock;
  close(): Promise<void>;
}

/** Sockets and streams would hold a server open for ever, and whoever has them comes back to another process. */
export function endLongCalls({ upgrades, forwarder }: LongCalls, log: Log): void {
  upgrades.closeAll(SERVICE_RESTART_CODE, "restarting");
  const streams = forwarder.endEventStreams();
  if (streams > 0) log.info({ streams }, "ended event streams");
}

/** Lets refreshes and revocations end, within what SHUTDOWN_TIMEOUT has left for them. */
export async function closeInTime(closing: Closing, log: Log): Promise<void> {
  const limitMs = reserveOf(closing.config) / 2;
  if ((await within(closing.clock, limitMs, closing.close())) === "late") log.error({ waited_ms: limitMs }, LATE);
}

export interface Draining extends LongCalls, Closing, RawProblemOptions {
  readonly config: RawProblemOptions["config"] & Pick<Config, "drainDelayMs" | "shutdownTimeoutMs">;
  readonly coordinator: Pick<RefreshCoordinator, "refreshOnlyWhenDue">;
  readonly open: Pick<OpenCalls, "wasHandedOn">;
  readonly connections: OpenConnections;
  /** Closes the server, which has no connections left. */
  readonly closeServer: () => Promise<void>;
}

/**
 * From "not ready" to closed, in DRAIN_DELAY and SHUTDOWN_TIMEOUT:
 *
 * 1. For DRAIN_DELAY calls are served, over new connections too, since the load balancer learns of it only at its next probe. Each answer
 *    says `Connection: close`: a connection that is kept brings new calls here as long as it lives, whatever the probes say (RFC 9112
 *    section 9.6), and behind a balancer of connections, such as a Kubernetes Service, nothing else moves them.
 * 2. No new connections. WebSockets and event streams end, calls under way go on.
 * 3. A second before SHUTDOWN_TIMEOUT what still runs is refused or cut.
 * 4. Refreshes and revocations end; they outlive the calls that began them.
 */
export async function drain(draining: Draining): Promise<void> {
  const { clock, config, coordinator, open, connections, log, closeServer } = draining;
  connections.closeAfterAnswers();
  coordinator.refreshOnlyWhenDue();
  const patience = { drain_delay_ms: config.drainDelayMs, shutdown_timeout_ms: config.shutdownTimeoutMs };
  log.info({ event: "sys_shutdown", ...patience }, "stopping: not ready, and serving on");
  await sleep(clock, config.drainDelayMs);
  log.info({}, "taking no new connections");
  endLongCalls(draining, log);
  const emptied = connections.empty();
  if ((await within(clock, config.shutdownTimeoutMs - reserveOf(config), emptied)) === "late") {
    const givenUp = connections.giveUp((request) => rawProblem(refusalOf(request, open), request, draining));
    if (givenUp.refused + givenUp.cut > 0) log.warn(givenUp, "calls were still running at the end of SHUTDOWN_TIMEOUT");
    await Promise.race([emptied, new Promise((resolve) => setTimeout(resolve, REFUSAL_MS))]);
    // Whoever does not read its refusal.
    connections.giveUp(() => "");
  }
  await closeServer();
  await closeInTime(draining, log);
}

/** What was not handed on waits for nobody but Cognito, and may be asked for again whatever it is. */
function refusalOf(request: IncomingMessage, open: Pick<OpenCalls, "wasHandedOn">): Problem {
  return open.wasHandedOn(request)
    ? { reason: "upstream_timeout", detail: "The proxy restarts and could not wait longer. Whether the call had an effect is not known." }
    : { reason: "cognito_unavailable", retryAfterSeconds: 1 };
}

function reserveOf({ shutdownTimeoutMs }: Pick<Config, "shutdownTimeoutMs">): number {
  return Math.min(LONGEST_RESERVE_MS, shutdownTimeoutMs / 4);
}

async function within(clock: Clock, limitMs: number, done: Promise<void>): Promise<"done" | "late"> {
  const waited = new AbortController();
  const late = sleep(clock, limitMs, waited.signal).then(() => "late" as const);
  return Promise.race([done.then(() => "done" as const), late]).finally(() => waited.abort());
}
