import type { IncomingMessage } from "node:http";
import { gzipSync } from "node:zlib";
import t from "tap";
import { type Probing, probeDeployment } from "../../src/doctor/probe/probe.js";
import { runAnotherServer } from "../support/another-server.js";
import { runDemo } from "../support/running-demo.js";
import { type Hop, html, type Passing, sendTo, startHop, without } from "./fronts.js";

const ORIGIN = "https://app.example.com";
const DEPLOYMENT = { origin: ORIGIN, authPrefix: "/auth" };
const YEAR_MS = 365 * 24 * 3_600_000;

const demo = await runDemo(t);
const proxy = await runAnotherServer(t, demo, {
  changes: { publicUrl: ORIGIN, hstsMaxAgeMs: YEAR_MS, cognitoDomain: "https://login.example.com" },
});
const toHttps = await startHop(t, "", { instead: () => ({ ...html(301), headers: { location: `${ORIGIN}/` } }) });
const ours = proxy.url.replace("localhost", "127.0.0.1");

const probeAt = (front: string, more: Readonly<Record<string, string>> = {}) =>
  probeDeployment(DEPLOYMENT, sendTo({ [ORIGIN]: front, "http://app.example.com": toHttps, ...more }));

function idsOf(probing: Probing): readonly string[] {
  if (probing.kind === "blind") throw new Error(probing.why);
  return probing.findings.map(({ id }) => id);
}

function whatOf(probing: Probing, id: string): string {
  return probing.kind === "blind" ? "" : (probing.findings.find((finding) => finding.id === id)?.what ?? "");
}

const onPath =
  (path: string, change: (answer: Passing) => Passing) =>
  (answer: Passing, { url }: IncomingMessage) =>
    url?.startsWith(path) ? change(answer) : answer;
const onProblems = (change: (answer: Passing) => Passing) => (answer: Passing) =>
  "bff-problem" in answer.headers ? change(answer) : answer;
const setCookies = (change: (cookie: string) => string) => (answer: Passing) => ({
  ...answer,
  headers: { ...answer.headers, "set-cookie": [answer.headers["set-cookie"]].flat().map((cookie) => change(String(cookie ?? ""))) },
});
const CLOUDFRONT = { server: "CloudFront", "x-cache": "Error from cloudfront", via: "1.1 abc.cloudfront.net (CloudFront)" };

/** A cache that keeps what it likes, by path. */
function cache(keeps: (answer: Passing) => boolean, hit: Readonly<Record<string, string>>): Hop {
  const kept = new Map<string, Passing>();
  return {
    instead: ({ url = "", method }) => (method === "GET" ? (kept.get(url) ?? null) : null),
    onAnswer(answer, { url = "" }) {
      if (keeps(answer)) kept.set(url, { ...answer, headers: { ...answer.headers, ...hit } });
      return answer;
    },
  };
}

