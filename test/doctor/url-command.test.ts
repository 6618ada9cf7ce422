import t from "tap";
import { doctorOfUrl, type UrlOptions } from "../../src/commands/doctor/url.js";
import type { Send } from "../../src/doctor/probe/send.js";
import { runDemo } from "../support/running-demo.js";
import { html, sendTo, startHop } from "./fronts.js";

const ORIGIN = "https://app.example.com";

async function examine(options: UrlOptions, send?: Send, env = {}): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: "", err: "" };
  const io = {
    out: (text: string) => {
      texts.out += text;
    },
    err: (text: string) => {
      texts.err += text;
    },
    colours: false,
  };
  const code = await doctorOfUrl(env, options, io, send);
  return { code, ...texts };
}

t.test("doctor --url says that a deployment is as it should be, and leaves every session alone", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const started = await demo.metric("bff_sessions_started_total");
  const { code, out, err } = await examine({ url: `${demo.url}/` });
  t.same([code, err], [0, ""]);
  t.match(out, /^http:\/\/localhost:\d+\n30 of 30 checks passed, from this machine's place in the network\.\n\nNothing found\.\n$/);
  t.equal(await demo.metric("bff_sessions_started_total"), started);
  t.equal(await demo.metric("bff_sessions_ended_total"), 0);
  t.equal((await person.call("/api/echo")).status, 200);
  t.notOk(
    demo.logLines.some((line) => JSON.parse(line).level >= 40),
    "nobody is woken",
  );
});

t.test("doctor --url names what is wrong within 80 columns, and exits with 1", async (t) => {
  const demo = await runDemo(t);
  const front = await startHop(t, demo.url.replace("localhost", "127.0.0.1"), {
    onAnswer: (answer) => (answer.status === 404 ? html(200, { server: "CloudFront" }) : answer),
  });
  const send = sendTo({ [demo.url]: front });
  const { code, out } = await examine({ url: demo.url }, send);
  t.equal(code, 1);
  t.match(out, "ERROR  probe-problem-replaced");
  t.match(out.replace(/\s+/g, " "), "a path that is none: 200 text/html from CloudFront in place of the proxy's 404");
  t.same(
    out.split("\n").filter((line) => line.length > 80),
    [],
  );
  const json = await examine({ url: demo.url, json: true, failOn: "never" }, send);
  t.equal(json.code, 0);
  t.match(JSON.parse(json.out), { url: demo.url, findings: [{ id: "probe-problem-replaced", severity: "error" }], fail_on: "never" });
});

t.test("doctor --url finds the routes below AUTH_PREFIX", async (t) => {
  const demo = await runDemo(t, { authPrefix: "/signin" });
  t.equal((await examine({ url: demo.url }, undefined, { AUTH_PREFIX: "/signin" })).code, 0);
  t.match(await examine({ url: demo.url }), {
    code: 2,
    err: /could not look: a cognito-bff answers at .*, but not at \/auth\/session: set AUTH_PREFIX/,
  });
});

t.test("doctor --url passes where calls need a header of their own, and where cookies are Lax", async (t) => {
  const demo = await runDemo(t, { csrfHeader: "required", cookieSameSite: "lax" });
  t.match(await examine({ url: demo.url }), { code: 0, out: /Nothing found/ });
});

t.test("doctor --url exits with 2 and one line where nothing answers, or where the address is none", async (t) => {
  t.same(await examine({ url: ORIGIN }, sendTo({})), {
    code: 2,
    out: "",
    err: `cognito-bff doctor: could not look: ${ORIGIN} does not answer: ECONNREFUSED\n`,
  });
  for (const url of ["app.example.com", `${ORIGIN}/app`, `${ORIGIN}/?a`, "ftp://app.example.com", "https://me@app.example.com", ""])
    t.match(await examine({ url }), { code: 2, err: /takes the address that the browser shows/ }, url);
  t.match(await examine({ url: ORIGIN, failOn: "loud" }), { code: 2, err: /--fail-on takes/ });
});
