import { randomBytes } from "node:crypto";
import { version } from "../../model/version.js";
import { cookieNames } from "../../store/cookies.js";
import { CSRF_HEADER } from "../../wire/headers.js";
import { AUTH_PATHS } from "../../wire/paths.js";
import type { NoAnswer, ProbeAnswer, ProbeRequest, Send } from "./send.js";

/** What browsers send along, so that what is left of somebody's limit is what people have left. It says who it is all the same. */
const BROWSER = {
  "user-agent": `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 cognito-bff-doctor/${version}`,
  "accept-language": "en-GB,en-US;q=0.9,en;q=0.8,de;q=0.7",
  "sec-ch-ua": '"Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"',
  "sec-ch-ua-mobile": "?0",
  "sec-ch-ua-platform": '"Linux"',
};
/** What a page's own script sends, the header of CSRF_HEADER=required included. */
const FETCH = {
  ...BROWSER,
  [CSRF_HEADER]: "1",
  accept: "application/json",
  "sec-fetch-site": "same-origin",
  "sec-fetch-mode": "cors",
  "sec-fetch-dest": "empty",
};
/** What the address bar sends. */
const NAVIGATION = {
  ...BROWSER,
  accept: "text/html,application/xhtml+xml",
  "sec-fetch-site": "none",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
};
/** What COOKIE_HEADER_BUDGET allows our cookies, and half as much again for the app's own. */
export const COOKIE_ROOM_BYTES = { ours: 8_000, all: 12_000 } as const;
const ONE_COOKIE_BYTES = 1_000;
/** Where the management port is unless somebody moved it. */
const MANAGEMENT_PORT = 9_000;
const MANAGEMENT_DEADLINE_MS = 3_000;

export type Outcome = ProbeAnswer | NoAnswer;

/** Every request that is made, by what it is for; a null is one that this deployment has no use for. */
export interface Visits {
  readonly session: Outcome;
  readonly sessionAgain: Outcome;
  readonly missing: Outcome;
  readonly missingAgain: Outcome;
  readonly crossSite: Outcome;
  readonly post: Outcome;
  readonly page: Outcome;
  readonly cookie: Outcome;
  readonly cookieOfOurs: Outcome;
  readonly cookieOfAll: Outcome;
  readonly login: Outcome;
  readonly loginAgain: Outcome;
  readonly start: Outcome;
  readonly livez: Outcome;
  readonly readyz: Outcome;
  readonly metrics: Outcome;
  /** The same host by http, of an https deployment. */
  readonly plain: Outcome | null;
  /** The management port of the same host, where it is not this machine. */
  readonly management: Outcome | null;
}

/** A running deployment, and what it is asked with. */
export interface Deployment {
  /** The origin that the browser sees. */
  readonly origin: string;
  readonly authPrefix: string;
}

/** A Cookie header of that many bytes that ends with a session nobody can open. */
function cookieHeader(origin: string, bytes: number): string {
  const last = `${cookieNames(origin).session}=none`;
  const padding: string[] = [];
  for (let left = bytes - last.length; left > 0; left -= ONE_COOKIE_BYTES) {
    const name = `probe${padding.length}=`;
    padding.push(`${name}${"x".repeat(Math.max(1, Math.min(ONE_COOKIE_BYTES, left) - name.length - 2))}`);
  }
  return [...padding, last].join("; ");
}

/** An address of this machine's own. */
export const isLocal = ({ hostname }: URL) => hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");

/** Asks everything, one after another: nothing that a deployment would feel. No session is begun, read or ended. */
export async function visit({ origin, authPrefix }: Deployment, send: Send): Promise<Visits> {
  const base = new URL(origin);
  const at = (path: string) => `${origin}${authPrefix}${path}`;
  const session = at(AUTH_PATHS.session);
  const first = await send({ url: session, headers: FETCH });
  const ask = async (url: string, headers: Readonly<Record<string, string>>, more: Partial<ProbeRequest> = {}) =>
    // Where nothing answers, nothing else is waited for.
    first.kind === "none" ? first : send({ url, headers, ...more });
  // A path that no cache knows yet, and then does if it may.
  const missing = at(`/no-such-path-${randomBytes(6).toString("hex")}`);
  const login = at(`${AUTH_PATHS.login}?return_to=/`);
  const cookie = (bytes: number) => ask(session, { ...FETCH, cookie: cookieHeader(origin, bytes) });
  return {
    session: first,
    sessionAgain: await ask(session, { ...FETCH, "accept-encoding": "gzip, br" }),
    missing: await ask(missing, FETCH),
    missingAgain: await ask(missing, FETCH),
    crossSite: await ask(session, { ...FETCH, "sec-fetch-site": "cross-site" }),
    post: await ask(session, { ...FETCH, origin, "content-length": "0" }, { method: "POST" }),
    page: await ask(session, NAVIGATION),
    cookie: await cookie(0),
    cookieOfOurs: await cookie(COOKIE_ROOM_BYTES.ours),
    cookieOfAll: await cookie(COOKIE_ROOM_BYTES.all),
    login: await ask(login, NAVIGATION),
    loginAgain: await ask(login, NAVIGATION),
    start: await ask(`${origin}/`, NAVIGATION),
    livez: await ask(`${origin}/livez`, FETCH),
    readyz: await ask(`${origin}/readyz`, FETCH),
    metrics: await ask(`${origin}/metrics`, FETCH),
    plain: base.protocol === "https:" && base.port === "" ? await ask(`http://${base.hostname}/`, NAVIGATION) : null,
    management: isLocal(base)
      ? null
      : await ask(`http://${base.hostname}:${MANAGEMENT_PORT}/livez`, {}, { deadlineMs: MANAGEMENT_DEADLINE_MS }),
  };
}
