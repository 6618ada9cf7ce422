import { request } from "undici";

/** One cookie as a browser keeps it. */
interface StoredCookie {
  readonly value: string;
  readonly sameSite: string;
}

/** An answer with its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly url: string;
  json<T = Record<string, unknown>>(): T;
}

export interface CallInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * A person's browser over plain HTTP: keeps cookies as browsers do (by host, SameSite included), sends Fetch Metadata, follows redirects when
 * navigating and never when fetching.
 */
export class Person {
  readonly #jars = new Map<string, Map<string, StoredCookie>>();
  readonly #app: URL;
  /** What the browser says of itself with every request. */
  hints: Readonly<Record<string, string>> = {};

  constructor(appUrl: string) {
    this.#app = new URL(appUrl);
  }

  /** The cookies kept for the app; ours without the port that their names have on localhost. */
  get cookies(): ReadonlyMap<string, string> {
    const jar = this.#jars.get(this.#app.hostname) ?? new Map<string, StoredCookie>();
    const port = new RegExp(`^(bff-[a-z]+)-${this.#app.port}(?![0-9])`);
    return new Map([...jar].map(([name, { value }]) => [name.replace(port, "$1"), value]));
  }

  /** What a cookie of ours, such as `bff-session.1`, is called on the wire. */
  nameOf(name: string): string {
    return name.replace(/^bff-[a-z]+/, `$&-${this.#app.port}`);
  }

