import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import t, { type Test } from "tap";
import { Tunnel } from "../../src/proxy/tunnel/tunnel.js";
import { closeFrame, FrameTracker } from "../../src/proxy/tunnel/websocket-frames.js";
import { until } from "../support/condition.js";
import { listen } from "../support/listener.js";
import { createManualClock, type ManualClock } from "../support/manual-clock.js";
import fc from "../support/property.js";

/** Two connections with a tunnel between their far ends. */
interface Rig {
  readonly browser: Socket;
  readonly api: Socket;
  readonly inner: { readonly browser: Socket; readonly api: Socket };
  readonly tunnel: Tunnel;
  readonly clock: ManualClock;
  readonly received: { browser: Buffer; api: Buffer };
  readonly over: () => boolean;
}

async function connected(t: Test): Promise<readonly [outer: Socket, inner: Socket]> {
  const server = createServer({ allowHalfOpen: true });
  const port = await listen(t, server);
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const outer = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  outer.on("error", () => {});
  t.teardown(() => outer.destroy());
  const [inner] = await accepted;
  return [outer, inner];
}

async function rig(t: Test, { idleTimeoutMs = null as number | null, reading = true } = {}): Promise<Rig> {
  const clock = createManualClock();
  const [browser, innerBrowser] = await connected(t);
  const [api, innerApi] = await connected(t);
  const received = { browser: Buffer.alloc(0), api: Buffer.alloc(0) };
  if (reading) {
    browser.on("data", (chunk: Buffer) => {
      received.browser = Buffer.concat([received.browser, chunk]);
    });
    api.on("data", (chunk: Buffer) => {
      received.api = Buffer.concat([received.api, chunk]);
    });
  }
  const tunnel = new Tunnel(innerBrowser, innerApi, { clock, idleTimeoutMs });
  let over = false;
  tunnel.onClosed(() => {
    over = true;
  });
  tunnel.start([], Buffer.alloc(0));
  return { browser, api, inner: { browser: innerBrowser, api: innerApi }, tunnel, clock, received, over: () => over };
}

const text = (payload: string) => Buffer.concat([Buffer.from([0x81, payload.length]), Buffer.from(payload)]);
const ENDED = closeFrame(4401, "expired user_disabled");

t.test("bytes pass untouched both ways", async (t) => {
  const { browser, api, received } = await rig(t);
  browser.write("any bytes at all");
  api.write(text("hello"));
  await until(() => received.api.length === 16 && received.browser.length === 7, "both arrived");
  t.equal(received.api.toString(), "any bytes at all");
  t.same(received.browser, text("hello"));
});

t.test("between frames the Close frame goes out at once, and nothing after it", async (t) => {
  const { browser, api, tunnel, clock, received, over } = await rig(t);
  api.write(text("one"));
  await until(() => received.browser.length === 5, "the frame arrived");
  tunnel.close(4401, "expired user_disabled");
  tunnel.close(1012, "too late");
  api.write(text("two"));
  browser.write(text("three"));
  await until(() => received.browser.length === 5 + ENDED.length, "the Close frame arrived");
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.same(received.browser, Buffer.concat([text("one"), ENDED]));
  t.equal(received.api.length, 0, "nor does anything reach the API");
  clock.advance(999);
  t.notOk(browser.destroyed);
  clock.advance(1);
  await until(over, "both sockets are gone");
  t.equal(clock.pending(), 0);
});

t.test("within a frame, the Close frame waits for its end", async (t) => {
  const { api, tunnel, received } = await rig(t);
  const frame = text("in two parts");
  api.write(frame.subarray(0, 6));
  await until(() => received.browser.length === 6, "the first part arrived");
  tunnel.close(4401, "expired user_disabled");
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.equal(received.browser.length, 6);
  api.write(Buffer.concat([frame.subarray(6), text("of the next frame nothing")]));
  await until(() => received.browser.length === frame.length + ENDED.length, "the rest arrived");
  t.same(received.browser, Buffer.concat([frame, ENDED]));
});

t.test("a frame that does not end is given a second, and then no Close frame", async (t) => {
  const { api, tunnel, clock, received, over } = await rig(t);
  api.write(text("never whole").subarray(0, 5));
  await until(() => received.browser.length === 5, "the part arrived");
  tunnel.close(4401, "expired user_disabled");
  clock.advance(1_000);
  await until(over, "both sockets are gone");
  t.equal(received.browser.length, 5);
});

t.test("wherever the session ends in a stream of frames, what the browser gets is whole frames and the Close frame", async (t) => {
  const sizes = fc.array(fc.oneof(fc.nat(140), fc.constantFrom(125, 126, 65_535, 65_536)), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.array(fc.nat(), { maxLength: 4 }), fc.nat(), async (lengths, places, endAt) => {
      const frames = lengths.map((length) => {
        const header = length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 255] : [127, 0, 0, 0, 0, 0, 1, 0, 0];
        return Buffer.concat([Buffer.from([0x82, ...header]), Buffer.alloc(length, 0x88)]);
      });
      const bytes = Buffer.concat(frames);
      const offsets = [...new Set([0, ...places.map((place) => place % bytes.length), bytes.length])].sort((a, b) => a - b);
      const chunks = offsets.slice(1).map((to, index) => bytes.subarray(offsets[index], to));
      const { api, tunnel, received, inner, browser, over } = await rig(t);
      const endBefore = endAt % (chunks.length + 1);
      let sent = 0;
      for (const [index, chunk] of chunks.entries()) {
        if (index === endBefore) tunnel.close(4401, "expired user_disabled");
        api.write(chunk);
        sent += chunk.length;
        const wanted = sent;
        await until(() => inner.api.bytesRead >= wanted, "the tunnel has read it");
      }
      tunnel.close(4401, "expired user_disabled");
      await until(() => received.browser.subarray(-ENDED.length).equals(ENDED), "the Close frame arrived");
      const relayed = received.browser.subarray(0, -ENDED.length);
      t.ok(bytes.subarray(0, relayed.length).equals(relayed));
      const tracker = new FrameTracker();
      tracker.follow(relayed);
      t.ok(tracker.atBoundary);
      // The browser answers with a Close frame of its own, masked.
      browser.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x11, 0x31]));
      await until(over, "both sockets are gone as soon as it has answered");
    }),
    { numRuns: 30 },
  );
});

