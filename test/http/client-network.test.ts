import t from "tap";
import { networkOf } from "../../src/network/client-network.js";
import fc from "../support/property.js";

const EXAMPLES: readonly (readonly [address: string, network: string])[] = [
  ["192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:0001:2::", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:c000:201", "192.0.2.1"],
  ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
  ["64:ff9b::192.0.2.1", "192.0.2.1"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::ffff:192.0.2.1%1", "192.0.2.1"],
  ["192.0.2.1:50123", "192.0.2.1"],
  ["[2001:db8:1:2::9]:50123", "2001:db8:1:2::/64"],
  ["[2001:db8:1:2::9]", "2001:db8:1:2::/64"],
  ["unknown", "unknown"],
  ["", ""],
];

t.test("an address counts as its network: IPv6 as its /64, IPv4 as itself however it is written", (t) => {
  for (const [address, network] of EXAMPLES) t.equal(networkOf(address), network, address);
  t.end();
});

t.test("every address of a /64 has one key, those of another have another, and nothing throws", (t) => {
  const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
  const half = fc.tuple(group, group, group, group).map((groups) => groups.join(":"));
  fc.assert(
    fc.property(half, half, half, (network, a, b) => {
      // Those that carry an IPv4 address are that address.
      fc.pre(!network.startsWith("0:") && !network.startsWith("64:ff9b:"));
      return networkOf(`${network}:${a}`) === networkOf(`${network}:${b}`) && networkOf(`${network}:${a}`) === `${network}::/64`;
    }),
  );
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(..."0f:.%[]1 ") }), (text) => typeof networkOf(text) === "string"));
  t.end();
});
