import { isIPv4, isIPv6 } from "node:net";

/** Addresses that stand for an IPv4 address: IPv4-mapped (RFC 4291 2.5.5.2), and what a translator makes of one (RFC 6052 2.1). */
const CARRIERS_OF_IPV4 = ["0:0:0:0:0:ffff", "64:ff9b:0:0:0:0"];
const NETWORK_GROUPS = 4;
const LONGEST_KEY = 64;

/**
 * What a limit counts calls by. An IPv6 address counts as its /64, which is the least that anybody is given (RFC 6177): within it everybody
 * has 2^64 addresses to call from. Whatever is no address, since a proxy in front wrote it, counts as it stands.
 */
export function networkOf(address: string): string {
  const bare = withoutPort(address);
  const [ip = ""] = bare.split("%", 1);
  if (!isIPv6(ip)) return bare.slice(0, LONGEST_KEY);
  const groups = groupsOf(ip);
  const carrier = groups.slice(0, 6).join(":");
  if (CARRIERS_OF_IPV4.includes(carrier)) return ipv4Of(groups.slice(6));
  return `${groups.slice(0, NETWORK_GROUPS).join(":")}::/64`;
}

/** Some proxies write the port as well, another one for each connection: `192.0.2.1:50123`, `[2001:db8::1]:50123`. */
function withoutPort(address: string): string {
  const [, bracketed] = /^\[([^\]]*)\](?::\d*)?$/.exec(address) ?? [];
  if (bracketed !== undefined) return bracketed;
  const [host = "", port, ...rest] = address.split(":", 3);
  return port !== undefined && rest.length === 0 && isIPv4(host) ? host : address;
}

/** The eight groups in their shortest form. */
function groupsOf(ip: string): string[] {
  const [head = "", tail] = ip.split("::");
  const [before, after] = [hexadecimalOf(head), tail === undefined ? [] : hexadecimalOf(tail)];
  const zeros = new Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after];
}

function hexadecimalOf(part: string): string[] {
  if (part === "") return [];
  return part.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16).toString(16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
  });
}

function ipv4Of(groups: readonly string[]): string {
  return groups
    .map((group) => Number.parseInt(group, 16))
    .flatMap((value) => [value >> 8, value & 0xff])
    .join(".");
}