  /** The Cookie header that goes to a host. */
  cookiesOf(host: string): string {
    return [...this.#jar(host)].map(([name, { value }]) => `${name}=${value}`).join("; ");
  }

  /** Puts a cookie into the jar, as an earlier visit or an attacker would. */
  plant(name: string, value: string): void {
    this.#jar(this.#app.hostname).set(this.nameOf(name), { value, sameSite: "strict" });
  }

  forget(name: string): void {
    this.#jar(this.#app.hostname).delete(this.nameOf(name));
  }

  /** Another browser with a copy of all cookies. */
  copy(): Person {
    const other = new Person(this.#app.href);
    for (const [host, jar] of this.#jars) other.#jars.set(host, new Map(jar));
    return other;
  }

  /** What the app's script does with fetch. */
  call(path: string, init: CallInit = {}): Promise<Answer> {
    const method = init.method ?? "GET";
    const origin: Record<string, string> = method === "GET" || method === "HEAD" ? {} : { origin: this.#app.origin };
    const metadata = {
      "sec-fetch-site": "same-origin",
      "sec-fetch-mode": "cors",
      "sec-fetch-dest": "empty",
      accept: "*/*",
    };
    return this.#send(new URL(path, this.#app), { ...init, method, headers: { ...metadata, ...origin, ...init.headers } }, "same-site");
  }

  /**
   * A top-level navigation that follows redirects, crossing sites as they come.
   *
   * @param stopBefore the path of a redirect that is not followed any more.
   */
  async visit(path: string, init: CallInit = {}, stopBefore: string | null = null): Promise<Answer> {
    let url = new URL(path, this.#app);
    let from: URL | null = null;
    let next: CallInit = init;
    let crossed = false;
    for (let hop = 0; hop < 10; hop++) {
      crossed ||= from !== null && from.hostname !== url.hostname;
      const site = from === null ? "none" : crossed ? "cross-site" : "same-origin";
      const metadata = {
        "sec-fetch-site": site,
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
        accept: "text/html,*/*;q=0.8",
      };
      const answer = await this.#send(url, { ...next, headers: { ...metadata, ...next.headers } }, crossed ? "cross-site" : "same-site");
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status >= 400 || typeof location !== "string") return answer;
      from = url;
      url = new URL(location, url);
      if (url.pathname === stopBefore) return answer;
      next = answer.status === 307 || answer.status === 308 ? next : {};
    }
    throw new Error("too many redirects");
  }

  /** What a page does that moves on by itself: a navigation of its own, from its own site. */
  moveOn(page: Answer): Promise<Answer> {
    const content = attribute(/<meta http-equiv="refresh"[^>]*>/.exec(page.text)?.[0] ?? "", "content") ?? "";
    const path = /^0;url=(.+)$/.exec(content)?.[1];
    if (path === undefined) throw new Error(`the page does not move on: ${page.text}`);
    return this.visit(new URL(path, page.url).href, { headers: { "sec-fetch-site": "same-origin" } });
  }

  /** Follows a link of a page by what it says. */
  click(page: Answer, text: string): Promise<Answer> {
    const tag = new RegExp(`<a [^>]*>${text}</a>`).exec(page.text)?.[0];
    if (tag === undefined) throw new Error(`the page has no link "${text}": ${page.text}`);
    return this.visit(new URL(attribute(tag, "href") ?? "", page.url).href, { headers: { "sec-fetch-site": "same-origin" } });
  }

  /** Signs in through managed login's form and comes back. */
  async signIn(user: { readonly email: string; readonly password: string }, loginPath = "/auth/login"): Promise<Answer> {
    const page = await this.visit(loginPath);
    return /name="password"/.test(page.text) ? this.submitLogin(page, user) : page;
  }

  /** Fills in and sends the form of a login page. */
  submitLogin(
    page: Answer,
    user: { readonly email: string; readonly password: string },
    stopBefore: string | null = null,
  ): Promise<Answer> {
    const fields = new URLSearchParams();
    for (const [input] of page.text.matchAll(/<input[^>]*>/g)) {
      const name = attribute(input, "name");
      if (name && attribute(input, "type") === "hidden") fields.set(name, attribute(input, "value") ?? "");
    }
    fields.set("username", user.email);
    fields.set("password", user.password);
    const action = new URL(attribute(/<form[^>]*>/.exec(page.text)?.[0] ?? "", "action") ?? "", page.url);
    const headers = { "content-type": "application/x-www-form-urlencoded", origin: action.origin };
    return this.visit(action.href, { method: "POST", headers, body: fields.toString() }, stopBefore);
  }

  #jar(host: string): Map<string, StoredCookie> {
    const jar = this.#jars.get(host) ?? new Map<string, StoredCookie>();
    this.#jars.set(host, jar);
    return jar;
  }

  async #send(url: URL, init: CallInit, site: "same-site" | "cross-site"): Promise<Answer> {
    const jar = this.#jar(url.hostname);
    const sent = [...jar].filter(([, { sameSite }]) => site === "same-site" || sameSite !== "strict");
    const cookie = sent.map(([name, { value }]) => `${name}=${value}`).join("; ");
    const answer = await request(url, {
      method: (init.method ?? "GET") as "GET",
      headers: { ...(cookie === "" ? {} : { cookie }), ...this.hints, ...init.headers },
      ...(init.body === undefined ? {} : { body: init.body }),
    });
    const text = await answer.body.text();
    const setCookies = answer.headers["set-cookie"];
    for (const line of setCookies === undefined ? [] : [setCookies].flat()) keep(jar, line);
    return { status: answer.statusCode, headers: answer.headers, text, url: url.href, json: <T>() => JSON.parse(text) as T };
  }
}

function keep(jar: Map<string, StoredCookie>, line: string): void {
  const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
  const name = pair.slice(0, pair.indexOf("="));
  const value = pair.slice(pair.indexOf("=") + 1);
  const named = (attributeName: string) =>
    attributes
      .find((part) => part.toLowerCase().startsWith(`${attributeName}=`))
      ?.split("=")[1]
      ?.toLowerCase();
  if (named("max-age") === "0") jar.delete(name);
  else jar.set(name, { value, sameSite: named("samesite") ?? "lax" });
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
  return value
    ?.replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&#x3D;", "=")
    .replaceAll("&amp;", "&");
}
