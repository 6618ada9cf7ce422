import { createServer } from "node:http";
import t, { type Test } from "tap";
import { Agent, request } from "undici";
import { secretHash } from "../../src/cognito/secret-hash.js";
import { Secret } from "../../src/model/secret.js";
import { createSessionId, identityOf, type Session } from "../../src/model/session.js";
import { createTokenSet, readClaims } from "../../src/model/token-set.js";
import { encodeSession } from "../../src/store/session-codec.js";
import { DICTIONARY } from "../../src/store/token-packing.js";
import { administer } from "../support/administration.js";
import { demoKeys } from "../support/demo-keys.js";
import { listen } from "../support/listener.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";

const USERS = 1_000;
const PASSWORD = "Password-of-all-1";
/** Calls under way at a time, and how many of them the API lets gather before it answers them in another order. */
const AT_ONCE = 40;
const GATHERED = 16;

interface User {
  readonly subject: string;
  /** The browser's jar: the session's cookies as the last answer left them. */
  cookies: ReadonlyMap<string, string>;
}

interface Echo {
  readonly subject: string;
  readonly path: string;
  readonly tokenExpiresAtMs: number;
  readonly cookie: string | null;
}

function claimsOf(jwt: string): { readonly [name: string]: unknown } {
  const claims = readClaims(jwt);
  if (claims === null) throw new Error("no claims");
  return claims;
}

/** An API that says whose token came with which call, and answers in an order of its own. */
async function startEcho(t: Test): Promise<string> {
  const waiting: (() => void)[] = [];
  let flushing = false;
  const answerAll = () => {
    flushing = false;
    // Last come, first served, but every third before all others.
    const answers = waiting.splice(0).reverse();
    const thirds = answers.filter((_, index) => index % 3 === 0);
    const others = answers.filter((_, index) => index % 3 !== 0);
    for (const answer of [...thirds, ...others]) answer();
  };
  const api = createServer((call, response) => {
    const claims = claimsOf(call.headers.authorization?.slice("Bearer ".length) ?? "");
    const echo: Echo = {
      subject: String(claims["sub"]),
      path: call.url ?? "",
      tokenExpiresAtMs: Number(claims["exp"]) * 1000,
      cookie: call.headers.cookie ?? null,
    };
    waiting.push(() => response.end(JSON.stringify(echo)));
    if (waiting.length >= GATHERED) answerAll();
    else if (!flushing) {
      flushing = true;
      setTimeout(answerAll, 2);
    }
  });
  return `http://127.0.0.1:${await listen(t, api)}`;
}

/** A user of local Cognito's, signed in by Cognito's own operation, and a session of ours around the tokens it issued. */
async function signUp(demo: RunningDemo, index: number): Promise<User> {
  const { config } = demo;
  const { cookies, sealer } = demoKeys(demo);
  const Username = `user-${index}@example.com`;
  await administer(demo, "AdminCreateUser", { Username, MessageAction: "SUPPRESS" });
  await administer(demo, "AdminSetUserPassword", { Username, Password: PASSWORD, Permanent: true });
  const [clientSecret] = config.cognitoClientSecrets;
  const SECRET_HASH = secretHash(clientSecret ?? new Secret(""), Username, config.cognitoClientId);
  const { AuthenticationResult: tokens } = await administer<{ AuthenticationResult: { IdToken: string; RefreshToken: string } }>(
    demo,
    "InitiateAuth",
    {
      AuthFlow: "USER_PASSWORD_AUTH",
      ClientId: config.cognitoClientId,
      AuthParameters: { USERNAME: Username, PASSWORD, SECRET_HASH },
    },
  );
  const claims = readClaims(tokens.IdToken) ?? {};
  const nowMs = demo.clock.now();
  const session: Session = {
    id: createSessionId(),
    userPoolId: config.cognitoUserPoolId,
    clientId: config.cognitoClientId,
    ...identityOf(claims),
    deviceKey: null,
    userAgent: null,
    tokens: createTokenSet({ refresh: tokens.RefreshToken, claims, id: tokens.IdToken, access: null }),
    unverified: null,
    startedAtMs: nowMs,
    lastSeenAtMs: nowMs,
    refreshedAtMs: nowMs,
    version: 1,
  };
  const setCookies = cookies.setTicket(sealer.seal("session", encodeSession(session), DICTIONARY), []);
  return { subject: session.subject, cookies: kept(new Map(), setCookies) };
}

function kept(jar: ReadonlyMap<string, string>, setCookies: readonly string[]): ReadonlyMap<string, string> {
  const next = new Map(jar);
  for (const line of setCookies) {
    const [pair = ""] = line.split(";", 1);
    const equals = pair.indexOf("=");
    if (/;\s*max-age=0\b/i.test(line)) next.delete(pair.slice(0, equals));
    else next.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  return next;
}

/** Runs work for every item, `AT_ONCE` at a time, in the order given. */
async function interleaved<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Numbers from a linear congruential generator: another order each time, and the same in every run. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed;
  const keyed = items.map((item) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return { item, key: state };
  });
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}

t.test("a thousand interleaved users always get their own token and their own answer, across refreshes", async (t) => {
  const target = await startEcho(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target }], refreshRateLimit: 10_000 });
  const users: User[] = [];
  await interleaved(
    Array.from({ length: USERS }, (_, index) => index),
    async (index) => void users.push(await signUp(demo, index)),
  );
  t.equal(new Set(users.map(({ subject }) => subject)).size, USERS);

  const browser = new Agent({ connections: AT_ONCE });
  t.teardown(() => browser.destroy());
  const faults: string[] = [];
  let answers = 0;
  const call = async (user: User, round: string) => {
    const path = `/api/${round}/${user.subject}`;
    const cookie = [...user.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await request(new URL(path, demo.url), { dispatcher: browser, headers: { cookie: `mine=${user.subject}; ${cookie}` } });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) {
      faults.push(`${answer.statusCode} ${text}`);
      return;
    }
    const echo = JSON.parse(text) as Echo;
    answers += 1;
    if (echo.subject !== user.subject) faults.push(`${user.subject} was ${echo.subject} at the API`);
    if (echo.path !== path) faults.push(`${path} was answered with ${echo.path}`);
    if (echo.cookie !== `mine=${user.subject}`) faults.push("another cookie than one's own arrived");
    if (echo.tokenExpiresAtMs <= demo.clock.now()) faults.push("a dead token arrived");
    user.cookies = kept(user.cookies, [answer.headers["set-cookie"] ?? []].flat());
  };

  demo.advance("2h");
  // Everybody's token is dead; two tabs of each come back, mixed with all others'.
  await interleaved(shuffled([...users, ...users], 1), (user) => call(user, "refreshed"));
  await interleaved(shuffled(users, 2), (user) => call(user, "last"));
  t.same(faults.slice(0, 5), [], "nobody gets anything of anybody else's");
  t.equal(answers, 3 * USERS);
  t.equal(demo.refreshes(), USERS, "one refresh each");
  t.notMatch(demo.logLines.join(""), /"level":(?:50|60)/);
});