const HOPS: readonly { readonly name: string; readonly hop: Hop; readonly finds: readonly string[]; readonly says?: RegExp }[] = [
  { name: "one that passes everything", hop: {}, finds: [] },
  {
    name: "one that compresses",
    hop: {
      onAnswer: (answer, { headers }) =>
        /\bgzip\b/.test(String(headers["accept-encoding"]))
          ? { ...answer, headers: { ...answer.headers, "content-encoding": "gzip", vary: "accept-encoding" }, body: gzipSync(answer.body) }
          : answer,
    },
    finds: [],
  },
  {
    name: "one that says it compresses",
    hop: {
      onAnswer: (answer, { headers }) =>
        headers["accept-encoding"] === undefined ? answer : { ...answer, headers: { ...answer.headers, "content-encoding": "br" } },
    },
    finds: ["probe-compression"],
  },
  {
    name: "custom error responses that make a page of 403 and 404",
    hop: { onAnswer: (answer) => (answer.status === 403 || answer.status === 404 ? html(200, CLOUDFRONT) : answer) },
    finds: ["probe-problem-replaced"],
    says: /a path that is none: 200 text\/html from CloudFront in place of the proxy's 404; GET \/auth\/session from another site/,
  },
  {
    name: "error pages that keep the header",
    hop: {
      onAnswer: onProblems((answer) => ({
        ...answer,
        headers: { ...answer.headers, "content-type": "text/html", server: "nginx" },
        body: Buffer.from("<h1>Oops</h1>"),
      })),
    },
    finds: ["probe-body-changed"],
    says: /401 text\/html from nginx/,
  },
  { name: "every 401 as 200", hop: { onAnswer: onProblems((answer) => ({ ...answer, status: 200 })) }, finds: ["probe-status-changed"] },
  {
    name: "one that hides BFF-Problem",
    hop: { onAnswer: (answer) => ({ ...answer, headers: without(answer.headers, "bff-problem") }) },
    finds: ["probe-bff-problem-lost"],
  },
  {
    name: "one that sets the type to JSON",
    hop: {
      onAnswer: (answer) =>
        String(answer.headers["content-type"]).startsWith("application/problem+json")
          ? { ...answer, headers: { ...answer.headers, "content-type": "application/json" } }
          : answer,
    },
    finds: ["probe-content-type-changed"],
  },
  {
    name: "an API gateway that renames WWW-Authenticate",
    hop: {
      onAnswer: (answer) => {
        const value = answer.headers["www-authenticate"];
        if (value === undefined) return answer;
        return { ...answer, headers: { ...without(answer.headers, "www-authenticate"), "x-amzn-remapped-www-authenticate": value } };
      },
    },
    finds: ["probe-www-authenticate-lost"],
    says: /renamed by API Gateway/,
  },
  {
    name: "one with a Cache-Control of its own",
    hop: { onAnswer: onProblems((answer) => ({ ...answer, headers: { ...answer.headers, "cache-control": "public, max-age=60" } })) },
    finds: ["probe-no-store-lost"],
    says: /public, max-age=60/,
  },
  {
    name: "a cache of errors",
    hop: cache(({ status }) => status === 404, { "x-cache": "Error from cloudfront", age: "3" }),
    finds: ["probe-answer-cached"],
    says: /^a path that is none: two requests got one request_id$/,
  },
  {
    name: "a cache that keeps everything",
    hop: cache(() => true, { "x-cache": "Hit from cloudfront" }),
    finds: ["probe-answer-cached", "probe-login-cached", "probe-cookies-dropped", "probe-page-not-html", "probe-fetch-metadata-dropped"],
  },
  {
    name: "one that lets GET alone pass",
    hop: { instead: ({ method }) => (method === "POST" ? html(403, CLOUDFRONT) : null) },
    finds: ["probe-method-refused"],
    says: /403 text\/html from CloudFront in place of the proxy's 401/,
  },
  {
    name: "one that drops cookies",
    hop: { onRequest: ({ cookie, ...rest }) => rest },
    finds: ["probe-cookies-dropped"],
  },
  {
    name: "one that drops Sec-Fetch-* and Accept",
    hop: {
      onRequest: (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => !/^sec-fetch|^accept$/.test(name))),
    },
    finds: ["probe-page-not-html", "probe-fetch-metadata-dropped"],
  },
  {
    name: "one with 8 KiB for all headers",
    hop: { maxHeaderSize: 8_192 },
    finds: ["probe-header-room"],
    says: /a Cookie header of 8,000 bytes: 431/,
  },
  {
    name: "a gateway with 10,240 bytes for all headers",
    hop: { maxHeaderSize: 10_240 },
    finds: ["probe-app-cookie-room"],
    says: /a Cookie header of 12,000 bytes: 431/,
  },
  {
    name: "nginx with its own page for long headers",
    hop: { instead: ({ headers }) => ((headers.cookie?.length ?? 0) > 8_100 ? html(400, { server: "nginx/1.26" }) : null) },
    finds: ["probe-app-cookie-room"],
    says: /400 text\/html from nginx/,
  },
  {
    name: "one that cuts the Cookie header",
    hop: { onRequest: ({ cookie, ...rest }) => (cookie === undefined ? rest : { ...rest, cookie: cookie.slice(0, 4_096) }) },
    finds: ["probe-header-room"],
    says: /arrives without its last cookie/,
  },
  {
    name: "one that follows redirects",
    hop: { onAnswer: onPath("/auth/login", () => html(200)) },
    finds: ["probe-login-not-redirected"],
    says: /200 text\/html in place of the proxy's 302/,
  },
  {
    name: "one that makes redirects permanent",
    hop: { onAnswer: onPath("/auth/login", (answer) => ({ ...answer, status: 301 })) },
    finds: ["probe-login-not-redirected"],
  },
  {
    name: "one that drops Set-Cookie",
    hop: { onAnswer: (answer) => ({ ...answer, headers: without(answer.headers, "set-cookie") }) },
    finds: ["probe-login-cookie-lost"],
  },
  {
    name: "one that rewrites cookies",
    hop: {
      onAnswer: onPath(
        "/auth/login",
        setCookies((cookie) => cookie.replace("Path=/", "Path=/app; Domain=example.com").replace("; Secure", "").replace("Lax", "None")),
      ),
    },
    finds: ["probe-login-cookie-changed"],
    says: /^Secure is missing; SameSite is None, not Lax; Path is \/app, not \/; Domain=example\.com was added$/,
  },
  {
    name: "one that renames cookies",
    hop: {
      onAnswer: onPath(
        "/auth/login",
        setCookies((cookie) => cookie.replace("__Host-Http-", "").replace("; HttpOnly", "")),
      ),
    },
    finds: ["probe-login-cookie-changed"],
    says: /it is called bff-login-.*, not __Host-Http-bff-login-…; HttpOnly is missing/,
  },
  {
    name: "one that leads every redirect back to the app",
    hop: {
      onAnswer: onPath("/auth/login", (answer) => ({
        ...answer,
        headers: { ...answer.headers, location: String(answer.headers["location"]).replace(/^https?:\/\/[^/]*/, ORIGIN) },
      })),
    },
    finds: ["probe-login-location-changed"],
    says: /it leads to the app itself/,
  },
  {
    name: "one that takes queries from redirects",
    hop: {
      onAnswer: onPath("/auth/login", (answer) => ({
        ...answer,
        headers: { ...answer.headers, location: "https://login.example.com/oauth2/authorize" },
      })),
    },
    finds: ["probe-login-location-changed"],
    says: /without client_id, redirect_uri, response_type, state, code_challenge/,
  },
  {
    name: "one that drops Strict-Transport-Security",
    hop: { onAnswer: (answer) => ({ ...answer, headers: without(answer.headers, "strict-transport-security") }) },
    finds: ["probe-hsts"],
  },
  {
    name: "a cache of the start page",
    hop: { onAnswer: (answer, { url }) => (url === "/" ? { ...answer, headers: { ...answer.headers, age: "4000" } } : answer) },
    finds: ["probe-start-cached"],
  },
  {
    name: "a clock that is two minutes ahead",
    hop: {
      onAnswer: (answer) => ({
        ...answer,
        headers: { ...answer.headers, date: new Date(Date.parse(String(answer.headers["date"])) + 120_000).toUTCString() },
      }),
    },
    finds: ["probe-clock"],
    says: /the answer's clock is 1(?:1\d|2\d) s ahead of this one/,
  },
  {
    name: "a /livez that answers outside",
    hop: {
      instead: ({ url }) =>
        url === "/livez" ? { status: 200, headers: { "content-type": "application/json" }, body: Buffer.from('{"status":"live"}') } : null,
    },
    finds: ["probe-livez-public"],
  },
  {
    name: "one that hands /metrics and probes to the management port",
    hop: {
      instead: ({ url }) =>
        url === "/metrics"
          ? {
              status: 200,
              headers: { "content-type": "text/plain" },
              body: Buffer.from("# HELP bff_ready x\n# TYPE bff_ready gauge\nbff_ready 1\n"),
            }
          : url === "/readyz"
            ? { status: 200, headers: { "content-type": "application/json" }, body: Buffer.from('{"status":"ready"}') }
            : null,
    },
    finds: ["probe-metrics-exposed", "probe-health-exposed"],
    says: /^\/metrics: 200$/,
  },
];

