import { type IncomingMessage, request } from "node:http";

/** What a person's app sends with fetch. */
export interface PersonRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Somebody who has signed in to an app behind cognito-bff, for tests that need no browser. */
export interface Person {
  /** What the app's own script does with fetch: cookies go along and are kept, redirects are not followed. */
  fetch(path: string, init?: PersonRequest): Promise<Response>;
}

const MOST_HOPS = 10;

/**
 * Signs a person in as a browser does, through the form of local Cognito's managed login.
 *
 * @param url where cognito-bff listens, such as what `server.listen()` says
 * @param user `DEFAULT_SEED.user`, or one of your own seed
 * @param loginPath where signing in begins, with another `AUTH_PREFIX` than `/auth`
 * @throws Error with what was answered where that does not end in a session
 */
export async function signIn(
  url: string,
  user: { readonly email: string; readonly password: string },
  loginPath = "/auth/login",
): Promise<Person> {
  const visitor = new Visitor(url);
  const page = await visitor.visit(new URL(loginPath, url));
  const text = await page.answer.text();
  const form = formOf(text);
  if (form === null) throw new Error(`signing in at ${page.url} began with ${page.answer.status} and no form${reasonIn(text)}`);
  form.fields.set("username", user.email);
  form.fields.set("password", user.password);
  const landed = await visitor.visit(new URL(form.action, page.url), form.fields.toString());
  if (visitor.hasSession) return { fetch: (path, init) => visitor.fetch(path, init) };
  throw new Error(`signing in as ${user.email} ended with ${landed.answer.status} at ${landed.url.origin}${landed.url.pathname}`);
}

/** What local Cognito's page says, such as `redirect_mismatch`. */
function reasonIn(page: string): string {
  const [, reason] = /<code>(\w{1,60})<\/code>/.exec(page) ?? [];
  return reason === undefined ? "" : `: ${reason}`;
}

/** A browser's cookies and what it says of a request (Fetch Metadata), over plain HTTP. `fetch` of Node.js may say neither. */
class Visitor {
  readonly #app: URL;
  readonly #jars = new Map<string, Map<string, string>>();

  constructor(app: string) {
    this.#app = new URL(app);
  }

  get hasSession(): boolean {
    return [...this.#jar(this.#app).keys()].some((name) => /^bff-session-/.test(name));
  }

  fetch(path: string, { method = "GET", headers = {}, body }: PersonRequest = {}): Promise<Response> {
    const said = { accept: "*/*", "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };
    return this.#send(new URL(path, this.#app), method, { ...said, ...headers }, body);
  }

  /** A navigation from place to place, up to the first one of the app where there is a session, or a page. */
  async visit(start: URL, form?: string): Promise<{ readonly url: URL; readonly answer: Response }> {
    let url = start;
    let body = form;
    for (let hop = 0; hop < MOST_HOPS; hop++) {
      const said = {
        accept: "text/html",
        "sec-fetch-site": hop === 0 ? "none" : "cross-site",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
        ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded", origin: url.origin }),
      };
      const answer = await this.#send(url, body === undefined ? "GET" : "POST", said, body);
      const location = answer.headers.get("location");
      if (location === null || this.hasSession) return { url, answer };
      const isOurs = url.origin !== this.#app.origin && new URL(location, url).origin !== url.origin;
      // Back from Cognito it is the public URL that is named, and another port may listen for it in a test.
      url = isOurs ? onApp(new URL(location, url), this.#app) : new URL(location, url);
      body = undefined;
    }
    throw new Error(`too many redirects, the last to ${url.origin}${url.pathname}`);
  }

  #jar({ hostname, port }: URL): Map<string, string> {
    const place = `${hostname}:${port}`;
    const jar = this.#jars.get(place) ?? new Map<string, string>();
    this.#jars.set(place, jar);
    return jar;
  }

  async #send(url: URL, method: string, headers: Readonly<Record<string, string>>, body?: string): Promise<Response> {
    const jar = this.#jar(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(url, { method, headers: { ...headers, ...(cookie === "" ? {} : { cookie }) } }, resolve);
      sent.on("error", reject);
      sent.end(body);
    });
    for (const line of message.headers["set-cookie"] ?? []) keep(jar, line);
    return toResponse(message);
  }
}

function onApp({ pathname, search }: URL, app: URL): URL {
  return new URL(`${pathname}${search}`, app);
}

/** Expiring is how a cookie is taken away; all others last as long as a test. */
function keep(jar: Map<string, string>, line: string): void {
  const [pair = "", ...attributes] = line.split(";");
  const end = pair.indexOf("=");
  const name = pair.slice(0, end).trim();
  if (attributes.some((attribute) => /^\s*max-age=0\s*$/i.test(attribute))) jar.delete(name);
  else jar.set(name, pair.slice(end + 1).trim());
}

async function toResponse(message: IncomingMessage): Promise<Response> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  const status = message.statusCode ?? 0;
  const headers = new Headers();
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2)
    headers.append(message.rawHeaders[index] ?? "", message.rawHeaders[index + 1] ?? "");
  const bodyless = status === 204 || status === 205 || status === 304;
  return new Response(bodyless ? null : Buffer.concat(chunks), { status, statusText: message.statusMessage ?? "", headers });
}

/** The form of managed login's page, which is ours: its hidden fields are all written alike. */
function formOf(html: string): { readonly action: string; readonly fields: URLSearchParams } | null {
  const action = /<form[^>]* action="([^"]*)"/.exec(html)?.[1];
  if (action === undefined || !html.includes('name="password"')) return null;
  const fields = new URLSearchParams();
  for (const [, name = "", value = ""] of html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g))
    fields.set(unescaped(name), unescaped(value));
  return { action: unescaped(action), fields };
}

function unescaped(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
