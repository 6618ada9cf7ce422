// A browser over plain HTTP for the checks in this folder: keeps cookies by host with SameSite, sends Fetch Metadata, follows redirects when
// navigating and never when fetching. Needs Node.js and nothing else.
import { Agent, request as httpRequest } from "node:http";

// node:http and not fetch: the built-in fetch sends a Sec-Fetch-Mode of its own beside ours.
const agent = new Agent({ keepAlive: true });

/** One HTTP request, body read. */
export function send(url, { method = "GET", headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const request = httpRequest(url, { method, agent, headers: { ...length, ...headers } }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: response.statusCode, headers: response.headers, text, url: String(url), json: () => JSON.parse(text) });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

export class Browser {
  #jars = new Map();
  #app;

  constructor(appUrl) {
    this.#app = new URL(appUrl);
  }

  /** The app's cookies: name to `{ value, attributes }`. */
  get cookies() {
    return this.#jar(this.#app.hostname);
  }

  /** The name of the session's cookie: on http://localhost it carries the port. */
  get sessionCookie() {
    const { protocol, port } = this.#app;
    return protocol === "https:" ? "__Host-Http-bff-session" : `bff-session-${port || "80"}`;
  }

  /** What the app's script does with fetch. */
  call(path, { method = "GET", headers = {}, body } = {}) {
    const origin = method === "GET" || method === "HEAD" ? {} : { origin: this.#app.origin };
    const metadata = { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty", accept: "*/*" };
    return this.#send(new URL(path, this.#app), { method, headers: { ...metadata, ...origin, ...headers }, body }, true);
  }

  /** A top-level navigation that follows redirects across sites. `trail` of the answer lists every address on the way. */
  async visit(path, init = {}) {
    let url = new URL(path, this.#app);
    let next = init;
    let from = null;
    let crossed = false;
    const trail = [];
    for (let hop = 0; hop < 10; hop++) {
      trail.push(url.href);
      crossed ||= from !== null && from.hostname !== url.hostname;
      const site = from === null ? (init.site ?? "none") : crossed ? "cross-site" : "same-origin";
      const metadata = { "sec-fetch-site": site, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", accept: "text/html" };
      const answer = await this.#send(url, { ...next, headers: { ...metadata, ...next.headers } }, !crossed);
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status >= 400 || location === undefined) return { ...answer, trail };
      from = url;
      url = new URL(location, url);
      next = {};
    }
    throw new Error(`too many redirects: ${trail.join(" → ")}`);
  }

  /** Through managed login's form and back. */
  async signIn({ email, password }, loginPath = "/auth/login") {
    const page = await this.visit(loginPath);
    const form = /<form[^>]*>/.exec(page.text)?.[0];
    if (form === undefined) return page;
    const fields = new URLSearchParams();
    for (const [input] of page.text.matchAll(/<input[^>]*>/g)) {
      if (attribute(input, "type") === "hidden") fields.set(attribute(input, "name"), attribute(input, "value") ?? "");
    }
    fields.set("username", email);
    fields.set("password", password);
    const action = new URL(attribute(form, "action") ?? "", page.url);
    const answer = await this.visit(action.href, {
      method: "POST",
      site: "same-origin",
      headers: { "content-type": "application/x-www-form-urlencoded", origin: action.origin },
      body: fields.toString(),
    });
    return { ...answer, trail: [...page.trail, ...answer.trail] };
  }

  #jar(host) {
    if (!this.#jars.has(host)) this.#jars.set(host, new Map());
    return this.#jars.get(host);
  }

  async #send(url, init, sameSite) {
    const jar = this.#jar(url.hostname);
    const sent = [...jar].filter(([, { attributes }]) => sameSite || !/;\s*samesite=strict/i.test(attributes));
    const own = sent.map(([name, { value }]) => `${name}=${value}`);
    const cookie = [...own, ...(init.headers.cookie === undefined ? [] : [init.headers.cookie])].join("; ");
    const answer = await send(url, { ...init, headers: { ...init.headers, ...(cookie === "" ? {} : { cookie }) } });
    for (const line of answer.headers["set-cookie"] ?? []) keep(jar, line);
    return answer;
  }
}

function keep(jar, line) {
  const [, name, value, attributes] = /^([^=]+)=([^;]*)(.*)$/.exec(line) ?? [];
  if (/;\s*max-age=0(?:;|$)/i.test(attributes)) jar.delete(name);
  else jar.set(name, { value, attributes });
}

const ENTITIES = { quot: '"', "#39": "'", lt: "<", gt: ">", amp: "&" };

function attribute(tag, name) {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1].replace(/&(quot|#39|lt|gt|amp);/g, (_, entity) => ENTITIES[entity]);
}
