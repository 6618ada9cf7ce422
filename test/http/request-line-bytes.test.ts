import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import t, { type Test } from "tap";
import { type Protocol, RequestLine } from "../../src/http/connection/request-line-bytes.js";
import { until } from "../support/condition.js";

/** A server of Node's alone, whose one connection is followed; what it was told of, in order. */
async function follow(t: Test) {
  const told: Protocol[] = [];
  const sockets: Socket[] = [];
  const lines: RequestLine[] = [];
  const server = createServer((request, response) => {
    told.push(lines[0]?.protocolOf(request) ?? "HTTP");
    request.resume().on("end", () => response.end());
  });
  server.on("connection", (socket: Socket) => {
    sockets.push(socket);
    lines.push(new RequestLine(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.resume();
  t.teardown(() => {
    client.destroy();
    server.close();
  });
  let sent = 0;
  return {
    told,
    /** Sends it, as a piece of its own. */
    async send(bytes: string | Buffer) {
      client.write(bytes, "latin1");
      sent += bytes.length;
      await until(() => sockets[0]?.bytesRead === sent);
    },
    keptBytes: () => lines[0]?.keptBytes ?? 0,
  };
}

const HOST = "Host: localhost\r\n\r\n";
const BODY = Buffer.alloc(1024 * 1024, 0xf3);

t.test("between requests nothing is kept of them, whatever they carried", async (t) => {
  const { told, send, keptBytes } = await follow(t);
  await send(`GET /x HTTP/1.1\r\n${HOST}`);
  t.equal(keptBytes(), 0, "a GET");
  await send(`POST /x HTTP/1.1\r\nContent-Length: ${BODY.length}\r\n${HOST}`);
  await send(BODY);
  await until(() => keptBytes() === 0);
  t.equal(keptBytes(), 0, "an upload");
  await send(`POST /x HTTP/1.1\r\nContent-Length: 5\r\n${HOST}a=b=c`);
  t.equal(keptBytes(), 0, "a form");
  await send(`POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n${HOST}5\r\nGET /\r\n0\r\n\r\n`);
  t.equal(keptBytes(), 0, "chunks");
  t.same(told, ["HTTP", "HTTP", "HTTP", "HTTP"]);
});

t.test("… and of a body that looks like a request no more than a head may be long", async (t) => {
  const { send, keptBytes } = await follow(t);
  await send(`POST /x HTTP/1.1\r\nContent-Length: ${BODY.length}\r\n${HOST}`);
  await send(Buffer.alloc(BODY.length, "GET /x "));
  await until(() => keptBytes() > 0 && keptBytes() <= 32 * 1024);
  t.ok(keptBytes() <= 32 * 1024, `${keptBytes()}`);
});

t.test("what begins right behind an upload is told by its own protocol, wherever it is cut", async (t) => {
  const line = "GET /x RTSP/1.1\r\n";
  for (let cut = 1; cut < line.length; cut++) {
    const { told, send } = await follow(t);
    await send(`POST /x HTTP/1.1\r\nContent-Length: ${BODY.length}\r\n${HOST}`);
    await send(Buffer.concat([BODY, Buffer.from(line.slice(0, cut))]));
    await send(`${line.slice(cut)}${HOST}`);
    await until(() => told.length === 2);
    t.equal(told[1], "RTSP", JSON.stringify(line.slice(0, cut)));
  }
});
