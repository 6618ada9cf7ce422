import { fork } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import t from "tap";
import { startFront } from "../proxy/front.js";

const UPLOAD_BYTES = 30 * 1024 * 1024;
const BLOCK = Buffer.alloc(256 * 1024);
const TRIES = 7;

async function startHastyApi(): Promise<URL> {
  const child = fork(fileURLToPath(new URL("hasty-api.js", import.meta.url)), { stdio: "inherit" });
  t.teardown(() => {
    if (child.connected) child.disconnect();
  });
  const listening = once(child, "message");
  child.send({});
  const [address] = (await listening) as [AddressInfo];
  return new URL(`http://127.0.0.1:${address.port}`);
}

/** Uploads until an answer is there; resolves with what has come, up to its end. */
async function upload(port: number, path: string, framing: "length" | "chunked"): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  let text = "";
  socket.setEncoding("latin1").on("data", (part) => {
    text += part;
  });
  const answered = new Promise<void>((resolve) => {
    socket.on("data", () => {
      if (/too long|closed_early|unreachable/.test(text)) resolve();
    });
    socket.once("close", () => resolve());
  });
  const header = framing === "length" ? `Content-Length: ${UPLOAD_BYTES}` : "Transfer-Encoding: chunked";
  socket.write(`POST ${path} HTTP/1.1\r\nHost: app\r\n${header}\r\n\r\n`);
  let over = false;
  void answered.then(() => {
    over = true;
  });
  for (let sent = 0; sent < UPLOAD_BYTES && !over && !socket.destroyed; sent += BLOCK.length) {
    if (framing === "chunked") socket.write(`${BLOCK.length.toString(16)}\r\n`);
    const more = socket.write(BLOCK);
    if (framing === "chunked") socket.write("\r\n");
    if (!more) await Promise.race([once(socket, "drain"), answered]);
  }
  await answered;
  socket.destroy();
  return text;
}

t.test("an API that answers early and closes without reading on is heard", async (t) => {
  const target = await startHastyApi();
  for (const [path, status] of [
    ["/length", 413],
    ["/chunked", 401],
    ["/until-closed", 403],
  ] as const) {
    for (const framing of ["length", "chunked"] as const) {
      const front = await startFront(t, { route: { target } });
      const seen = new Map<string, number>();
      for (let i = 0; i < TRIES; i++) {
        const text = await upload(front.port, `/api${path}`, framing);
        const line = text.split("\r\n")[0] ?? "";
        const whole = /too long/.test(text) ? "whole" : "cut";
        await front.outcome();
        seen.set(`${line} ${whole}`, (seen.get(`${line} ${whole}`) ?? 0) + 1);
      }
      t.equal(seen.size, 1, `${path} ${framing}: ${JSON.stringify([...seen])}`);
      t.match([...seen.keys()][0], new RegExp(`^HTTP/1.1 ${status} .*whole$`));
    }
  }
});

t.test("an API that closes within the request and says nothing has closed early, and is not unreachable", async (t) => {
  const front = await startFront(t, { route: { target: await startHastyApi() } });
  const text = await upload(front.port, "/api/nothing", "length");
  t.match(text, /^HTTP\/1\.1 502 [\s\S]*api_closed_early/);
  t.match(await front.outcome(), { kind: "api_closed_early" });
});