t.test("after a Close frame of the API's there is no second one", async (t) => {
  const { api, tunnel, clock, received, over } = await rig(t);
  const theirs = closeFrame(1000, "bye");
  api.write(theirs);
  await until(() => received.browser.length === theirs.length, "it arrived");
  tunnel.close(4401, "expired user_disabled");
  clock.advance(1_000);
  await until(over, "both sockets are gone");
  t.same(received.browser, theirs);
});

t.test("a browser that leaves takes the API's socket with it, orderly or not, and the other way round", async (t) => {
  for (const leave of ["end", "destroy", "resetAndDestroy"] as const) {
    for (const who of ["browser", "api"] as const) {
      const { clock, over, inner, ...ends } = await rig(t);
      const other = inner[who === "browser" ? "api" : "browser"];
      ends[who][leave]();
      await until(() => other.writableEnded || other.destroyed, "the other end is told");
      // A half-closed peer that never closes its side.
      clock.advance(30_000);
      await until(over, `${who} ${leave}`);
      t.equal(clock.pending(), 0);
    }
  }
});

t.test("what the API sent before it hung up still reaches the browser", async (t) => {
  const { api, browser, received, over, clock } = await rig(t);
  const last = Buffer.alloc(5_000_000, 7);
  api.end(last);
  await once(browser, "end");
  t.equal(received.browser.length, last.length);
  browser.end();
  api.destroy();
  await until(over, "both sockets are gone");
  t.equal(clock.pending(), 0);
});

t.test("a browser that does not read holds the API back, and memory stays bounded", async (t) => {
  const { api, browser, inner } = await rig(t, { reading: false });
  for (let i = 0; i < 60; i++) api.write(Buffer.alloc(1024 * 1024, 1));
  await until(() => inner.api.isPaused(), "the API is held back");
  const held = inner.browser.writableLength;
  t.ok(held < 1024 * 1024, `${held} bytes are held`);
  let got = 0;
  browser.on("data", (part: Buffer) => {
    got += part.length;
  });
  await until(() => got === 60 * 1024 * 1024, "all of it arrives once it reads");
});

t.test("an API that does not read holds the browser back", async (t) => {
  const { api, browser, inner } = await rig(t, { reading: false });
  for (let i = 0; i < 60; i++) browser.write(Buffer.alloc(1024 * 1024, 1));
  await until(() => inner.browser.isPaused(), "the browser is held back");
  t.ok(inner.api.writableLength < 1024 * 1024);
  let got = 0;
  api.on("data", (part: Buffer) => {
    got += part.length;
  });
  await until(() => got === 60 * 1024 * 1024, "all of it arrives once it reads");
});

t.test("the idle limit counts traffic in both directions, and there is none by default", async (t) => {
  const { browser, api, clock, received, over } = await rig(t, { idleTimeoutMs: 5_000 });
  for (const [from, count] of [
    [browser, 1],
    [api, 2],
  ] as const) {
    clock.advance(4_000);
    from.write(text("x"));
    await until(() => received.api.length + received.browser.length === 3 * count, "it arrived");
  }
  clock.advance(4_999);
  t.notOk(browser.destroyed);
  clock.advance(1);
  const away = closeFrame(1001, "no traffic");
  await until(() => received.browser.subarray(-away.length).equals(away), "1001 arrived");
  clock.advance(1_000);
  await until(over, "both sockets are gone");

  const unlimited = await rig(t);
  unlimited.clock.advance(24 * 60 * 60 * 1000);
  t.equal(unlimited.clock.pending(), 0);
  t.notOk(unlimited.inner.browser.destroyed);
});

t.test("after 1,000 tunnels no timer is left", async (t) => {
  const clock = createManualClock();
  const front = createHttpServer();
  let open = 0;
  front.on("upgrade", (request: IncomingMessage) => {
    const tunnel = new Tunnel(request.socket, connect(port, "127.0.0.1"), { clock, idleTimeoutMs: 60_000 });
    open++;
    tunnel.onClosed(() => {
      open--;
    });
    request.socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n");
    tunnel.start([], Buffer.alloc(0));
  });
  const port = await listen(
    t,
    createServer((socket) => socket.on("error", () => {}).resume()),
  );
  const frontPort = await listen(t, front);
  const one = async () => {
    const socket = connect(frontPort, "127.0.0.1", () => {
      socket.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    });
    await once(socket, "data");
    socket.destroy();
  };
  for (let batch = 0; batch < 20; batch++) await Promise.all(Array.from({ length: 50 }, one));
  await until(() => open === 0, "every tunnel is over");
  t.equal(clock.pending(), 0);
  t.equal(await new Promise((resolve) => front.getConnections((_error, count) => resolve(count))), 0);
});
