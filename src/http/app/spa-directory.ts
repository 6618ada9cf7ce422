import { access, realpath, stat } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isNavigation } from "../problem/navigation.js";
import { ProblemError } from "../problem/problem.js";
import { addScope } from "../problem/scope.js";
import { isHashedName } from "./hashed-name.js";
import { spaHeaders } from "./spa-headers.js";

const MOST_LISTENERS = 20;
const PAGE = "index.html";
const ONE_YEAR_SECONDS = 365 * 24 * 60 * 60;
const HASHED_CACHE_CONTROL = `public, max-age=${ONE_YEAR_SECONDS}, immutable`;

/**
 * Nix, Bazel and Jib give every file of a build one time of long ago, Bazel the youngest. A page whose hashes alone have changed then has
 * the size and the time of the one before, and would be answered with 304.
 */
const YOUNGEST_FLATTENED_TIME_MS = Date.UTC(2010, 0, 2);

/** What of a file's headers must not stay on a problem in its place. */
const FILE_HEADERS = ["accept-ranges", "content-encoding", "content-range", "etag", "last-modified"] as const;

export interface AppDirectory {
  readonly path: string;
  /** SPA_CSP. */
  readonly csp: string | null;
}

/** SPA_DIR: the built app. Rejects where there is none. */
export async function serveDirectory(app: FastifyInstance, { path, csp }: AppDirectory): Promise<void> {
  const root = resolve(path);
  const datesFiles = await inspect(root);
  const headers = spaHeaders(csp);
  addScope(app, (scope) => {
    const answerMissing = createMissingAnswer(root);
    scope.setNotFoundHandler(answerMissing);
    scope.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply, answerMissing));
    scope.addHook("onRequest", (request, _reply, done) => {
      if (!request.is404) request.raw.url = withFileNameCharacters(request.raw.url ?? "/");
      done();
    });
    void scope.register(fastifyStatic, {
      root,
      cacheControl: false,
      etag: datesFiles,
      lastModified: datesFiles,
      preCompressed: true,
      allowedPath: (pathname) => !isHidden(pathname),
      async onFile(file) {
        if (!(await leadsInto(root, file))) throw new ProblemError({ reason: "not_found" });
      },
      setHeaders(reply, file) {
        const name = file.slice(root.length).replaceAll(sep, "/");
        reply.headers({ ...headers, "cache-control": isHashedName(name) ? HASHED_CACHE_CONTROL : "no-cache" });
      },
    });
  });
}

/** The characters that `decodeURI`, by which @fastify/static finds a file, leaves escaped, but for those that end a path: `/`, `?` and `#`. */
const RESERVED = /%(?:24|26|2b|2c|3a|3b|3d|40)/gi;

/**
 * The target with the reserved characters of file names unescaped: `app/@modal/page.js` is asked for as `%40modal` too, and both mean the file
 * (RFC 3986 section 2.2 leaves it to whoever owns the path). An escaped slash stays, since no name holds one.
 */
function withFileNameCharacters(url: string): string {
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  return path.includes("%") ? path.replace(RESERVED, decodeURIComponent) + url.slice(path.length) : url;
}

/** Whether the times of the files tell one build from another. Rejects where the directory holds no app. */
async function inspect(root: string): Promise<boolean> {
  const page = join(root, PAGE);
  const file = await stat(page).catch(() => null);
  if (!file?.isFile()) throw new Error(`SPA_DIR: there is no ${PAGE} in ${root}`);
  if (!(await leadsInto(root, page))) throw new Error(`SPA_DIR: ${PAGE} is a link that leads out of ${root}`);
  return file.mtimeMs > YOUNGEST_FLATTENED_TIME_MS;
}

/** Links may lead within the directory (Kubernetes mounts its volumes so), and the directory may be a link that each release turns. */
async function leadsInto(root: string, file: string): Promise<boolean> {
  // Gone in this very moment, in the middle of a deployment: it leads nowhere.
  const [realRoot, realFile] = await Promise.all([realpath(root), realpath(file).catch(() => "")]);
  return realFile.startsWith(realRoot.endsWith(sep) ? realRoot : `${realRoot}${sep}`);
}

/** Hidden files are never sent, nor is the app's page in their place; but for `/.well-known/` (RFC 8615). */
function isHidden(path: string): boolean {
  return path.replace(/^\/\.well-known\//, "/").includes("/.");
}

/** Code of a build, and nothing that an app could route to: `/invoices/invoice-4f3c2a1b.pdf` may be a view of it. */
function isBuilt(path: string): boolean {
  return isHashedName(path) && /\.(?:[cm]?js|css|map|wasm|woff2?)$/.test(path);
}

type MissingAnswer = (request: FastifyRequest, reply: FastifyReply) => void;

/** What is not there: the app's page for a navigation, which the app routes by itself; 404 for the rest. */
function createMissingAnswer(root: string): MissingAnswer {
  const missing = () => new ProblemError({ reason: "not_found" });
  return (request, reply) => {
    const path = decodeURIComponent(request.url.replace(/\?.*$/s, ""));
    const isRead = request.method === "GET" || request.method === "HEAD";
    const isPage = isRead && isNavigation(request.method, request.headers) && !isHidden(path) && !isBuilt(path);
    if (!isPage) throw missing();
    // Each hand-over, from route to "not found" to file, leaves listeners on the response; Node warns of a leak from the eleventh on.
    reply.raw.setMaxListeners(MOST_LISTENERS);
    // Between two releases the page may be gone for a moment.
    void exists(join(root, PAGE)).then((isThere) => (isThere ? reply.sendFile(PAGE) : reply.send(missing())));
  };
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function answerError(
  error: FastifyError & { readonly headers?: Readonly<Record<string, string>> },
  request: FastifyRequest,
  reply: FastifyReply,
  answerMissing: MissingAnswer,
): FastifyReply | undefined {
  for (const name of FILE_HEADERS) reply.removeHeader(name);
  // RFC 9110 sections 13 and 14: HTTP's own answers to a condition and to a range, for whoever asked with them.
  if (error.statusCode === 412 || error.statusCode === 416)
    return reply
      .code(error.statusCode)
      .headers({ ...error.headers, "cache-control": "no-store" })
      .send();
  // No file can have such a name: `//`, or a token as a segment that is longer than file systems take. An app's own path may.
  if (error.code !== "FST_STATIC_FORBIDDEN_PATH") throw error;
  answerMissing(request, reply);
  return undefined;
}
