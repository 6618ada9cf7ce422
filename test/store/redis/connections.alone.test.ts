import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@redis/client";
import t, { type Test } from "tap";
import { freePort } from "../../../src/demo/free-port.js";
import { type Clock, systemClock } from "../../../src/model/clock.js";
import { silentLog } from "../../../src/model/log.js";
import { Secret } from "../../../src/model/secret.js";
import { elastiCacheToken } from "../../../src/store/redis/connection/elasticache-token.js";
import { CHANNEL } from "../../../src/store/redis/keys.js";
import { openRedis } from "../../../src/store/redis/open-redis.js";
import { connectRedis, type RedisConnections, type RedisConnectionsOptions, script } from "../../../src/store/redis/redis-link.js";
import { createAuthority } from "../../support/certificates.js";
import { until } from "../../support/condition.js";
import { emptyTable } from "../../support/no-memory.js";
import { type RedisServer, startCluster, startNode, startRedis, startSentinel, withoutRedis } from "../../support/redis-server.js";
import { keyFrom, sessionOf } from "../../support/session-fixtures.js";

const skip = await withoutRedis();
const SET = script("return redis.call('SET', KEYS[1], ARGV[1])");

interface Connected extends RedisConnections {
  readonly lines: string[];
}

async function connect(t: Test, url: string, options: Partial<RedisConnectionsOptions> = {}): Promise<Connected> {
  const lines: string[] = [];
  const tell = (details: object, text: string) => void lines.push(JSON.stringify([details, text]));
  const log = { ...silentLog, warn: tell, info: tell };
  const connections = await connectRedis({
    url: new Secret(url),
    channel: CHANNEL,
    clock: systemClock,
    random: Math.random,
    log,
    ...options,
  });
  t.teardown(() => connections.close());
  return { ...connections, lines };
}

/** Where a server can be asked without any of ours between. */
async function admin(t: Test, { url }: Pick<RedisServer, "url">) {
  const client = await createClient({ url })
    .on("error", () => {})
    .connect();
  t.teardown(() => client.destroy());
  return client;
}

async function started(t: Test, starting: Promise<RedisServer>): Promise<RedisServer> {
  const server = await starting;
  t.teardown(() => server.stop());
  return server;
}

/** Whether a message that one side publishes is heard by the other. */
async function hears(from: RedisConnections, to: RedisConnections, key = "{a}"): Promise<boolean> {
  let heard = false;
  const cancel = to.subscription.onMessage(() => {
    heard = true;
  });
  await from.link.run(script("return redis.call('PUBLISH', ARGV[1], 'x')"), [key], [CHANNEL]);
  await to.subscription.ping();
  await until(() => heard, "heard");
  cancel();
  return heard;
}

t.test("Sentinel: the master is asked for, and asked for again once it has failed over", { skip }, async (t) => {
  const master = await started(t, startRedis(["--repl-diskless-sync-delay", "0"]));
  const replica = await started(t, startRedis(["--replicaof", "127.0.0.1", String(master.port)]));
  const [ofMaster, ofReplica] = [await admin(t, master), await admin(t, replica)];
  // A Sentinel asks for replicas when it starts, and then every ten seconds.
  await until(async () => String(await ofMaster.sendCommand(["INFO", "replication"])).includes("state=online"), "replicating");
  const sentinel = await started(t, startSentinel("main", master));
  const dead = await freePort();
  const connected = await connect(t, `redis-sentinel://127.0.0.1:${dead},127.0.0.1:${sentinel.port}/main`);
  await connected.ready;
  t.equal(await connected.link.run(SET, ["{a}"], ["1"]), "OK");
  t.equal(await ofMaster.get("{a}"), "1");
  t.ok(await hears(connected, connected));
  // The Sentinel has to know the replica, and the replica what was written.
  const ofSentinel = await admin(t, sentinel);
  await until(
    async () => JSON.stringify(await ofSentinel.sendCommand(["SENTINEL", "REPLICAS", "main"])).includes(String(replica.port)),
    "known",
  );
  await until(async () => (await ofReplica.get("{a}")) === "1", "replicated");
  await master.stop();
  await until(() => !connected.state.isThere(), "away");
  await t.rejects(connected.link.command("GET", "{a}"), /no connection/, "at once");
  await until(() => connected.state.isThere(), "failed over");
  t.equal(await connected.link.run(SET, ["{a}"], ["2"]), "OK");
  t.equal(await ofReplica.get("{a}"), "2");
  await until(() => hears(connected, connected).catch(() => false), "heard at the new master");
  t.match(connected.lines, [/cannot be reached/, /can be reached again/], "one line when it goes, one when it is back");
});

