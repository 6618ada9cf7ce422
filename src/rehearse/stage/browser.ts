import { type Dispatcher, errors, request } from "undici";

/** A browser was led to an address that the rehearsal does not have: nothing may leave this machine. */
export class LeftTheStage extends Error {
  constructor(origin: string) {
    super(`a redirect leads to ${origin}, which is none of the rehearsal's own addresses`);
    this.name = "LeftTheStage";
  }
}

/** An answer with its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly url: URL;
  readonly setCookies: readonly string[];
}

interface StoredCookie {
  readonly value: string;
  readonly sameSite: string;
}

interface Sent {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

type Site = "same-site" | "cross-site";

const MOST_HOPS = 10;
const LONG_GONE_MS = Date.UTC(2000, 0, 1);
/** The longest that a person waits; the proxy itself gives up on Cognito long before. */
export const LONGEST_ANSWER_MS = 30_000;

export interface BrowserOptions {
  /** `PUBLIC_URL`: what the browser believes to talk to. */
  readonly publicUrl: string;
  /** Where each origin really listens, on loopback; no other is ever called. */
  readonly addresses: ReadonlyMap<string, string>;
  readonly dispatcher: Dispatcher;
}

/**
 * A person's browser, as far as a session needs one: it keeps cookies by host and SameSite, sends Fetch Metadata, follows redirects when it
 * navigates and none when a script calls. It believes in the public origins and reaches the addresses that stand in for them.
 */
export class Browser {
  readonly #app: URL;
  readonly #options: BrowserOptions;
  readonly #jars = new Map<string, Map<string, StoredCookie>>();
  /** Every Set-Cookie line of the app's that this browser has met, the way it came. */
  readonly cookieLines: string[] = [];

  constructor(options: BrowserOptions) {
    this.#app = new URL(options.publicUrl);
    this.#options = options;
  }

