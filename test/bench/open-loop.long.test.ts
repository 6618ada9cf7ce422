import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import t, { type Test } from "tap";
import { sendAtRate } from "../../bench/contest/load/open-loop.js";

const REQUEST = { method: "GET", path: "/api/x", headers: {}, bodyBytes: 0 } as const;

async function serve(t: Test, answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_request, response) => answer(response));
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.teardown(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

t.test("a call counts from when it was due, also while the one before it holds its connection", async (t) => {
  const held: ServerResponse[] = [];
  let holding = true;
  const answerAll = () => {
    holding = false;
    for (const response of held) response.end("late");
  };
  const url = await serve(t, (response) => {
    // Everything is due within half a second and answered after it: a generator that waits for its answers would know of one slow call.
    if (holding && held.length === 0) setTimeout(answerAll, 1_300);
    if (holding) held.push(response);
    else response.end("late");
  });
  const { p50, p99 } = await sendAtRate({ url, requests: [REQUEST], perSecond: 100, seconds: 0.5, connections: 1 });
  t.ok(p50 > 500, `${p50}`);
  t.ok(p99 > p50, `${p99}`);
});

t.test("every call is sent, in its turn, and at no higher rate", async (t) => {
  const urls: (string | undefined)[] = [];
  const server = createServer(({ url }, response) => {
    urls.push(url);
    response.end("here");
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.teardown(() => server.close().closeAllConnections());
  const startedAt = performance.now();
  await sendAtRate({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [REQUEST, { ...REQUEST, path: "/api/y" }],
    perSecond: 200,
    seconds: 0.5,
    connections: 1,
  });
  t.ok(performance.now() - startedAt > 990);
  t.equal(urls.length, 200);
  t.same(urls.slice(0, 4), ["/api/x", "/api/y", "/api/x", "/api/y"]);
});

t.test("an answer that is none is an error, and so is a connection that closes", async (t) => {
  const load = { requests: [REQUEST], perSecond: 100, seconds: 0.1, connections: 2 };
  const failing = await serve(t, (response) => response.writeHead(502).end());
  await t.rejects(sendAtRate({ ...load, url: failing }), /502/);
  const closing = await serve(t, (response) => response.destroy());
  await t.rejects(sendAtRate({ ...load, url: closing }), /closed/);
});
