import { type IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Socket } from "node:net";
import t from "tap";
import { entriesOf } from "../../src/config/kinds/basic-kinds.js";
import { isHashedName } from "../../src/http/app/hashed-name.js";
import { describeOAuthError } from "../../src/http/auth/oauth-errors.js";
import { RequestLine } from "../../src/http/connection/request-line-bytes.js";
import { judgeCall, judgeNavigation, judgeStaticHeader, judgeUpgrade } from "../../src/http/gate/cross-site.js";
import { createLoginCookies, loadLoginCookies } from "../../src/http/login/login-cookies.js";
import { openState } from "../../src/http/login/login-state.js";
import { openLogin } from "../../src/http/login/login-transaction.js";
import { requestIdOf } from "../../src/http/problem/request-id.js";
import { parseReturnPath, returnPathOfReferer } from "../../src/http/problem/return-path.js";
import { systemClock } from "../../src/model/clock.js";
import { describeError } from "../../src/model/log.js";
import { Secret } from "../../src/model/secret.js";
import { setsOurCookie, withoutOurCookies } from "../../src/proxy/headers/api-cookies.js";
import { privateCacheControl } from "../../src/proxy/headers/cache-control.js";
import { parseTarget } from "../../src/proxy/routes/path.js";
import { FrameTracker } from "../../src/proxy/tunnel/websocket-frames.js";
import { cookieNames, createCookieWriter, readSessionCookies } from "../../src/store/cookies.js";
import { createSealer } from "../../src/store/sealing.js";
import { ATTACKS, attackOf, growthFault } from "../support/growth.js";

const PUBLIC_URL = "https://app.example.com";
const names = cookieNames(PUBLIC_URL);
const sealer = createSealer([new Secret(Buffer.alloc(32, 1))]);
const cookies = createCookieWriter({ publicUrl: PUBLIC_URL, sameSite: "strict" });
await loadLoginCookies();
const logins = createLoginCookies({ cookies, sealer, clock: systemClock, budgetBytes: 8_000 });
const SETTINGS = { publicUrl: PUBLIC_URL, csrfHeader: "required", cookieSameSite: "lax" } as const;

/** A text as the value of every header that a judgement reads. */
function everyHeader(text: string): IncomingHttpHeaders {
  const cors = { "sec-fetch-site": text, "sec-fetch-dest": text, "sec-purpose": text, purpose: text, origin: text };
  return { ...cors, accept: text, "content-type": text, "x-bff-csrf": text, traceparent: text, "x-amzn-trace-id": text };
}

/** Everything of ours that reads what a browser or an API sends, by itself. */
const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  "session cookies": (text) => readSessionCookies(`bff-=1; ${names.session}=${text}`, names),
  "the API's part of a Cookie header": (text) => withoutOurCookies(`${names.session}=1; ${text}`, names.isOurs),
  "a cookie's name": (text) => names.isOurs(`bff-session-${text}`),
  "an API's Set-Cookie": (text) => setsOurCookie(text, names.isOurs),
  "an API's Cache-Control": (text) => privateCacheControl([text]),
  "a request target": (text) => parseTarget(`/${text}`),
  "a request target's query": (text) => parseTarget(`/x?${text}`),
  return_to: (text) => parseReturnPath(`/${text}`, "/auth"),
  Referer: (text) => returnPathOfReferer(`${PUBLIC_URL}/${text}`, PUBLIC_URL, "/auth"),
  "the query of sign-in and callback": (text) => [...new URLSearchParams(text)],
  state: (text) => openState(text, sealer),
  "the login cookies": (text) => logins.find(`${names.loginPrefix}abcdefgh=${text}`, "x"),
  "what an error redirect says": (text) => describeOAuthError(text, text),
  "a login cookie": (text) => openLogin("abcdefgh", text, sealer),
  "a sealed value": (text) => sealer.open("session", text),
  "a proxied call's headers": (text) => judgeCall({ method: "GET", headers: everyHeader(text) }, SETTINGS),
  "a socket's headers": (text) => judgeUpgrade({ method: "GET", headers: everyHeader(text) }, SETTINGS),
  "a navigation's headers": (text) => judgeNavigation({ method: "GET", headers: everyHeader(text) }),
  "the headers of a call without Fetch Metadata": (text) =>
    judgeStaticHeader({ method: "POST", headers: everyHeader(text) }, SETTINGS, null),
  "trace headers": (text) => requestIdOf(everyHeader(text)),
  "a file's name": (text) => isHashedName(`/assets/${text}.js`),
  "WebSocket frames": (text) => new FrameTracker().follow(Buffer.from(text)),
  "an error's message": (text) => describeError(new Error(text)),
  "a list": (text) => entriesOf(text),
};

t.test("32 kB cost every parser of what browsers and APIs send no more than their length", (t) => {
  for (const [name, parse] of Object.entries(PARSERS)) {
    const faults = ATTACKS.flatMap((attack) => growthFault(parse, attack) ?? []);
    t.same(faults, [], name);
  }
  t.end();
});

/** As Node's parser tells of them, all within the one piece. */
function tellOfRequests(piece: string): void {
  const socket = new Socket();
  const lines = new RequestLine(socket);
  socket.once("data", () => {
    for (const [, method, url] of piece.matchAll(/(\w+) +(\/\w*) +\w+\/1\.1\r\n/g)) {
      lines.protocolOf(Object.assign(new IncomingMessage(socket), { method, url, complete: true }));
    }
  });
  socket.emit("data", Buffer.from(piece));
}

t.test("… nor do requests that come together cost more than that to tell their protocols", (t) => {
  for (const request of [
    "GET / HTTP/1.1\r\n\r\n",
    "\r\nGET  /  HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\na: RTSP/1.1\r\n\r\n",
    "GET / RTSP/1.1\r\n\r\n",
  ]) {
    const together = attackOf((length) => request.repeat(length / request.length));
    t.equal(growthFault(tellOfRequests, together), null, JSON.stringify(request));
  }
  t.end();
});