for (const { name, hop, finds, says } of HOPS)
  t.test(`a hop in front of the proxy is known for what it does: ${name}`, async (t) => {
    const probing = await probeAt(await startHop(t, ours, hop));
    t.same(idsOf(probing), finds);
    const [first = ""] = finds;
    if (says !== undefined) t.match(whatOf(probing, first), says);
  });

t.test("a management port that can be reached is named", async (t) => {
  const probing = await probeAt(ours, { "http://app.example.com:9000": proxy.managementUrl });
  t.match(whatOf(probing, "probe-health-exposed"), "port 9000 can be reached");
});

t.test("an address by http that serves the app is named, and none at all is fine", async (t) => {
  const served = await probeAt(ours, { "http://app.example.com": ours });
  t.match(whatOf(served, "probe-plain-http"), /^http:\/\/app\.example\.com\/: 200 text\/html/);
  const none = await probeDeployment(DEPLOYMENT, sendTo({ [ORIGIN]: ours }));
  t.notOk(idsOf(none).includes("probe-plain-http"));
});

t.test("a PUBLIC_URL of another name is named by its documents and by where sign-ins come back to", async (t) => {
  const other = { origin: "https://www.example.com", authPrefix: "/auth" };
  const probing = await probeDeployment(other, sendTo({ [other.origin]: ours }));
  t.match(whatOf(probing, "probe-public-url"), ORIGIN);
  t.match(whatOf(probing, "probe-redirect-uri"), `redirect_uri is ${ORIGIN}/auth/callback, not https://www.example.com/auth/callback`);
});

