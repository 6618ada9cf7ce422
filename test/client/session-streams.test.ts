import t, { type Test } from "tap";
import { createSessionClientIn } from "../../src/client/session-client.js";
import { flush } from "../support/manual-clock.js";
import { expired, FakeTabs, sessionAnswer } from "./fake-browser.js";

/** A WebSocket or an EventSource that a test plays the server of. */
class FakeStream extends EventTarget {
  static readonly CLOSED = 2;
  static made: FakeStream[] = [];
  readonly sent: unknown[] = [];
  readyState = 0;
  closed: unknown[] | null = null;
  wasClosed = false;
  readonly #args: readonly unknown[];

  constructor(...args: unknown[]) {
    super();
    this.#args = args;
    FakeStream.made.push(this);
  }

  get args() {
    return this.#args;
  }

  tell(type: string, more: object = {}): void {
    if (type === "close") this.wasClosed = true;
    const event = Object.assign(type === "message" || more === MESSAGE ? new MessageEvent(type, { data: "hello" }) : new Event(type), more);
    const handler = (this as unknown as Record<string, ((event: Event) => void) | undefined>)[`on${type}`];
    this.dispatchEvent(event);
    handler?.(event);
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(...call: unknown[]): void {
    this.closed = call;
  }
}

const MESSAGE = {};

async function page(t: Test) {
  FakeStream.made = [];
  const { WebSocket, EventSource } = globalThis as unknown as Record<string, unknown>;
  Object.assign(globalThis, { WebSocket: FakeStream, EventSource: FakeStream });
  t.teardown(() => Object.assign(globalThis, { WebSocket, EventSource }));
  const tabs = new FakeTabs();
  const client = createSessionClientIn(tabs.openTab(), {});
  void client.check();
  tabs.next().answer(sessionAnswer(tabs.clock.now()));
  await flush();
  const streams = FakeStream.made;
  const signIn = async (sub = "ada") => {
    tabs
      .openTab()
      .openChannel("cognito-bff", () => {})
      .postMessage({ type: "signed-in" });
    tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now(), { sub, startedAtMs: tabs.clock.now() }));
    await flush();
  };
  /** From now on the server answers by itself that the session lives. */
  const lives = () => {
    tabs.server = ({ url }) => (url.endsWith("/auth/session") ? sessionAnswer(tabs.clock.now()) : null);
  };
  return { tabs, client, streams, signIn, lives };
}

t.test("a socket passes on what it hears, and is opened again shortly after a restart, with jitter", async (t) => {
  const { tabs, client, streams } = await page(t);
  const socket = client.sessionSocket("wss://app.example.com/live", ["v1"]);
  const heard: string[] = [];
  for (const type of ["open", "message", "close"])
    socket.addEventListener(type, (event) => heard.push(`${type} ${(event as MessageEvent).data ?? ""}`));
  streams[0]?.tell("open");
  streams[0]?.tell("message");
  socket.send("x");
  t.same(streams[0]?.sent, ["x"]);
  streams[0]?.tell("close", { code: 1012 });
  t.same(heard, ["open ", "message hello", "close "]);
  await tabs.clock.run(1_999);
  t.equal(streams.length, 1);
  await tabs.clock.run(2_001);
  t.equal(streams.length, 2);
  t.same(streams[1]?.args, ["wss://app.example.com/live", ["v1"]]);
  t.equal(socket.socket() as unknown, streams[1]);
  streams[1]?.tell("close", { code: 1000 });
  await tabs.clock.run(60_000);
  t.equal(streams.length, 2, "a socket that was closed in good order stays closed");
});

t.test("a socket whose session has ended is opened again after the sign-in, and not before", async (t) => {
  const { tabs, client, streams, signIn } = await page(t);
  client.sessionSocket("wss://app.example.com/live");
  streams[0]?.tell("open");
  streams[0]?.tell("close", { code: 4401 });
  tabs.next("/auth/session").answer(expired());
  await flush();
  t.equal(client.session().status, "expired", "the page learns of it");
  await tabs.clock.run(60_000);
  t.equal(streams.length, 1);
  await signIn();
  await tabs.clock.run(4_000);
  t.equal(streams.length, 2);
});

t.test("a refused upgrade shows no status: the server is asked, and a socket that was open before is not", async (t) => {
  const { tabs, client, streams } = await page(t);
  client.sessionSocket("wss://app.example.com/live");
  streams[0]?.tell("close", { code: 1006 });
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now()));
  await flush();
  await tabs.clock.run(4_000);
  t.equal(streams.length, 2, "the session lives: it is tried again");
  streams[1]?.tell("open");
  streams[1]?.tell("close", { code: 1006 });
  await tabs.clock.run(60_000);
  t.same([streams.length, tabs.asked.length], [2, 0], "a connection that breaks is the app's to judge");
});

t.test("a socket that the app closes stays closed, whatever was about to happen", async (t) => {
  for (const closing of ["soon", "asking", "waiting"]) {
    const { tabs, client, streams, signIn } = await page(t);
    const socket = client.sessionSocket("wss://app.example.com/live");
    streams[0]?.tell("close", { code: closing === "soon" ? 1012 : 4401 });
    if (closing === "asking") socket.close(4000, "bye");
    if (closing !== "soon") tabs.next("/auth/session").answer(expired());
    await flush();
    if (closing !== "asking") socket.close(4000, "bye");
    t.same(streams[0]?.closed, [4000, "bye"]);
    if (closing !== "soon") await signIn();
    await tabs.clock.run(60_000);
    t.equal(streams.length, 1, closing);
  }
});

