import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import t from "tap";
import { listen } from "../support/listener.js";
import { runDemo } from "../support/running-demo.js";

// Compiled to <out dir>/test/http.
const CORPUS = fileURLToPath(new URL("../../../test/http/corpus/", import.meta.url));

/** 400 `bad_request` unless the table says something else. */
const BAD_REQUEST = "400 bad_request";
const TOO_LARGE = "431 headers_too_large";
const NOT_ALLOWED = "405 method_not_allowed";

/** What becomes of a message: refused with a problem, or taken for one harmless call, which the API sees as it is here. */
type Outcome = { readonly refused: string } | { readonly call: string };

const OTHERS: Readonly<Record<string, Outcome>> = {
  "chunk-trailer-huge": { refused: TOO_LARGE },
  "connect-authority": { refused: NOT_ALLOWED },
  "connect-path": { refused: NOT_ALLOWED },
  "cookie-too-long": { refused: TOO_LARGE },
  // A GET may have a body, and what is in it is nobody's request.
  "get-hidden-behind-body-of-get": { call: "GET /api/x" },
  "header-name-too-long": { refused: TOO_LARGE },
  "header-too-long": { refused: TOO_LARGE },
  "headers-over-2000-short": { refused: TOO_LARGE },
  "headers-too-many": { refused: TOO_LARGE },
  "target-too-long": { refused: TOO_LARGE },
  trace: { refused: NOT_ALLOWED },
  // RFC 9110 section 7.8: an upgrade that is not known is ignored.
  "upgrade-h2c": { call: "GET /api/x" },
};

const outcomeOf = (name: string): Outcome => OTHERS[name] ?? { refused: BAD_REQUEST };

/** Sends bytes, waits for the first answer (or for the end), says goodbye and gives everything that came. */
function deliver(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.setEncoding("latin1").setTimeout(5_000, () => socket.destroy(new Error("nothing came")));
    socket.on("data", (part: string) => {
      text += part;
      // What else may come has come with it, or comes before the connection closes.
      if (/\r\n\r\n[\s\S]*[\w}]/.test(text)) setImmediate(() => socket.end());
    });
    socket.on("error", (error: Error) => {
      text += `[${error.message}]`;
    });
    socket.on("close", () => resolve(text));
  });
}

function answersIn(text: string): string[] {
  return text
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter((part) => part.startsWith("HTTP/"))
    .map((answer) => `${answer.slice(9, 12)} ${/\r\nbff-problem: (\w+)/i.exec(answer)?.[1] ?? "-"}`);
}

t.test("no malformed message gets through, and after each one a good request works", async (t) => {
  const seen: string[] = [];
  const api = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    // A body that never becomes whole never becomes a call either.
    request.on("end", () => response.end("fine")).resume();
  });
  const target = `http://127.0.0.1:${await listen(t, api)}`;
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target }] });
  const cookie = (await demo.signedIn()).cookiesOf("localhost");
  const port = Number(new URL(demo.url).port);
  const good = Buffer.from(`GET /api/good HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: ${cookie}\r\n\r\n`);

  const names = readdirSync(CORPUS).flatMap((file) => (file.endsWith(".http") ? [file.slice(0, -".http".length)] : []));
  for (const name of names) {
    seen.length = 0;
    const bytes = Buffer.from(readFileSync(`${CORPUS}${name}.http`, "latin1").replaceAll("@COOKIE@", cookie), "latin1");
    const answers = answersIn(await deliver(port, bytes));
    const expected = outcomeOf(name);
    t.ok(answers.length <= 1, `${name}: one answer at most, not ${answers.join(" and ")}`);
    if ("call" in expected) {
      t.same(answers, ["200 -"], name);
      t.same(seen, [expected.call], name);
    } else {
      t.same(answers, [expected.refused], `${name} is refused`);
      t.notOk(
        seen.some((call) => call.includes("smuggled")),
        `${name}: nothing is smuggled`,
      );
      if (!name.startsWith("chunk-")) t.same(seen, [], `${name} does not reach the API`);
    }
    seen.length = 0;
    t.match(await deliver(port, good), /^HTTP\/1\.1 200 [\s\S]*fine/, `a good request after ${name}`);
    t.same(seen, ["GET /api/good"]);
  }
  t.ok(names.length > 100);
  for (const name of Object.keys(OTHERS)) t.ok(names.includes(name), `${name} is in the corpus`);
  t.notMatch(demo.logLines.join(""), /"level":(?:50|60)/, "nothing failed");
});
