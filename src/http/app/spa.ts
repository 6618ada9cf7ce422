import type { FastifyInstance } from "fastify";
import type { Services } from "../../server/compose.js";
import { ProblemError } from "../problem/problem.js";
import { serveDirectory } from "./spa-directory.js";
import { passToDevelopmentServer } from "./spa-server.js";

/** Everything that is neither ours nor an API's: the single-page app. Rejects where SPA_DIR is no app's directory. */
export async function spaRoutes(app: FastifyInstance, services: Services): Promise<void> {
  const { spa, spaCsp: csp } = services.config;
  if (spa?.kind === "directory") return serveDirectory(app, { path: spa.path, csp });
  if (spa?.kind === "url") return passToDevelopmentServer(app, spa.url, services);
  app.setNotFoundHandler(() => {
    throw new ProblemError({ reason: "not_found" });
  });
}