  /** The cookies kept for the app, by name. */
  get cookies(): ReadonlyMap<string, string> {
    return new Map([...this.#jar(this.#app.hostname)].map(([name, { value }]) => [name, value]));
  }

  /** Another browser with a copy of all cookies, which may be sent to another server. */
  copy(addresses: ReadonlyMap<string, string> = this.#options.addresses): Browser {
    const other = new Browser({ ...this.#options, addresses });
    for (const [host, jar] of this.#jars) other.#jars.set(host, new Map(jar));
    other.cookieLines.push(...this.cookieLines);
    return other;
  }

  /** What the app's script does with fetch. */
  call(path: string, method: "GET" | "POST" = "GET"): Promise<Answer> {
    const headers: Record<string, string> = {
      "sec-fetch-site": "same-origin",
      "sec-fetch-mode": "cors",
      "sec-fetch-dest": "empty",
      accept: "*/*",
      // What CSRF_HEADER=required asks for; without it nobody minds.
      "x-bff-csrf": "1",
    };
    if (method === "POST") headers["origin"] = this.#app.origin;
    return this.#send(new URL(path, this.#app), { method, headers }, "same-site");
  }

  /** A top-level navigation that follows redirects, crossing sites as they come. */
  async visit(target: string | URL, first: Partial<Sent> = {}): Promise<Answer> {
    let url = new URL(target, this.#app);
    let from: URL | null = null;
    let next = first;
    let crossed = false;
    for (let hop = 0; hop < MOST_HOPS; hop++) {
      crossed ||= from !== null && from.hostname !== url.hostname;
      const headers = {
        "sec-fetch-site": from === null ? "none" : crossed ? "cross-site" : "same-origin",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
        accept: "text/html,*/*;q=0.8",
        ...next.headers,
      };
      const answer = await this.#send(url, { method: "GET", ...next, headers }, crossed ? "cross-site" : "same-site");
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status >= 400 || typeof location !== "string") return answer;
      from = url;
      url = new URL(location, url);
      next = answer.status === 307 || answer.status === 308 ? next : {};
    }
    throw new Error("too many redirects");
  }

  /** Signs in through managed login's form and comes back. */
  async signIn(user: { readonly email: string; readonly password: string }, loginPath: string): Promise<Answer> {
    const page = await this.visit(loginPath);
    // Cognito's own cookie may sign the person in without a question.
    return /name="password"/.test(page.text) ? this.#submitLogin(page, user) : page;
  }

  #submitLogin(page: Answer, { email, password }: { readonly email: string; readonly password: string }): Promise<Answer> {
    const fields = new URLSearchParams();
    for (const [input] of page.text.matchAll(/<input[^>]*>/g)) {
      const name = attribute(input, "name");
      if (name && attribute(input, "type") === "hidden") fields.set(name, attribute(input, "value") ?? "");
    }
    fields.set("username", email);
    fields.set("password", password);
    const action = new URL(attribute(/<form[^>]*>/.exec(page.text)?.[0] ?? "", "action") ?? "", page.url);
    const headers = { "content-type": "application/x-www-form-urlencoded", origin: action.origin };
    return this.visit(action, { method: "POST", headers, body: fields.toString() });
  }

  #jar(host: string): Map<string, StoredCookie> {
    const jar = this.#jars.get(host) ?? new Map<string, StoredCookie>();
    this.#jars.set(host, jar);
    return jar;
  }

  async #send(url: URL, { method, headers, body }: Sent, site: Site): Promise<Answer> {
    const address = this.#options.addresses.get(url.origin);
    if (address === undefined) throw new LeftTheStage(url.origin);
    const jar = this.#jar(url.hostname);
    const sent = [...jar].filter(([, { sameSite }]) => site === "same-site" || sameSite !== "strict");
    const cookie = sent.map(([name, { value }]) => `${name}=${value}`).join("; ");
    const asked = async () => {
      const answer = await request(new URL(url.pathname + url.search, address), {
        dispatcher: this.#options.dispatcher,
        method,
        headers: { ...headers, host: url.host, ...(cookie === "" ? {} : { cookie }) },
        ...(body === undefined ? {} : { body }),
      });
      return { answer, text: await answer.body.text() };
    };
    const { answer, text } = await asked().catch((error: unknown) => {
      throw error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError
        ? new Error(`${method} ${url.pathname}: no answer within ${LONGEST_ANSWER_MS / 1_000} s`)
        : error;
    });
    const setCookies = [answer.headers["set-cookie"] ?? []].flat();
    for (const line of setCookies) keep(jar, line);
    if (url.hostname === this.#app.hostname) this.cookieLines.push(...setCookies);
    return { status: answer.statusCode, headers: answer.headers, text, url, setCookies };
  }
}

const nameOf = (attribute: string) => attribute.split("=", 1).join().trim().toLowerCase();

/** The parts of a Set-Cookie line that matter here (RFC 6265bis 5.6). */
export function readSetCookie(line: string): {
  readonly name: string;
  readonly value: string;
  readonly sameSite: string;
  readonly isRemoval: boolean;
  /** The names of its attributes, in small letters. */
  readonly attributes: readonly string[];
} {
  const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
  const named = (wanted: string) =>
    attributes
      .find((part) => part.toLowerCase().startsWith(`${wanted}=`))
      ?.slice(wanted.length + 1)
      .toLowerCase();
  const at = pair.indexOf("=");
  const [maxAge, expires] = [named("max-age"), named("expires")];
  // Max-Age goes before Expires; whoever removes by a date takes one long gone.
  const isRemoval = maxAge === undefined ? Date.parse(expires ?? "") < LONG_GONE_MS : Number(maxAge) <= 0;
  return {
    name: pair.slice(0, at),
    value: pair.slice(at + 1),
    sameSite: named("samesite") ?? "lax",
    isRemoval,
    attributes: attributes.map(nameOf),
  };
}

function keep(jar: Map<string, StoredCookie>, line: string): void {
  const { name, value, sameSite, isRemoval } = readSetCookie(line);
  if (isRemoval) jar.delete(name);
  else jar.set(name, { value, sameSite });
}

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\b${name}="([^"]*)"`)
    .exec(tag)?.[1]
    ?.replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&#x3D;", "=")
    .replaceAll("&amp;", "&");
}