t.test("a deployment without sign-in by redirect is told so, and nothing is missed there", async (t) => {
  const changes = { publicUrl: ORIGIN, hstsMaxAgeMs: YEAR_MS, cognitoDomain: null, cognitoTokenUrl: null };
  const { url } = await runAnotherServer(t, demo, { changes });
  t.same(idsOf(await probeAt(url.replace("localhost", "127.0.0.1"))), ["probe-login-off"]);
});

t.test("the demo as it runs is clean", async (t) => {
  const probing = await probeDeployment({ origin: demo.url, authPrefix: "/auth" }, sendTo({ [demo.url]: demo.url }));
  t.same(idsOf(probing), []);
  t.ok(probing.kind === "probed" && probing.passed.length > 25);
});

t.test("what is no cognito-bff, or does not answer, is not judged", async (t) => {
  const page = await startHop(t, "", { instead: () => html(200, { server: "nginx" }) });
  t.match(await probeAt(page), { kind: "blind", why: `${ORIGIN}/auth/session is no cognito-bff: 200 text/html from nginx` });
  const elsewhere = await startHop(t, "", { instead: () => ({ ...html(301), headers: { location: "https://www.example.com/" } }) });
  t.match(await probeAt(elsewhere), { why: /301, which leads to https:\/\/www\.example\.com$/ });
  t.match(await probeDeployment(DEPLOYMENT, sendTo({})), { kind: "blind", why: `${ORIGIN} does not answer: ECONNREFUSED` });
  const untrusted = await probeDeployment(DEPLOYMENT, async () => ({ kind: "none", why: "DEPTH_ZERO_SELF_SIGNED_CERT" }));
  t.match(untrusted, { kind: "blind", why: /its certificate is not trusted here \(NODE_EXTRA_CA_CERTS/ });
});

t.test("answers that are hostile are bounded, and nothing of them steers a terminal", async (t) => {
  const endless = await startHop(t, ours, {
    onAnswer: (answer) => ({ ...answer, headers: { ...answer.headers, server: "a\tb" }, body: Buffer.alloc(3_000_000, "x") }),
  });
  t.same(idsOf(await probeAt(endless)).includes("probe-body-changed"), true);
  const bomb = await startHop(t, ours, {
    onAnswer: (answer) => ({
      ...answer,
      headers: { ...answer.headers, "content-encoding": "gzip" },
      body: gzipSync(Buffer.alloc(30_000_000)),
    }),
  });
  t.ok(idsOf(await probeAt(bomb)).includes("probe-compression"));
  const steering = await startHop(t, ours, {
    onAnswer: (answer) => ({ ...answer, status: 418, headers: { "content-type": "\u009b31mred" } }),
  });
  const probing = await probeAt(steering);
  t.notMatch(JSON.stringify(probing.kind === "blind" ? probing.why : probing.findings), "\u009b");
});
