import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import t from "tap";
import { openCognitoAdmin, regionOfPool } from "../../src/doctor/cognito-admin.js";
import { systemClock } from "../../src/model/clock.js";
import { createWayOut } from "../../src/network/way-out.js";
import { CLIENT_ID, CLIENT_SECRET, POOL_ID, present, running } from "../local-cognito/running-cognito.js";
import { publicClient } from "../local-cognito/sdk-calls.js";
import { createManualClock } from "../support/manual-clock.js";
import { answering, openedAdmin } from "./opened-admin.js";

t.test("an app client is read as it stands, without its secret, and written back unchanged", async (t) => {
  const { cognito } = await running(t);
  const admin = await openedAdmin(t, cognito.url);
  const before = await admin.describeClient();
  if (before.kind !== "seen") throw new Error(JSON.stringify(before));
  t.match(before.value, { poolId: POOL_ID, clientId: CLIENT_ID, name: "Foolscap", hasSecret: true, unknownFields: [] });
  t.equal(before.value.settings.RefreshTokenValidity, 30);
  t.notMatch(JSON.stringify(before), CLIENT_SECRET);
  const after = await admin.updateClient(before.value.settings);
  t.strictSame(after.kind === "seen" && after.value.settings, before.value.settings);
});

t.test("pools and app clients are listed a page at a time", async (t) => {
  const { cognito, sdk } = await running(t);
  const second = await publicClient(sdk);
  const admin = await openedAdmin(t, cognito.url);
  t.strictSame(await admin.listPools(null), { kind: "seen", value: { pools: [{ poolId: POOL_ID, name: "local" }], next: null } });
  const listed = await admin.listClients(POOL_ID, null);
  t.match(listed, { kind: "seen", value: { clients: [{ clientId: CLIENT_ID, name: "Foolscap" }, { clientId: second }], next: null } });
});

t.test("members that AWS's SDK leaves out are seen all the same", async (t) => {
  const url = await answering(t, {
    DescribeUserPoolClient: {
      body: { UserPoolClient: { ClientId: "c", Novel: 1, TokenValidityUnits: { Other: "x" }, LastModifiedDate: 1.5 } },
    },
  });
  const seen = await (await openedAdmin(t, url)).describeClient();
  t.match(seen, { kind: "seen", value: { unknownFields: ["Novel", "TokenValidityUnits.Other"], lastModified: new Date(1_500) } });
});

t.test("what the credentials may not do is said with the action that is missing", async (t) => {
  const url = await answering(t, {
    DescribeUserPool: { status: 400, body: { __type: "AccessDeniedException", Message: "User: arn:aws:iam::1:user/x is not authorized" } },
  });
  const looked = await (await openedAdmin(t, url)).describePool();
  t.match(looked, { kind: "not_permitted", action: "cognito-idp:DescribeUserPool", why: /is not authorized/ });
});

t.test("a client that does not exist, an operation nobody knows and an endpoint that is no Cognito are told apart", async (t) => {
  const { cognito } = await running(t);
  t.match(await (await openedAdmin(t, cognito.url, { clientId: "nobody" })).describeClient(), {
    kind: "not_found",
    why: /nobody does not exist/,
  });
  const other = await answering(t, {
    DescribeUserPoolClient: { body: "<html>" },
    DescribeUserPool: { status: 400, body: { __type: "UnknownOperationException" } },
  });
  const admin = await openedAdmin(t, other);
  t.match(await admin.describeClient(), { kind: "failed", operation: "DescribeUserPoolClient" });
  t.match(await admin.describePool(), { kind: "failed", error: "UnknownOperationException" });
});

t.test("credentials that have ended, and a page in place of an answer, are told with what to do", async (t) => {
  const ended = { __type: "ExpiredTokenException", message: "The security token included in the request is expired" };
  const url = await answering(t, {
    DescribeUserPoolClient: { status: 400, body: ended },
    DescribeUserPool: { body: "<html>Sign in to this network</html>" },
  });
  const admin = await openedAdmin(t, url);
  t.match(await admin.describeClient(), {
    kind: "failed",
    error: "ExpiredTokenException",
    why: /is expired\): sign in again with `aws sso login`/,
  });
  t.match(await admin.describePool(), { kind: "failed", why: /the answer is no JSON\. Is the endpoint right/ });
});

t.test("how far the machine's clock is off is read from the answers", async (t) => {
  const clock = createManualClock(Date.UTC(2026, 0, 1));
  const url = await answering(t, { DescribeUserPool: { date: new Date(clock.now() - 400_000), body: { UserPool: { Id: POOL_ID } } } });
  const admin = await openedAdmin(t, url, { clock });
  t.equal(admin.clockAheadMs(), null);
  await admin.describePool();
  t.equal(present(admin.clockAheadMs()), 399_500);
});

t.test("the Region is the one that the pool's id begins with", (t) => {
  t.equal(regionOfPool("eu-west-1_AbC123"), "eu-west-1");
  t.equal(regionOfPool("us-gov-west-1_x"), "us-gov-west-1");
  t.equal(regionOfPool("nonsense"), null);
  t.end();
});

t.test("an endpoint that never answers is given up", async (t) => {
  const { cognito } = await running(t);
  cognito.faults.add({ operation: "DescribeUserPoolClient", fault: "hang" });
  const looked = await (await openedAdmin(t, cognito.url, { timeoutMs: 100 })).describeClient();
  t.match(looked, { kind: "failed", operation: "DescribeUserPoolClient", why: /./ });
});

t.test("AWS is asked through HTTPS_PROXY, an emulator never", async (t) => {
  const asked: string[] = [];
  const proxy = createServer().on("connect", ({ url = "" }: IncomingMessage, socket: Duplex) => {
    asked.push(url);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  t.teardown(() => proxy.close());
  const wayOut = createWayOut(new URL(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`), null);
  const keys = { AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local" };
  const before = Object.keys(keys).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, keys);
  t.teardown(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  const admin = await openCognitoAdmin({
    region: null,
    profile: null,
    endpoint: null,
    poolId: POOL_ID,
    clientId: CLIENT_ID,
    clock: systemClock,
    wayOut,
  });
  t.teardown(() => admin.close());
  t.match(await admin.describeClient(), { kind: "failed", why: /403/ });
  t.ok(asked.length > 0);
  t.ok(asked.every((authority) => authority === "cognito-idp.us-east-1.amazonaws.com:443"));
  const { cognito } = await running(t);
  const count = asked.length;
  t.match(await (await openedAdmin(t, cognito.url, { wayOut })).describeClient(), { kind: "seen" });
  t.equal(asked.length, count);
});

t.test("answers that come at the same time are not taken for each other", async (t) => {
  const { cognito, sdk } = await running(t);
  const second = await publicClient(sdk);
  const admin = await openedAdmin(t, cognito.url);
  const looked = await Promise.all(
    [CLIENT_ID, second, CLIENT_ID, second].map((clientId) => admin.describeClient({ poolId: POOL_ID, clientId })),
  );
  t.same(
    looked.map((each) => each.kind === "seen" && each.value.clientId),
    [CLIENT_ID, second, CLIENT_ID, second],
  );
});