t.test("an event stream passes on events of every name, also once it was opened again", async (t) => {
  const { tabs, client, streams, signIn } = await page(t);
  const events = client.sessionEvents("/api/events");
  const heard: string[] = [];
  events.addEventListener("price", () => heard.push("price"));
  events.addEventListener("price", () => heard.push("price, again"));
  streams[0]?.tell("price");
  const [first] = streams;
  if (first) first.readyState = 0;
  first?.tell("error");
  t.same(tabs.asked, [], "it tries again by itself");
  if (first) first.readyState = FakeStream.CLOSED;
  first?.tell("error");
  tabs.next("/auth/session").answer(expired());
  await flush();
  await signIn();
  await tabs.clock.run(4_000);
  streams[1]?.tell("price");
  t.same(heard, ["price", "price, again", "price", "price, again"]);
  t.equal(events.source() as unknown, streams[1]);
  events.close();
  t.ok(streams[1]?.closed);
});

t.test("what is refused again and again while the session lives is tried ever more rarely, once a minute in the end", async (t) => {
  for (const kind of ["socket", "events"]) {
    const { tabs, client, streams, lives } = await page(t);
    lives();
    if (kind === "socket") client.sessionSocket("/api/live");
    else client.sessionEvents("/api/events");
    const waits: number[] = [];
    for (let times = 1; times < 10; times++) {
      const refused = streams.at(-1);
      if (refused) refused.readyState = FakeStream.CLOSED;
      refused?.tell(kind === "socket" ? "close" : "error", { code: 1006 });
      const fromMs = tabs.clock.now();
      while (streams.length === times) await tabs.clock.run(100);
      waits.push((tabs.clock.now() - fromMs) / 1_000);
    }
    const most = [4, 8, 16, 32, 60, 60, 60, 60, 60];
    t.ok(
      waits.every((seconds, index) => seconds >= (most[index] ?? 0) / 2 && seconds <= (most[index] ?? 0) + 0.1),
      `${kind}: ${waits}`,
    );
  }
});

t.test("a socket that is closed as if its session had ended, while it lives, makes no loop; one that held starts afresh", async (t) => {
  const { tabs, client, streams, lives } = await page(t);
  lives();
  client.sessionSocket("/api/live");
  const lastsFor = async (ms: number) => {
    streams.at(-1)?.tell("open");
    await tabs.clock.run(ms);
    streams.at(-1)?.tell("close", { code: 4401 });
    await flush();
  };
  for (let passedMs = 0; passedMs < 600_000; passedMs += 1_000) {
    if (!streams.at(-1)?.wasClosed) await lastsFor(0);
    await tabs.clock.run(1_000);
  }
  t.ok(streams.length < 30, `${streams.length} in ten minutes`);
  while (streams.at(-1)?.wasClosed) await tabs.clock.run(1_000);
  await lastsFor(61_000);
  const { length } = streams;
  await tabs.clock.run(4_000);
  t.equal(streams.length, length + 1);
});

t.test("nothing is open and nothing is opened again after the client has been disposed of", async (t) => {
  for (const when of ["open", "soon", "asking", "waiting"]) {
    const { tabs, client, streams } = await page(t);
    client.sessionSocket("/api/live");
    client.sessionEvents("/api/events");
    for (const stream of [...streams]) {
      if (when === "open") continue;
      stream.readyState = FakeStream.CLOSED;
      stream.tell("close", { code: when === "soon" ? 1012 : 4401 });
      stream.tell("error");
    }
    if (when === "soon" || when === "waiting") tabs.next("/auth/session").answer(when === "soon" ? sessionAnswer(0) : expired());
    await flush();
    client.dispose();
    if (when === "asking") tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now()));
    await tabs.clock.run(120_000);
    t.equal(streams.length, 2, when);
    t.ok(
      streams.every(({ closed }) => closed),
      when,
    );
    t.equal(tabs.clock.pending(), 0, when);
  }
});

t.test("a stream is the person's who opened it: when somebody else is signed in it is closed for good, and says so", async (t) => {
  for (const when of ["open", "waiting"]) {
    const { tabs, client, streams, signIn } = await page(t);
    const told: string[] = [];
    client.sessionSocket("/api/live").addEventListener("close", () => told.push("close"));
    client.sessionEvents("/api/events").addEventListener("error", () => told.push("error"));
    if (when === "waiting")
      for (const stream of [...streams]) {
        stream.readyState = FakeStream.CLOSED;
        stream.tell(stream === streams[0] ? "close" : "error", { code: 4401 });
      }
    else void client.check();
    tabs.next("/auth/session").answer(expired());
    await flush();
    told.length = 0;
    await signIn("eve");
    t.same(told, ["close", "error"], when);
    // The browser's own, when the connection has been taken down.
    streams[0]?.tell("close", { code: 1005 });
    t.same(told, ["close", "error"], when);
    t.ok(
      streams.every(({ closed }) => closed),
      when,
    );
    await tabs.clock.run(120_000);
    t.equal(streams.length, 2, when);
  }
});

t.test("a socket's address may be relative: it is the page's, in the scheme of sockets", async (t) => {
  const { client, streams } = await page(t);
  client.sessionSocket("/api/live?since=7");
  client.sessionSocket(new URL("http://localhost:3000/api/live"));
  t.same(
    streams.map(({ args }) => args[0]),
    ["wss://app.example.com/api/live?since=7", "ws://localhost:3000/api/live"],
  );
});
