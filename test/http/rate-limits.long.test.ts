import t from "tap";
import { runDemo } from "../support/running-demo.js";

const NAVIGATE = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "same-origin" };

t.test("a script that starts sign-ins without end is slowed down, per client address, and told how long", async (t) => {
  const demo = await runDemo(t, { trustProxy: 1 });
  const from = async (address: string) => demo.person().call("/auth/login", { headers: { ...NAVIGATE, "x-forwarded-for": address } });
  let limited = await from("192.0.2.1");
  for (let call = 0; call < 300; call++) limited = await from("192.0.2.1");
  t.equal(limited.status, 429);
  t.equal(limited.headers["bff-problem"], "rate_limited");
  t.match(limited.headers["retry-after"], /^[1-9]\d*$/);
  t.equal(limited.headers["set-cookie"], undefined);
  t.equal(limited.headers["x-ratelimit-limit"], undefined);
  t.equal((await from("192.0.2.2")).status, 302, "somebody else signs in");
});

t.test("an IPv6 network is one client: another of its 2^64 addresses is no fresh start", async (t) => {
  const demo = await runDemo(t, { trustProxy: 1 });
  const login = async (address: string) => demo.person().call("/auth/login", { headers: { ...NAVIGATE, "x-forwarded-for": address } });
  for (let call = 0; call < 300; call++) await login(`2001:db8:1:2::${call.toString(16)}`);
  t.equal((await login("2001:db8:1:2:ffff::1")).status, 429);
  t.equal((await login("2001:db8:1:3::1")).status, 302, "the neighbours sign in");
  const person = await demo.signedIn();
  await person.call("/auth/logout", { method: "POST" });
  const call = (address: string) => person.call("/api/echo", { headers: { "x-forwarded-for": address } });
  for (let round = 0; round < 300; round++) await call(`2001:db8:1:2::${round.toString(16)}`);
  t.equal((await call("2001:db8:1:2:ffff::1")).status, 429);
  t.equal((await call("2001:db8:1:3::1")).status, 401);
});

t.test("X-Forwarded-* trust: without TRUST_PROXY nobody gets a fresh limit by naming another address", async (t) => {
  const demo = await runDemo(t);
  let answer = await demo.person().call("/auth/login", { headers: NAVIGATE });
  for (let call = 0; call < 300; call++) {
    answer = await demo.person().call("/auth/login", { headers: { ...NAVIGATE, "x-forwarded-for": `192.0.2.${call % 250}` } });
  }
  t.equal(answer.status, 429);
});

t.test("a client that hammers with an ended session gets 429, may still sign out and in, and disturbs nobody", async (t) => {
  const demo = await runDemo(t);
  const [person, neighbour] = [await demo.signedIn(), await demo.signedIn()];
  await person.call("/auth/logout", { method: "POST" });
  const statuses = new Set<number>();
  for (let call = 0; call < 301; call++) statuses.add((await person.call("/api/echo")).status);
  t.same([...statuses], [401, 429]);
  const limited = await person.call("/auth/session");
  t.equal(limited.headers["bff-problem"], "rate_limited");
  t.match(limited.headers["retry-after"], /^[1-9]\d*$/);
  t.equal((await neighbour.call("/api/echo")).status, 200);
  t.equal((await person.call("/auth/logout", { method: "POST" })).status, 200);
  await person.signIn(demo.user);
  t.equal((await person.call("/api/echo")).status, 200);
});

t.test("proxied calls have no limit", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => person.call("/api/echo")));
    t.ok(answers.every(({ status }) => status === 200));
  }
});
