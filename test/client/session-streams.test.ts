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
  const signIn = async () => {
    tabs
      .openTab()
      .openChannel("cognito-bff", () => {})
      .post({ type: "signed-in" });
    tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now(), { startedAtMs: tabs.clock.now() }));
    await flush();
  };
  return { tabs, client, streams, signIn };
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
