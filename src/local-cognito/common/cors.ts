import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from "fastify";

/** Answers a preflight (https://fetch.spec.whatwg.org/#cors-preflight-fetch) of an origin that may call. */
export function answerPreflight(
  request: FastifyRequest,
  reply: FastifyReply,
  allowed: { origin: string; methods: string; headers: string },
): FastifyReply {
  return reply
    .code(204)
    .headers({
      "access-control-allow-origin": allowed.origin,
      "access-control-allow-methods": allowed.methods,
      "access-control-allow-headers": allowed.headers,
      "access-control-max-age": "600",
      // https://wicg.github.io/private-network-access/: Chromium asks before a page of another address space may reach loopback.
      ...(request.headers["access-control-request-private-network"] === "true" ? { "access-control-allow-private-network": "true" } : {}),
    })
    .send();
}

/** Whether the text is what a browser sends as Origin. Some apps in a shell have a scheme of their own, `capacitor://localhost`. */
function isOrigin(text: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@*\s]+$/.test(text) || !URL.canParse(text)) return false;
  const { origin } = new URL(text);
  return origin === "null" || origin === text;
}

/**
 * The pages that may call what Cognito lets every page call: the API, the token, revocation and profile endpoints, keys and discovery.
 * Cognito answers `*`. Here each origin is named, since whoever can call may do as an administrator: nothing is signed. Never with
 * credentials, as Cognito: no cookie of managed login travels on such a call.
 */
export class CorsOrigins {
  readonly #origins: ReadonlySet<string>;

  /** @throws TypeError for what is no origin, `*` included */
  constructor(origins: readonly string[]) {
    const wrong = origins.find((origin) => !isOrigin(origin));
    if (wrong !== undefined) {
      throw new TypeError(
        `corsOrigins (LOCAL_COGNITO_CORS_ORIGINS): expected origins such as http://localhost:5173, each by its name, got ${JSON.stringify(wrong)}`,
      );
    }
    this.#origins = new Set(origins);
  }

  has(origin: string): boolean {
    return this.#origins.has(origin);
  }

  /** Answers the path's preflights, and gives the hook that its route runs. */
  open(app: FastifyInstance, method: "GET" | "POST", path: string): onRequestHookHandler {
    if (this.#origins.size === 0) return (_request, _reply, done) => done();
    const allow: onRequestHookHandler = (request, reply, done) => {
      reply.header("vary", "Origin");
      const { origin } = request.headers;
      if (origin !== undefined && this.has(origin)) {
        // What the SDK reads beside the body.
        const exposed = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date";
        reply.headers({ "access-control-allow-origin": origin, "access-control-expose-headers": exposed });
      }
      done();
    };
    app.options(path, (request, reply) => {
      reply.header("vary", "Origin");
      const { origin } = request.headers;
      if (origin === undefined || !this.has(origin)) return reply.code(403).send({ message: "This Origin may not call." });
      // Any header: SDKs bring their own (x-amz-target, x-amz-user-agent, amz-sdk-request, …), and no cookie depends on one.
      const headers = request.headers["access-control-request-headers"] ?? "content-type";
      return answerPreflight(request, reply, { origin, methods: method, headers });
    });
    return allow;
  }
}
