import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { AUTH_ROUTES, registrationOf } from "./auth-route-table.js";

/** Where the build leaves what browsers load. */
const FOLDER = new URL("../../browser/", import.meta.url);

interface BrowserFile {
  readonly content: string;
  /** Of what it holds: the same in every process of a release, and another one with the next. */
  readonly etag: string;
}

/** Null where it was not built. */
function read(name: string): BrowserFile | null {
  try {
    const content = readFileSync(new URL(name, FOLDER), "utf8");
    return { content, etag: `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/**
 * The client for the browser, read once when it is first asked for. Its address stays the same from release to release, hence it is asked for anew
 * each time (`no-cache`) and answered with 304 while it is the same (RFC 9110 section 13.1.2).
 */
export function browserFileRoutes(app: FastifyInstance): void {
  let file: BrowserFile | null = null;
  app.route({
    ...registrationOf(AUTH_ROUTES.client),
    async handler(request, reply) {
      // One name, however its path was spelled.
      file ??= read("client.js");
      if (file === null) return reply.callNotFound();
      reply.headers({
        "content-type": "text/javascript; charset=utf-8",
        "cache-control": "no-cache",
        etag: file.etag,
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
      });
      if (matches(request.headers["if-none-match"], file.etag)) return reply.code(304).send();
      return reply.send(file.content);
    },
  });
}

/** Proxies that compress make an ETag weak; for this question the two are the same. */
function matches(header: string | undefined, etag: string): boolean {
  const known = (header ?? "").split(",").map((candidate) => candidate.trim().replace(/^W\//, ""));
  return known.includes(etag) || known.includes("*");
}
