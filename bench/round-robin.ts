import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream";

/** What the balancer knows of a process behind it. */
export interface Target {
  readonly port: number;
  /** Asked at every probe; 200 is ready. */
  readonly probeUrl: string;
}

export interface BalancerOptions {
  readonly port: number;
  readonly targets: readonly Target[];
  readonly probeEveryMs: number;
  /** So many probes in a row change what the balancer thinks of a target. */
  readonly threshold: number;
}

export interface Balancer {
  isHealthy(target: Target): boolean;
  close(): Promise<void>;
}

/** Names the error of an answer that is the balancer's own, as `502` alone would not. */
export const BALANCER_ERROR = "x-balancer-error";

interface Known {
  readonly target: Target;
  readonly agent: Agent;
  healthy: boolean;
  /** Probes in a row that said otherwise. */
  against: number;
}

/**
 * A load balancer as AWS's ALB is one: HTTP/1.1 to its targets over connections it keeps, calls in turn to those whose probes succeed (to all
 * when none's do), and nothing ever sent twice: a target that refuses or resets is a 502.
 */
export async function startBalancer({ port, targets, probeEveryMs, threshold }: BalancerOptions): Promise<Balancer> {
  const known = targets.map((target): Known => {
    return { target, agent: new Agent({ keepAlive: true, maxFreeSockets: 1_000 }), healthy: true, against: 0 };
  });
  let turn = 0;
  const next = (): Known => {
    const healthy = known.filter((candidate) => candidate.healthy);
    const candidates = healthy.length > 0 ? healthy : known;
    turn += 1;
    const chosen = candidates[turn % candidates.length];
    if (!chosen) throw new Error("there is no target");
    return chosen;
  };
  const onward = ({ target, agent }: Known, { method = "GET", url, headers }: IncomingMessage, kept: boolean) =>
    send({ host: "127.0.0.1", port: target.port, method, path: url, headers, agent: kept ? agent : false });

  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    const { connection: _, ...headers } = request.headers;
    request.headers = headers;
    const upstream = onward(next(), request, true);
    upstream.on("response", (answer) => relay(answer, response));
    upstream.on("error", (error: NodeJS.ErrnoException) => fail(response, error.code ?? error.message));
    response.on("close", () => upstream.destroy());
    request.pipe(upstream);
  });
  server.on("upgrade", (request: IncomingMessage, browser: Socket, head: Buffer) => {
    const upstream = onward(next(), request, false);
    browser.on("error", () => upstream.destroy());
    upstream.on("error", () => browser.destroy());
    upstream.on("response", () => browser.destroy());
    upstream.on("upgrade", (answer, socket, first) => {
      const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`);
      browser.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
      browser.write(first);
      socket.write(head);
      const done = () => {};
      pipeline(browser, socket, done);
      pipeline(socket, browser, done);
    });
    upstream.end();
  });

  async function probe(one: Known): Promise<void> {
    const ready = await fetch(one.target.probeUrl, { signal: AbortSignal.timeout(probeEveryMs) }).then(
      ({ status }) => status === 200,
      () => false,
    );
    one.against = ready === one.healthy ? 0 : one.against + 1;
    if (one.against < threshold) return;
    one.healthy = ready;
    one.against = 0;
  }
  const probing = setInterval(() => void Promise.all(known.map(probe)), probeEveryMs);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    isHealthy: (target) => known.some((one) => one.target === target && one.healthy),
    async close() {
      clearInterval(probing);
      for (const { agent } of known) agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function relay(answer: IncomingMessage, response: ServerResponse): void {
  const headers = answer.rawHeaders.flatMap((text, at) => {
    const name = answer.rawHeaders[at - (at % 2)]?.toLowerCase() ?? "";
    return name === "connection" || name === "keep-alive" || name === "transfer-encoding" ? [] : [text];
  });
  response.writeHead(answer.statusCode ?? 502, headers);
  response.flushHeaders();
  // Half an answer must not pass for a whole one.
  pipeline(answer, response, (error) => error && response.destroy());
}

function fail(response: ServerResponse, code: string): void {
  if (response.headersSent || response.destroyed) response.destroy();
  else response.writeHead(502, { [BALANCER_ERROR]: code, "content-length": 0 }).end();
}
