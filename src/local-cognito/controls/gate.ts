import { setMaxListeners } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import type { FastifyReply } from "fastify";
import type { Answer } from "../common/answer.js";
import type { CallContext } from "../common/call-context.js";
import type { RateCategory, RateLimits } from "../common/rate-limits.js";
import type { CallLog, OpenCall } from "./calls.js";
import type { EndpointStyle } from "./endpoint-style.js";
import type { Faults } from "./faults.js";

/** One call on its way to its handler. */
export interface GatedCall {
  /** Name in the call log and for faults. */
  readonly operation: string;
  /** The auth flow asked for, so that the log names it even where a fault keeps the call from its handler. */
  readonly flow?: string | null;
  readonly style: EndpointStyle;
  /** Null where no quota is counted. */
  readonly quota: RateCategory | null;
  readonly run: (context: CallContext) => Answer | Promise<Answer>;
}

/** What every call passes: the call log, the faults on demand and the quotas. */
export class Gate {
  readonly #log: CallLog;
  readonly #faults: Faults;
  readonly #limits: RateLimits;
  readonly #closing: AbortSignal;

  /** `closing` ends what still waits for its latency. */
  constructor(parts: { log: CallLog; faults: Faults; limits: RateLimits; closing: AbortSignal }) {
    this.#log = parts.log;
    this.#faults = parts.faults;
    this.#limits = parts.limits;
    this.#closing = parts.closing;
    // As many calls as there are may wait: it is no leak, and Node would warn of one from the eleventh on.
    setMaxListeners(0, parts.closing);
  }

  /** Handles the call and sends its answer, unless a fault says otherwise. */
  async pass(reply: FastifyReply, call: GatedCall): Promise<FastifyReply> {
    const entry = this.#log.open(call.operation);
    entry.auth_flow = call.flow ?? null;
    const hit = this.#faults.take(call.operation);
    if (hit !== null && hit.latencyMs > 0) {
      await wait(hit.latencyMs, undefined, { signal: this.#closing }).catch(() => undefined);
      if (this.#closing.aborted) {
        return reset(reply);
      }
    }
    if (hit === null || hit.fault === "latency") {
      return send(reply, await this.#handle(call, entry));
    }
    const { fault } = hit;
    if (fault === "reset_after") {
      await this.#handle(call, entry);
    }
    entry.outcome = fault;
    switch (fault) {
      case "hang":
        return reply.hijack();
      case "reset_before":
      case "reset_after":
        return reset(reply);
      default:
        return send(reply, call.style.fault(fault));
    }
  }

  async #handle(call: GatedCall, entry: OpenCall): Promise<Answer> {
    try {
      if (call.quota !== null) {
        this.#limits.requireAccount(call.quota);
      }
      const answer = await call.run(this.#context(call, entry));
      entry.outcome = answer.outcome;
      return answer;
    } catch (error) {
      const refused = call.style.refusal(error);
      if (refused === null) {
        // A defect of ours. Whoever runs this is its developer, so show it; what went wrong holds no token.
        console.error(error);
      }
      const answer = refused ?? call.style.fault("internal_error");
      entry.outcome = refused?.outcome ?? "InternalErrorException";
      return answer;
    }
  }

  #context(call: GatedCall, entry: OpenCall): CallContext {
    return {
      useFlow: (flow) => {
        entry.auth_flow = flow;
      },
      identify: (poolId, username) => {
        entry.username = username;
        if (call.quota === "UserAuthentication") {
          this.#limits.requireUser(poolId, username);
        }
      },
    };
  }
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  // As bytes: to text Fastify would add a charset that Cognito does not send.
  return reply.code(answer.status).headers(answer.headers).send(Buffer.from(answer.body));
}

function reset(reply: FastifyReply): FastifyReply {
  reply.hijack();
  reply.raw.socket?.resetAndDestroy();
  return reply;
}
