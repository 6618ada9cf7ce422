import type { FastifyInstance } from "fastify";
import type { Config } from "../../config/config.js";
import { type ProblemOptions, sendProblem } from "../problem/problem-details.js";
import { type DevelopmentServerOptions, passToDevelopmentServer } from "./spa-server.js";

export type SpaOptions = DevelopmentServerOptions & ProblemOptions & { readonly config: Pick<Config, "spa"> };

/** Everything that is neither ours nor an API's: the single-page app. Rejects where SPA_DIR is no app's directory. */
export async function spaRoutes(app: FastifyInstance, options: SpaOptions): Promise<void> {
  const { spa, spaCsp: csp } = options.config;
  if (spa?.kind === "directory") {
    // @fastify/static and what it brings along take 70 ms to load, and many a deployment serves its app from elsewhere.
    const { serveDirectory } = await import("./spa-directory.js");
    return serveDirectory(app, { path: spa.path, csp });
  }
  if (spa?.kind === "url") return passToDevelopmentServer(app, spa.url, options);
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, { reason: "not_found" }, options));
}
