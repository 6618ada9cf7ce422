import t from "tap";
import { readNoProxy } from "../../src/network/no-proxy.js";

/** NO_PROXY, a host, its port, and whether it is asked straight. */
const CASES: readonly (readonly [noProxy: string | null, host: string, port: string, straight: boolean])[] = [
  [null, "example.com", "443", false],
  ["", "example.com", "443", false],
  ["*", "example.com", "443", true],
  ["example.com", "example.com", "443", true],
  ["example.com", "www.example.com", "443", true],
  ["example.com", "notexample.com", "443", false],
  [".example.com", "www.example.com", "443", true],
  [".example.com", "example.com", "443", true],
  ["*.example.com", "www.example.com", "443", true],
  ["EXAMPLE.com.", "Example.COM", "443", true],
  ["other, example.com", "example.com", "443", true],
  ["other example.com", "example.com", "443", true],
  ["example.com:8443", "example.com", "8443", true],
  ["example.com:8443", "example.com", "443", false],
  ["10.0.0.0/8", "10.1.2.3", "443", true],
  ["10.0.0.0/8", "11.1.2.3", "443", false],
  ["10.0.0.0/8", "10.example.com", "443", false],
  ["10.1.2.3", "10.1.2.3", "443", true],
  ["2.3", "10.1.2.3", "443", false],
  ["10.0.0.0/99", "10.1.2.3", "443", false],
  ["2001:db8::/32", "[2001:db8::1]", "443", true],
  ["2001:db8::1", "[2001:db8::1]", "443", true],
  ["2001:0DB8:0:0::1", "[2001:db8::1]", "443", true],
  ["[2001:db8:0::1]:443", "[2001:db8::1]", "443", true],
  ["::ffff:10.0.0.1", "[::ffff:a00:1]", "443", true],
  ["fe80::1%eth0", "[fe80::1]", "443", false],
  ["[2001:db8::1]:443", "[2001:db8::1]", "443", true],
  ["[2001:db8::1]:444", "[2001:db8::1]", "443", false],
  [".", "example.com", "443", false],
  [":443", "example.com", "443", false],
];

for (const [noProxy, host, port, straight] of CASES)
  t.test(`NO_PROXY=${noProxy} and ${host}:${port}: ${straight ? "straight" : "through the proxy"}`, async (t) => {
    t.equal(readNoProxy(noProxy)(host, port), straight);
  });