t.test("Sentinel: a name that it does not know is told of", { skip }, async (t) => {
  const master = await started(t, startRedis());
  const sentinel = await started(t, startSentinel("main", master));
  const { lines } = await connect(t, `redis-sentinel://127.0.0.1:${sentinel.port}/other`);
  await until(() => lines.length > 0, "told of");
  t.match(lines.join(), /knows no master other/);
});

/** Answers as a Sentinel does that knows one address. */
async function startFalseSentinel(t: Test, port: number): Promise<number> {
  const answers: readonly (readonly [word: string, answer: string])[] = [
    ["HELLO", "%1\r\n$5\r\nproto\r\n:3\r\n"],
    ["PING", "+PONG\r\n"],
    ["SENTINEL", `*2\r\n$9\r\n127.0.0.1\r\n$${String(port).length}\r\n${port}\r\n`],
  ];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      for (const [word, answer] of answers) if (bytes.includes(word)) socket.write(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}

t.test("Sentinel: whom it names is not taken for a master before it is one", { skip }, async (t) => {
  const server = await started(t, startRedis());
  const redis = await admin(t, server);
  await redis.sendCommand(["REPLICAOF", "127.0.0.1", String(await freePort())]);
  const { lines, ready, state, link } = await connect(t, `redis-sentinel://127.0.0.1:${await startFalseSentinel(t, server.port)}/main`);
  await until(() => lines.length > 0, "told of");
  t.match(lines.join(), /is no master yet/);
  t.notOk(state.isThere());
  await redis.sendCommand(["REPLICAOF", "NO", "ONE"]);
  await ready;
  t.equal(await link.run(SET, ["{a}"], ["1"]), "OK");
});

t.test("closed while it connects it leaves no connection behind", async (t) => {
  const sockets = new Set<Socket>();
  let came = 0;
  const server = createServer((socket) => {
    came++;
    sockets.add(socket.on("error", () => {}).on("close", () => sockets.delete(socket)));
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const connections = await connect(t, `redis://127.0.0.1:${(server.address() as AddressInfo).port}`);
  // Its sockets are on their way.
  await new Promise<void>((resolve) => queueMicrotask(resolve));
  connections.close();
  await t.rejects(connections.ready, /closed before/);
  await until(() => came > 0 && sockets.size === 0, "closed");
  t.pass();
});

t.test("a master that has become a replica is given up", { skip }, async (t) => {
  const server = await started(t, startRedis());
  const { link, ready, state } = await connect(t, server.url);
  await ready;
  const redis = await admin(t, server);
  await redis.sendCommand(["REPLICAOF", "127.0.0.1", String(await freePort())]);
  await t.rejects(link.run(SET, ["{a}"], ["1"]));
  t.notOk(state.isThere(), "it is looked for anew, by its name");
  await redis.sendCommand(["REPLICAOF", "NO", "ONE"]);
  await until(() => state.isThere(), "back");
  t.equal(await link.run(SET, ["{a}"], ["1"]), "OK");
});

/** What is told of a store at its start that is an error. */
async function adviceOn(url: string): Promise<readonly string[]> {
  const told: string[] = [];
  const opened = await openRedis({
    url: new Secret(url),
    sessionKeys: [keyFrom("advice")],
    maxAgeMs: null,
    clock: systemClock,
    random: Math.random,
    log: { ...silentLog, error: (details, text) => void told.push(JSON.stringify([details, text])) },
  });
  await opened.advise();
  opened.close();
  return told;
}

t.test("a node that has all of a cluster's slots is no trouble", { skip }, async (t) => {
  const { url } = await started(t, startCluster());
  t.same(await adviceOn(url), []);
});

t.test("where the machine has no time for the package's own words, what is given up says what to look at", async (t) => {
  const server = createServer((socket) => {
    t.teardown(() => socket.destroy());
    socket.on("error", () => {}).resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const hurried: Clock = { ...systemClock, deadline: (ms, run) => systemClock.deadline(ms / 40, run) };
  const { port } = server.address() as AddressInfo;
  for (const url of [`rediss://127.0.0.1:${port}`, `redis-cluster://127.0.0.1:${port}`]) {
    const { lines } = await connect(t, url, { clock: hurried });
    await until(() => lines.length > 0, "told of");
    t.match(lines[0], /did not answer in time.*rediss:.*redis:.*redis-cluster:/, url);
  }
});

t.test("one server that is taken for a cluster is told of", { skip }, async (t) => {
  const server = await started(t, startRedis());
  const { lines } = await connect(t, server.url.replace("redis:", "redis-cluster:"));
  await until(() => lines.length > 0, "told of");
  t.match(lines.join(), /it is no cluster|for a cluster alone/);
});

/** Three nodes, each with a third of the slots. */
async function startThree(t: Test) {
  const nodes = await Promise.all(Array.from({ length: 3 }, () => started(t, startNode())));
  const clients = await Promise.all(nodes.map((node) => admin(t, node)));
  const [first] = nodes;
  const bus = String(await clients[0]?.sendCommand(["CONFIG", "GET", "cluster-port"]).then((found) => Object.values(found as object)[0]));
  const ranges = [
    [0, 5_460],
    [5_461, 10_922],
    [10_923, 16_383],
  ];
  for (const [index, client] of clients.entries()) {
    const [from = 0, to = 0] = ranges[index] ?? [];
    await client.sendCommand(["CLUSTER", "ADDSLOTSRANGE", String(from), String(to)]);
    if (index > 0) await client.sendCommand(["CLUSTER", "MEET", "127.0.0.1", String(first?.port), bus]);
  }
  for (const client of clients)
    await until(async () => {
      const info = String(await client.sendCommand(["CLUSTER", "INFO"]));
      return info.includes("cluster_state:ok") && info.includes("cluster_known_nodes:3");
    }, "the cluster is up");
  return { nodes, clients };
}

t.test(
  "Cluster: commands go to whoever has the slot, MOVED is followed, and a plain subscription hears of all nodes",
  { skip },
  async (t) => {
    const { nodes, clients } = await startThree(t);
    const [first, second] = nodes;
    const url = `redis-cluster://127.0.0.1:${await freePort()},127.0.0.1:${first?.port}`;
    const [one, two] = [await connect(t, url), await connect(t, url.replace(String(first?.port), String(second?.port)))];
    await Promise.all([one.ready, two.ready]);
    const keys = Array.from({ length: 30 }, (_, index) => `{${index}}`);
    for (const key of keys) t.equal(await one.link.run(SET, [key], [key]), "OK");
    for (const client of clients) t.ok(((await client.sendCommand(["DBSIZE"])) as number) > 0, "each has some of them");
    for (const key of keys) t.equal(await two.link.command("GET", key), key);
    t.ok((await hears(one, two)) && (await hears(two, one)));
    const single = await connect(t, first?.url ?? "");
    await single.ready;
    const refused = await Promise.allSettled(keys.map((key) => single.link.command("GET", key)));
    t.match(JSON.stringify(refused.map((answer) => (answer.status === "rejected" ? String(answer.reason) : ""))), /node of a cluster/);
    t.equal((await one.askAll("PING")).length, 3);
    t.match(await adviceOn(first?.url ?? ""), [/store_refuses.*it is a node of a cluster: SESSION_STORE has to begin with redis-cluster:/]);
    t.same(await adviceOn(url), [], "the whole of it");

    // The slot of {3}, at whatever node it is, goes to another.
    const slot = String(await clients[0]?.sendCommand(["CLUSTER", "KEYSLOT", "{3}"]));
    const owner = await Promise.all(clients.map(async (client) => Number(await client.sendCommand(["CLUSTER", "COUNTKEYSINSLOT", slot]))));
    const from = owner.findIndex((count) => count > 0);
    const to = (from + 1) % clients.length;
    const ids = await Promise.all(clients.map((client) => client.sendCommand(["CLUSTER", "MYID"]).then(String)));
    await clients[from]?.sendCommand(["DEL", "{3}"]);
    for (const index of [to, from]) await clients[index]?.sendCommand(["CLUSTER", "SETSLOT", slot, "NODE", ids[to] ?? ""]);
    t.equal(await one.link.run(SET, ["{3}"], ["moved"]), "OK");
    t.equal(await clients[to]?.get("{3}"), "moved");

    // One node goes: the sessions of the others are served on, at once, and its own are looked for where the cluster says.
    const gone = nodes.findIndex((_node, index) => index !== to && index !== 0);
    const [client, survivor] = [clients[gone], clients[0]];
    const slots = await Promise.all(keys.map(async (key) => String(await survivor?.sendCommand(["CLUSTER", "KEYSLOT", key]))));
    const counts = await Promise.all(slots.map(async (each) => Number(await client?.sendCommand(["CLUSTER", "COUNTKEYSINSLOT", each]))));
    const [lost, lostSlot] = [
      keys.find((_key, index) => (counts[index] ?? 0) > 0) ?? "",
      slots.find((_slot, index) => (counts[index] ?? 0) > 0) ?? "",
    ];
    await nodes[gone]?.stop();
    await t.rejects(one.link.command("GET", lost));
    t.equal(await one.link.command("GET", "{3}"), "moved");
    t.ok(one.state.isThere());
    for (const [index, each] of clients.entries())
      if (index !== gone) await each.sendCommand(["CLUSTER", "SETSLOT", lostSlot, "NODE", ids[0] ?? ""]);
    await until(
      () =>
        one.link.run(SET, [lost], ["taken over"]).then(
          () => true,
          () => false,
        ),
      "taken over",
    );
    t.equal(await survivor?.get(lost), "taken over");
    await until(
      () =>
        two.subscription.ping().then(
          () => true,
          () => false,
        ),
      "listening, at whatever node",
    );
    t.ok(await hears(one, two, "{3}"));
  },
);

t.test("TLS with a private authority; its certificate has to be given, and to be the right one", { skip }, async (t) => {
  const authority = createAuthority();
  const { cert, key } = authority.issue();
  const folder = mkdtempSync(join(tmpdir(), "bff-tls-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries({ cert, key })) writeFileSync(join(folder, name), text, { mode: 0o600 });
  const port = await freePort();
  const tls = [
    "--tls-port",
    String(port),
    "--tls-cert-file",
    join(folder, "cert"),
    "--tls-key-file",
    join(folder, "key"),
    "--tls-auth-clients",
    "no",
  ];
  const server = await started(t, startRedis(tls));
  const url = `rediss://localhost:${port}`;

  await t.test("the right one connects", async (t) => {
    const { ready, link } = await connect(t, url, { ca: authority.certificate });
    await ready;
    t.equal(await link.command("PING"), "PONG");
  });
  for (const [what, options, at] of [
    ["no authority", {}, url],
    ["another authority", { ca: createAuthority().certificate }, url],
    ["one of the same name", { ca: createAuthority("a private authority").certificate }, url],
  ] as const)
    await t.test(`${what}: it says which setting`, async (t) => {
      const { lines } = await connect(t, at, options);
      await until(() => lines.length > 0, "told of");
      t.match(lines.join(), /SESSION_STORE_CA_FILE names the file/);
    });
  await t.test("plain Redis where TLS is meant", async (t) => {
    const { lines } = await connect(t, `rediss://localhost:${server.port}`, { ca: authority.certificate });
    await until(() => lines.length > 0, "told of");
    t.match(lines.join(), /is TLS as meant|with TLS or redis:.* without/);
  });

  await t.test("ElastiCache's IAM: a token for each connection, and AUTH again on those that live", async (t) => {
    const redis = await admin(t, server);
    const iam = { user: "bff", cache: "sessions", region: "eu-central-1", serverless: false };
    const aws = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" };
    const beganAtMs = Date.UTC(2026, 10, 20, 19);
    let nowMs = beganAtMs;
    const due: (() => void)[] = [];
    const clock: Clock = {
      ...systemClock,
      now: () => nowMs,
      deadline: (delayMs, callback) => {
        if (delayMs < 60_000) return systemClock.deadline(delayMs, callback);
        due.push(callback);
        return () => {};
      },
    };
    const allow = async (atMs: number) => {
      await redis.sendCommand([
        "ACL",
        "SETUSER",
        "bff",
        "reset",
        "on",
        "~bff:*",
        "&bff:*",
        "+@all",
        `>${await elastiCacheToken(iam, aws, atMs)}`,
      ]);
    };
    await allow(beganAtMs);
    const { ready, link, lines } = await connect(t, url, { ca: authority.certificate, clock, iam: { ...iam, aws: async () => aws } });
    await ready;
    t.equal(await link.command("ACL", "WHOAMI"), "bff");
    nowMs += 6 * 3_600_000;
    const authsOf = async () =>
      Number(/cmdstat_auth:calls=(\d+)/.exec(String(await redis.sendCommand(["INFO", "commandstats"])))?.[1] ?? 0);
    t.equal(await authsOf(), 0);
    due.shift()?.();
    await until(() => lines.length > 0, "a token that is refused is told of");
    t.match(lines.join(), /did not take a new IAM token/);
    t.notMatch(lines.join(), /X-Amz-Signature=\w/);
    t.equal(await link.command("ACL", "WHOAMI"), "bff", "and the connection goes on");
    await allow(nowMs);
    const before = await authsOf();
    due.shift()?.();
    await until(async () => (await authsOf()) === before + 2, "both connections");
    t.equal(lines.length, 1);
  });
});

t.test("a user who may log in and listen but not do what sessions need is told of at once", { skip }, async (t) => {
  const server = await started(t, startRedis());
  const redis = await admin(t, server);
  const documented = ["~bff:*", "&bff:*", "+@all", "-@admin", "-@dangerous", "+info", "+config|get"];
  for (const [name, rights, isTold] of [
    ["as documented", documented, false],
    ["keys of somebody else", ["~app:*", "&bff:*", "+@all"], true],
    ["no scripts", [...documented, "-@scripting"], true],
    ["one command missing", [...documented, "-zadd"], true],
    ["no word to the others", [...documented, "-publish"], true],
  ] as const) {
    await redis.sendCommand(["ACL", "SETUSER", "probed", "reset", "on", ">secret", ...rights]);
    const told = await adviceOn(server.url.replace("//", "//probed:secret@"));
    t.equal(told.length, isTold ? 1 : 0, name);
    if (isTold) t.match(told[0], /store_refuses.*ACL does not let this user/, name);
  }
  await until(async () => (await redis.dbSize()) === 0, "nothing of it stays");
});

t.test("a user with a password of the ACL, percent-encoded, which is told to nobody", { skip }, async (t) => {
  const server = await started(t, startRedis());
  const redis = await admin(t, server);
  const password = "p@ss:w/rd %?#ü";
  // As docs/scaling.md has it.
  const allowed = ["~bff:*", "&bff:*", "+@all", "-@admin", "-@dangerous", "+info", "+config|get"];
  await redis.sendCommand(["ACL", "SETUSER", "b@ff", "on", ...allowed, `>${password}`]);
  const url = (secret: string) => `redis://b%40ff:${encodeURIComponent(secret)}@127.0.0.1:${server.port}/3`;
  const { ready, link } = await connect(t, url(password));
  await ready;
  t.match(await redis.sendCommand(["CLIENT", "LIST"]), /user=b@ff/);
  t.equal(await link.run(SET, ["bff:{x}"], ["1"]), "OK");
  t.equal(await redis.get("bff:{x}"), null, "it is in the database that was named");
  const opened = await openRedis({
    url: new Secret(url(password)),
    sessionKeys: [keyFrom("acl")],
    maxAgeMs: null,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
  });
  t.teardown(() => opened.close());
  const store = opened.openStore(emptyTable());
  const session = sessionOf({ issuedAtMs: Date.now() });
  t.same(await store.commit(session, null, null), { kind: "saved" }, "all that the store does is allowed to such a user");
  const leased = await store.lease(session.id);
  t.equal(leased.kind === "granted" && (await leased.lease.announce()), "announced");
  t.match(await store.sessionsOf(session.subject, 10), { kind: "sessions", sessions: [{ id: session.id }] });
  const ending = { reason: "signed_out", cause: "logout" } as const;
  t.match(await store.end(session, { ending, superseded: false, unlessNewerThan: null }), { kind: "ended" });
  const wrong = await connect(t, url("not-to-be-told"));
  await until(() => wrong.lines.length > 0, "told of");
  t.match(wrong.lines.join(), /refuses the user name or the password/);
  t.notMatch(wrong.lines.join(), /not-to-be-told/);
  await redis.sendCommand(["ACL", "SETUSER", "b@ff", "resetchannels"]);
  const deaf = await connect(t, url(password));
  await until(() => deaf.lines.length > 0, "told of");
  t.match(deaf.lines.join(), /ACL does not let this user/);
});

t.test("an address in the clear where a password is wanted is told of", { skip }, async (t) => {
  const server = await started(t, startRedis(["--requirepass", "secret"]));
  const { lines } = await connect(t, server.url);
  await until(() => lines.length > 0, "told of");
  t.match(lines.join(), /wants a user name and a password/);
});
