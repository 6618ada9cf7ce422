import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { AUTH_ROUTES, type AuthRoute, registrationOf } from "./auth-route-table.js";

/** Where the build leaves what browsers load. */
const FOLDER = new URL("../../browser/", import.meta.url);

interface BrowserFile {
  readonly content: string;
  /** Of what it holds: the same in every process of a release, and another one with the next. */
  readonly etag: string;
}

/** By their names; none where they were not built. */
function readAll(): ReadonlyMap<string, BrowserFile> {
  const files = new Map<string, BrowserFile>();
  if (!existsSync(FOLDER)) return files;
  for (const name of readdirSync(FOLDER)) {
    const content = readFileSync(new URL(name, FOLDER), "utf8");
    files.set(name, { content, etag: `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"` });
  }
  return files;
}

/** The files with fixed names, and the words of a language. */
const SERVED: readonly (readonly [AuthRoute, (params: Readonly<Record<string, string>>) => string])[] = [
  [AUTH_ROUTES.client, () => "client.js"],
  [AUTH_ROUTES.element, () => "element.js"],
  [AUTH_ROUTES.words, ({ lang }) => `words.${lang}.js`],
];

/**
 * What browsers load, read once when one of them is first asked for. Addresses stay the same from release to release, hence they are asked for anew
 * each time (`no-cache`) and answered with 304 while a file is the same (RFC 9110 section 13.1.2).
 */
export function browserFileRoutes(app: FastifyInstance): void {
  let files: ReadonlyMap<string, BrowserFile> | null = null;
  for (const [route, nameOf] of SERVED) {
    app.route({
      ...registrationOf(route),
      async handler(request, reply) {
        files ??= readAll();
        // One name, however its path was spelled.
        const file = files.get(nameOf(request.params as Readonly<Record<string, string>>));
        if (file === undefined) return reply.callNotFound();
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
}

/** Proxies that compress make an ETag weak; for this question the two are the same. */
function matches(header: string | undefined, etag: string): boolean {
  const known = (header ?? "").split(",").map((candidate) => candidate.trim().replace(/^W\//, ""));
  return known.includes(etag) || known.includes("*");
}
